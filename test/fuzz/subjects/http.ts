import assert from "node:assert/strict";
import { parseJson } from "../../../src/json/json.ts";
import type { Chance } from "../../simulation/chance.ts";
import { publicApp } from "../../support/http/public-app.ts";
import { answerTo, type FuzzedRequest } from "../in-process-http.ts";
import { mutate } from "../mutate.ts";
import type { Subject } from "./subject.ts";
import { texts, header } from "./subject.ts";
import { EVENT_JSON } from "./event.ts";
import { PATTERNS } from "./languages.ts";

const PUTS = texts(
  JSON.stringify({
    Entries: [{ Source: "shop", DetailType: "OrderPlaced", Detail: '{"a":[1,{"b":"\\u00fc"}]}', Time: 1767323045.678 }],
  }),
  JSON.stringify({
    Entries: [
      {
        Source: "a",
        DetailType: "b",
        Detail: "{}",
        Resources: ["r"],
        EventBusName: "orders",
        TraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793",
      },
    ],
  }),
  JSON.stringify({ EventPattern: PATTERNS[0]!.toString(), Event: EVENT_JSON }),
  JSON.stringify({ NamePrefix: "a", Limit: 1, NextToken: "eyJhIjoxfQ==" }),
);

const OPERATIONS = [
  "PutEvents",
  "TestEventPattern",
  "ListRules",
  "DescribeRule",
  "ListEventBuses",
  "ListTargetsByRule",
];

const CLOUD_EVENTS = texts(
  '{"specversion":"1.0","id":"1","source":"/shop","type":"OrderPlaced","time":"2026-01-02T03:04:05.678Z","data":{"a":1}}',
  '{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"eyJhIjoxfQ==","datacontenttype":"text/plain","ext":5}',
  '[{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"x","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}]',
);

/** An answer of the router's own mistake is a crash that somebody caught. */
function httpSubject(
  name: string,
  corpus: readonly Buffer[],
  request: (input: Buffer, chance: Chance) => FuzzedRequest,
): Subject {
  const { app, faults } = publicApp();
  return {
    name,
    weight: 3,
    corpus,
    async run(input, chance) {
      const answer = await answerTo(app, request(input, chance));
      assert.deepEqual(faults.splice(0), [], "the router made a mistake");
      assert.notEqual(answer.status, 500, answer.body);
      assert.ok(answer.body === "" || parseJson(answer.body) !== undefined, answer.body);
    },
  };
}

/** Headers as they are recorded, one of them changed. */
function changedHeaders(headers: Readonly<Record<string, string>>, chance: Chance): Record<string, string> {
  const name = chance.pick(Object.keys(headers));
  const value = mutate(Buffer.from(headers[name] ?? ""), TROUBLED_HEADERS, chance);
  return { ...headers, [name]: header(value).slice(0, 4_096) };
}

const TROUBLED_HEADERS = texts(
  "application/json; charset=utf-16",
  "a".repeat(100),
  ";;;=;",
  'charset="',
  "gzip, deflate",
);

/** What the public port takes. */
export function httpSubjects(): readonly Subject[] {
  const json = { "content-type": "application/x-amz-json-1.1" };
  const cloudEvents = { "content-type": "application/cloudevents+json; charset=utf-8", traceparent: "00-a-b-01" };
  const binary = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "s",
    "ce-type": "t",
    "ce-time": "2026-01-02T03:04:05Z",
    "content-type": "application/json",
  };
  return [
    httpSubject("AWS JSON", PUTS, (body, chance) => {
      const headers = { ...json, "x-amz-target": `AWSEvents.${chance.pick(OPERATIONS)}` };
      return {
        method: "POST",
        url: "/",
        headers: chance.happens(0.2) ? changedHeaders(headers, chance) : headers,
        body,
      };
    }),
    httpSubject("CloudEvents, structured and in batches", CLOUD_EVENTS, (body, chance) => {
      const type = body[0] === 0x5b ? "application/cloudevents-batch+json" : cloudEvents["content-type"];
      const headers = { ...cloudEvents, "content-type": type };
      const url = chance.happens(0.2)
        ? `/event-buses/${encodeURIComponent(header(body.subarray(0, 40)))}/events`
        : "/events";
      return { method: "POST", url, headers: chance.happens(0.2) ? changedHeaders(headers, chance) : headers, body };
    }),
    httpSubject("CloudEvents, binary", texts('{"a":1}', "text", "\u0000\u0001"), (body, chance) => {
      return { method: "POST", url: "/events", headers: changedHeaders(binary, chance), body };
    }),
    httpSubject("paths", texts("/events", "/event-buses/a/events", "/api/v1/queues", "/%E0%A4%A"), (input, chance) => {
      return {
        method: chance.pick(["GET", "POST", "PUT", "HEAD"]),
        url: `/${header(input).replaceAll(/[^\x21-\x7e]/g, "")}`,
        headers: json,
        body: PUTS[0]!,
      };
    }),
  ];
}
