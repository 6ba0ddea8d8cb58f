import { isJsonObject, parseJson } from "../../../src/json/json.ts";
import { parsePath, selectPath } from "../../../src/json/json-path.ts";
import { decodeJobSign } from "../../../src/flow/jobs/job-message.ts";
import { readJobRecord } from "../../../src/flow/jobs/job-record.ts";
import { readPauseRecord } from "../../../src/flow/pause/pause-record.ts";
import { parseTemplate, renderTemplate } from "../../../src/domain/rule/template.ts";
import { isTraceparent, traceparentOfXRay } from "../../../src/domain/event/trace.ts";
import { explainedEvent } from "../../../src/flow/explain/explained-event.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";
import { decodeRelayMessage, relayMark } from "../../../src/flow/hold/relay-message.ts";
import { matches } from "../../../src/pattern/matches.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import type { Subject } from "./subject.ts";
import { texts } from "./subject.ts";
import { EVENT, EVENT_JSON } from "./event.ts";

export const PATTERNS = texts(
  '{"source":["shop"],"detail":{"total":[{"numeric":[">=",100,"<",200]}]}}',
  '{"$or":[{"source":[{"prefix":"a"}]},{"detail":{"id":[{"anything-but":["x"]},{"exists":false}]}}]}',
  '{"detail":{"ip":[{"cidr":"10.0.0.0/8"}],"w":[{"wildcard":"a*b"},{"suffix":{"equals-ignore-case":"C"}}]}}',
);

export const template: Subject = {
  name: "templates",
  weight: 3,
  corpus: texts(
    '{"order": <id>, "all": <aws.events.event>}',
    '"Order <id> of <shop>"',
    '{"a":"<id>"}',
    '"a"\n"b <id>"',
  ),
  run(input) {
    const parsed = parseTemplate({ id: "$.detail.id", shop: "$.source" }, input.toString());
    if (!parsed.ok) return;
    const rendered = renderTemplate(parsed.template, {
      event: EVENT,
      eventJson: EVENT_JSON,
      ruleArn: "arn:a",
      ruleName: "r",
      ingestionTime: "2026-01-02T03:04:05Z",
    } as never);
    if (rendered.ok) JSON.parse(rendered.json);
  },
};

export const jsonPath: Subject = {
  name: "JSON paths",
  weight: 2,
  corpus: texts("$.detail.items[0].sku", "$", "$.detail['id']", "$.a.b[1][2]", '$["detail"]'),
  run(input) {
    const parsed = parsePath(input.toString());
    if (parsed.ok) selectPath(parsed.path, EVENT);
  },
};

export const pattern: Subject = {
  name: "patterns",
  weight: 3,
  corpus: PATTERNS,
  run(input) {
    const parsed = parsePattern(input.toString());
    if (parsed.ok) matches(parsed.pattern, EVENT);
  },
};

export const small: Subject = {
  name: "broadcasts, records of the control log, traces, conditions, events to explain",
  weight: 2,
  corpus: texts(
    '{"kind":"answer","id":"1"}',
    '{"destination":"function/f","by":"me","since":"2026-01-02T03:04:05Z"}',
    '{"kind":"job","event":"change","id":"1","jobId":"2","state":"paused"}',
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    '{"Entries":[{"Source":"a","DetailType":"b","Detail":"{}","Time":1767323045,"Resources":["r"]}]}',
    '{"all":[{"fact":"detail","path":"$.a","operator":"in","value":[1]}]}',
  ),
  run(input) {
    decodeRelayMessage(relayMark("runtime-api"), input);
    isTraceparent(input.toString());
    traceparentOfXRay(input.toString());
    const json = parseJson(input.toString());
    decodeJobSign(Buffer.concat([Buffer.from("busbar-job/1\n"), input]));
    if (isJsonObject(json)) {
      compileConditions(json);
      readPauseRecord(json);
      readJobRecord(json);
    }
    explainedEvent(json, { accountId: "000000000000", region: "us-east-1" }, 0);
  },
};
