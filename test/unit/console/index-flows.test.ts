import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { windowsAround } from "../../../console/src/logic/rules/rule-rates.ts";
import { FLOW_STEP_MS } from "../../../src/admin-api/history/flow-step.ts";
import { JournalIndex } from "../../../src/console/index/journal-index.ts";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../../src/domain/journal/records.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NOW_MS = 1_700_000_000_000;

async function indexOf(t: TestContext, records: readonly JournalRecord[], segmentEventsMax = 2): Promise<JournalIndex> {
  const folder = mkdtempSync(join(tmpdir(), "busbar-index-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const index = await JournalIndex.open(folder, { bytesMax: Infinity, segmentEventsMax, segmentBytesMax: Infinity });
  t.after(() => index.terminate());
  for (const [at, record] of records.entries()) {
    const builder = new FrameBuilder("router", NOW_MS);
    builder.add(record);
    await index.add([{ position: at + 1, bytes: builder.taken() }]);
  }
  return index;
}

function event(
  id: string,
  changes: Partial<RecordOf<"event">> & { readonly rules?: readonly string[] } = {},
): JournalRecord {
  const { rules = ["paid"], ...others } = changes;
  const routed = {
    bus: "default",
    rules: rules.map((rule) => ({ bus: "default", rule })),
    ruleCount: rules.length,
    published: [],
    publishedCount: 0,
    letters: [],
    letterCount: 0,
  };
  const kept = { principal: undefined, body: undefined, traceparent: undefined, fields: undefined };
  return { kind: "event", atMs: NOW_MS, id, source: "shop", type: "Paid", bytes: 20, routed, ...kept, ...others };
}

function attempt(id: string, changes: Partial<RecordOf<"attempt">> = {}): RecordOf<"attempt"> {
  return {
    kind: "attempt",
    atMs: NOW_MS,
    deliveryId: `d-${id}`,
    eventId: id,
    origin: { bus: "default", rule: "paid", target: "crm" },
    destination: "function/crm",
    attempt: 1,
    firstAtMs: NOW_MS,
    startedAtMs: NOW_MS,
    callMs: 1,
    invoked: true,
    failure: undefined,
    verdict: "done",
    nextAtMs: undefined,
    letters: [],
    records: [],
    statusCode: 200,
    answer: undefined,
    body: undefined,
    test: undefined,
    synchronous: undefined,
    version: undefined,
    ...changes,
  };
}

const FAILURE = { reason: "server_error", message: "answered 503", statusCode: 503 };

describe("The console's index", () => {
  it("finds events by a field of theirs, in all segments, and nothing by another value or field", async (t) => {
    const fields = [{ name: "detail.orderId", value: "a:b" }];
    const index = await indexOf(t, [
      event("e-1", { fields }),
      event("e-2", { fields: [{ name: "detail.orderId", value: "a" }] }),
      event("e-3", { fields: [{ name: "detail.of", value: "a:b" }] }),
      event("e-4"),
      event("e-5", { fields }),
    ]);
    const found = async (field: string) => (await index.events({ field })).rows.map(({ id }) => id);
    assert.deepEqual(await found("detail.orderId:a:b"), ["e-5", "e-1"]);
    assert.deepEqual(await found("detail.orderId:a"), ["e-2"]);
    assert.deepEqual(await found("detail.none:a"), []);
  });

  it("counts what rules matched in an hour and a day, and how attempts at their targets went", async (t) => {
    const index = await indexOf(t, [
      event("e-1"),
      event("e-2", { rules: ["paid", "big"], atMs: NOW_MS - 5 * HOUR_MS }),
      event("e-3", { rules: ["paid", "old"], atMs: NOW_MS - 30 * HOUR_MS }),
      event("e-4", { rules: [] }),
      attempt("e-1"),
      attempt("e-1", { failure: FAILURE, verdict: "retry", deliveryId: "d-9" }),
      attempt("e-2", { atMs: NOW_MS - 5 * HOUR_MS }),
      attempt("e-3", { test: true, failure: FAILURE, verdict: "failed", origin: undefined, eventId: undefined }),
    ]);
    const { rules, targets, isMore } = await index.flows(NOW_MS);
    assert.deepEqual(rules.map(({ rule, lastHour, lastDay }) => [rule, lastHour, lastDay]).toSorted(), [
      ["big", 0, 1],
      ["paid", 1, 2],
    ]);
    assert.deepEqual(targets, [{ bus: "default", rule: "paid", destination: "function/crm", delivered: 1, failed: 1 }]);
    assert.equal(isMore, false);
  });

  it("tells the hour before a change from the hour after it, without the ten minutes of the change", async (t) => {
    const stepMs = Math.floor(NOW_MS / FLOW_STEP_MS) * FLOW_STEP_MS;
    const minutes = [-61, -60, -1, 0, 5, 9, 10, 69, 70];
    const index = await indexOf(
      t,
      minutes.map((minute) => event(`e${minute}`, { atMs: stepMs + minute * MINUTE_MS })),
    );
    const { before, after } = windowsAround(stepMs + 5 * MINUTE_MS, stepMs + 3 * HOUR_MS);
    const lastHour = async (atMs: number) => (await index.flows(atMs)).rules[0]?.lastHour;
    assert.deepEqual([await lastHour(before.atMs), await lastHour(after.atMs)], [2, 2]);
  });

  it("has the bodies of a bus's events, those that failed deliveries brought along included", async (t) => {
    const index = await indexOf(
      t,
      [
        event("e-1", { body: Buffer.from('{"n":1}') }),
        event("e-2", { atMs: NOW_MS + 1 }),
        attempt("e-2", { failure: FAILURE, verdict: "failed", body: Buffer.from('{"n":2}') }),
        event("e-3", { atMs: NOW_MS + 2 }),
      ],
      100,
    );
    const { rows } = await index.eventBodies({ bus: "default" });
    assert.deepEqual(
      rows.map(({ id, type, body }) => [id, type, body]),
      [
        ["e-2", "Paid", '{"n":2}'],
        ["e-1", "Paid", '{"n":1}'],
      ],
    );
    assert.deepEqual((await index.eventBodies({ bus: "other" })).rows, []);
  });

  it("shows the attempt of a test, and counts and lists it among no failures", async (t) => {
    const index = await indexOf(t, [
      attempt("x", { test: true, failure: FAILURE, verdict: "failed", origin: undefined, eventId: undefined }),
    ]);
    const { delivery } = (await index.deliveryById("d-x")) ?? assert.fail("it is there");
    assert.deepEqual(
      delivery.attempts.map(({ test, failure }) => [test, failure?.reason]),
      [[true, "server_error"]],
    );
    assert.deepEqual((await index.attempts({ failedOnly: true })).rows, []);
    assert.equal((await index.attempts({})).rows.length, 1);
    const { steps } = await index.summary({ fromMs: NOW_MS, toMs: NOW_MS, stepMs: 60_000 });
    assert.deepEqual([steps[0]?.failed, steps[0]?.delivered], [0, 0]);
  });
});
