import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { traceOfWay } from "../../../console/src/logic/event/trace-link.ts";
import type { EventWay } from "../../../src/admin-api/history/history.ts";

const TEMPLATE = "https://traces.example.com/trace/{traceId}?org=1";
const TRACE_ID = "5759e988bd862e3fe1be46a994272793";
const EVENT_ID = "4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11";

function way(traceparent: string | undefined, hasFailed: boolean, id = EVENT_ID): EventWay {
  const failure = hasFailed ? { failure: { reason: "timeout", message: "" } } : {};
  return { id, event: { traceparent }, deliveries: [{ attempts: [failure] }] } as unknown as EventWay;
}

const urlOf = (traceId: string): string => `https://traces.example.com/trace/${traceId}?org=1`;

describe("the trace of an event, on its page", () => {
  const cases: readonly [string, EventWay, string | undefined, object | undefined][] = [
    [
      "leads to where it is seen",
      way(`00-${TRACE_ID}-53995c3f42cd8ad8-01`, false),
      TEMPLATE,
      { traceId: TRACE_ID, url: urlOf(TRACE_ID) },
    ],
    [
      "leads nowhere without a template",
      way(`00-${TRACE_ID}-53995c3f42cd8ad8-01`, true),
      undefined,
      { traceId: TRACE_ID },
    ],
    [
      "leads nowhere where nothing was recorded",
      way(`00-${TRACE_ID}-53995c3f42cd8ad8-00`, false),
      TEMPLATE,
      { traceId: TRACE_ID },
    ],
    [
      "leads to the attempts that failed, though it was not sampled",
      way(`00-${TRACE_ID}-53995c3f42cd8ad8-00`, true),
      TEMPLATE,
      { traceId: TRACE_ID, url: urlOf(TRACE_ID) },
    ],
    [
      "is its id, where it carried none and failed",
      way(undefined, true),
      TEMPLATE,
      { traceId: EVENT_ID.replaceAll("-", ""), url: urlOf(EVENT_ID.replaceAll("-", "")) },
    ],
    ["is not there where it carried none and succeeded", way(undefined, false), TEMPLATE, undefined],
    ["is not there where a producer's id is no trace id", way(undefined, true, "order-7"), TEMPLATE, undefined],
    ["is not there where what it carried is no trace", way("javascript:alert(1)", false), TEMPLATE, undefined],
  ];
  for (const [name, of, template, expected] of cases) {
    it(`The trace of an event ${name}`, () => assert.deepEqual(traceOfWay(of, template), expected));
  }
});
