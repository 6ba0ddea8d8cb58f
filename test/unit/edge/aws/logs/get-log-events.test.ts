import assert from "node:assert/strict";
import { it } from "node:test";
import type { LogsApi } from "../../../../../src/edge/aws/services/logs/log-group.ts";
import { getLogEvents } from "../../../../../src/edge/aws/services/logs/get-log-events.ts";
import type { OperationCall } from "../../../../../src/edge/aws/service.ts";
import { NO_LINES } from "../../../../support/functions/no-lines.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../../../support/sample.ts";

it("GetLogEvents gives the token back at the end of a log stream, also where lines of others were passed over", async () => {
  const isAtEnd = { now: true };
  const fn = sampleFunction("talk", { run: { kind: "process", command: ["node"] } });
  const api: LogsApi = {
    config: () => sampleConfig({ functions: [fn] }),
    identity: IDENTITY,
    functionLines: {
      ...NO_LINES,
      isOn: true,
      read: () => Promise.resolve({ lines: [], next: { position: 9, index: 0 }, isAtEnd: isAtEnd.now }),
    },
    linesLateMs: 0,
    nowMs: () => 1_000,
  };
  const asked = {
    logGroupName: "/aws/lambda/talk",
    logStreamName: "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
    nextToken: "f/4.0",
  };
  const call = { endTurn: () => undefined } as unknown as OperationCall;
  const tokens = { nextForwardToken: "f/4.0", nextBackwardToken: "b/4.0/1000" };
  assert.deepEqual(await getLogEvents(api).handle(asked, call), { events: [], ...tokens });
  isAtEnd.now = false;
  assert.deepEqual(await getLogEvents(api).handle(asked, call), {
    events: [],
    ...tokens,
    nextForwardToken: "f/9.0",
  });
});
