import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deadLetterHeaders, functionDeadLetterHeaders } from "../../../src/domain/failure/dead-letter.ts";
import type { Delivery } from "../../../src/domain/delivery/delivery.ts";
import { fifoHeaders } from "../../../src/domain/queue/fifo.ts";
import { originHeaders, scheduleHeaders } from "../../../src/domain/delivery/delivery-message.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { Policy } from "../../../src/domain/target/policy.ts";
import { apiDestinationPolicy, functionPolicy } from "../../../src/domain/target/policy.ts";
import type { FailureReason } from "../../../src/domain/failure/reason.ts";
import { ERROR_CODES, FAILURE_REASONS } from "../../../src/domain/failure/reason.ts";
import type { RecordParts } from "../../../src/domain/failure/record.ts";
import { invocationRecord } from "../../../src/domain/failure/record.ts";
import { decideVerdict } from "../../../src/domain/failure/verdict.ts";
import { callHeaders } from "../../../src/edge/targets/http/call-headers.ts";
import { environmentVariables } from "../../../src/edge/targets/process/environment-variables.ts";
import { HOPS_MAX } from "../../../src/flow/route/match.ts";
import { blocksOf, codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";
import { IDENTITY, sampleFunction } from "../../support/sample.ts";

const PAGE = "delivery.md";
const TRACEPARENT = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
const ORIGIN = { bus: "default", rule: "big-orders", target: "process" };
const DESTINATION = { kind: "function", name: "order-processor" } as const;
const REQUEST_ID = "5c1e8d9e-0a54-4a7d-8f0f-0c5b1d6a3f11";

/** The names in the first column of the first table below a heading. */
function namesBelow(heading: string): readonly string[] {
  const [table = ""] = /(?:^\|.*\n)+/m.exec(sectionOf(PAGE, heading)) ?? [];
  return rowsOf(table).flatMap(([names = ""]) => codeIn(names));
}

/** What the retry table says happens after a failure, in its own words. */
function afterwards(reason: FailureReason, policy: Policy): string {
  const delivery: Delivery = {
    id: "d",
    destination: DESTINATION,
    body: Buffer.from("{}"),
    attempt: 3,
    countedRetries: 0,
    firstAtMs: 0,
    hops: 0,
    suspicions: 0,
  };
  const verdict = decideVerdict(
    { ok: false, reason, message: "it failed" },
    { delivery, policy, nowMs: 0, random: 0.5 },
  );
  if (verdict.kind !== "retry") return "none";
  if (verdict.delayMs === 60_000 && verdict.counted) return "intervals";
  if (verdict.delayMs === 5_000 && !verdict.counted) return "5 minutes";
  // The third attempt: 4 s, of which the half of the half is taken off.
  assert.equal(verdict.delayMs, 3_000);
  return verdict.counted ? "backoff, counted" : "backoff";
}

function record(changes: Pick<RecordParts, "condition" | "invokeCount" | "requestPayloadJson" | "outcome" | "nowMs">) {
  const parts = { identity: IDENTITY, functionName: "order-processor", requestId: REQUEST_ID, ...changes };
  return JSON.parse(invocationRecord(parts)) as unknown;
}

const GROUPED = { groupId: "g", deduplicationId: "d" };

describe("docs/delivery.md", () => {
  it("docs/delivery.md has the headings that other pages link to", () => {
    for (const heading of [
      "Kinds of target",
      "Retries",
      "Dead letters",
      "Destinations",
      "Duplicates",
      "Parked messages and suspects",
      "Stopping",
    ]) {
      assert.ok(sectionOf(PAGE, `## ${heading}`).length > 100, heading);
    }
  });

  it("docs/delivery.md lists exactly the reasons for a failure, with their error codes", () => {
    const listed = rowsOf(sectionOf(PAGE, "## Retries")).map((cells) => [codeIn(cells[0]!)[0], codeIn(cells[4]!)[0]]);
    assert.deepEqual(Object.fromEntries(listed), ERROR_CODES);
    assert.equal(listed.length, FAILURE_REASONS.length);
  });

  it("docs/delivery.md describes the consequence of every reason", () => {
    const lambda = functionPolicy(sampleFunction("f"));
    for (const [reason = "", , ofFunction, ofApiDestination] of rowsOf(sectionOf(PAGE, "## Retries"))) {
      const known = codeIn(reason)[0] as FailureReason;
      assert.equal(ofFunction, afterwards(known, lambda), known);
      // An API destination reports no errors of functions.
      if (known === "function_error") assert.equal(ofApiDestination, "–");
      else assert.equal(ofApiDestination, afterwards(known, apiDestinationPolicy()), known);
    }
  });

  it("docs/delivery.md lists exactly the headers of a call", () => {
    const id = REQUEST_ID;
    const headers = callHeaders({
      id,
      eventId: "e-1",
      attempt: 1,
      destination: DESTINATION,
      payload: Buffer.from("{}"),
      traceparent: TRACEPARENT,
      tracestate: "vendor=1",
    });
    assert.deepEqual([...namesBelow("### What a function gets")].sort(), Object.keys(headers).sort());
  });

  it("docs/delivery.md lists exactly the variables of a process", () => {
    const fn = { ...sampleFunction("f"), run: { kind: "process", command: ["python3", "app.handler"] } as const };
    const variables = environmentVariables({
      fn,
      region: "us-east-1",
      runtimeApiPort: 1,
      logStream: "2026/01/02/[$LATEST]0",
      inherited: {},
      layers: { folders: ["/layer"], paths: {}, extensions: [] },
    });
    assert.deepEqual([...namesBelow("### Processes")].sort(), Object.keys(variables).sort());
  });

  it("docs/delivery.md lists exactly the headers of a message in a queue", () => {
    const expected = [
      ...Object.keys(originHeaders(ORIGIN)),
      ...Object.keys(scheduleHeaders({ name: "s", dueMs: 0 })),
      "busbar-event-id",
      "busbar-first-at",
      "busbar-message-group-id",
      ...Object.keys(fifoHeaders({ name: "q.fifo", deduplicationScope: "messageGroup" }, GROUPED)).slice(1),
      "traceparent",
      "tracestate",
    ];
    assert.deepEqual(namesBelow("### Queues"), expected);
  });

  it("docs/delivery.md lists exactly the headers of dead letters", () => {
    const section = sectionOf(PAGE, "## Dead letters");
    const death = { origin: ORIGIN, target: DESTINATION, reason: "timeout", message: "late", retries: 2 } as const;
    const headers = deadLetterHeaders(IDENTITY, { ...death, condition: "RetriesExhausted" });
    const listed = rowsOf(section).flatMap(([names = ""]) => codeIn(names));
    assert.deepEqual(
      listed.filter((name) => /^[A-Z_]+$/.test(name)),
      Object.keys(headers),
    );
    const ofRecords = Object.keys(functionDeadLetterHeaders(REQUEST_ID, { reason: "timeout", message: "" })).slice(
      0,
      3,
    );
    const [, sentence = ""] = /queues: (.*?)\./s.exec(section) ?? [];
    assert.deepEqual(codeIn(sentence), ofRecords);
  });

  it("docs/delivery.md shows records as they are made", () => {
    const [success, failure] = ["json success", "json failure"].map((info) => {
      const block = blocksOf(PAGE).find((each) => each.info === info);
      return JSON.parse(block!.text) as unknown;
    });
    const done: Outcome = { ok: true, statusCode: 200, responseJson: '{"status":"PROCESSED"}' };
    assert.deepEqual(
      success,
      record({
        condition: "Success",
        invokeCount: 1,
        requestPayloadJson: '{"orderId":"o-1","total":120}',
        outcome: done,
        nowMs: Date.parse("2026-01-02T03:04:06.125Z"),
      }),
    );
    const error = '{"errorMessage":"over the credit limit","errorType":"ValueError"}';
    assert.deepEqual(
      failure,
      record({
        condition: "RetriesExhausted",
        invokeCount: 3,
        requestPayloadJson: '{"orderId":"o-1","total":2000}',
        outcome: { ok: false, reason: "function_error", message: "ValueError", responseJson: error },
        nowMs: Date.parse("2026-01-02T03:07:06.125Z"),
      }),
    );
  });

  it("docs/delivery.md names the number of buses that an event may cross", () => {
    assert.match(sectionOf(PAGE, "### Event buses"), new RegExp(`across ${HOPS_MAX} buses`));
  });
});
