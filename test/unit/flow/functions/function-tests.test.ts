import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { deliveryMessage, readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { TestFacts } from "../../../../src/domain/facts.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import type { Received } from "../../../../src/domain/queue/message.ts";
import { createDeliver } from "../../../../src/flow/deliver/deliver.ts";
import type { LineSource } from "../../../../src/domain/logs/log-line.ts";
import { OutputTail } from "../../../../src/flow/functions/output-tail.ts";
import { decodeTestMessage, encodeTestMessage } from "../../../../src/flow/function-tests/test-message.ts";
import { testResultOf } from "../../../../src/flow/function-tests/test-result.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const NOW_MS = Date.parse("2026-01-02T03:04:05.678Z");
const TEST: Delivery = {
  id: "t-1",
  destination: { kind: "function", name: "f" },
  body: Buffer.from('"any JSON"'),
  rendered: {},
  attempt: 1,
  countedRetries: 0,
  firstAtMs: NOW_MS,
  hops: 0,
  suspicions: 0,
  test: { from: "router", untilMs: NOW_MS + 10_000 },
};

function received(changes: Partial<Received> = {}): Received {
  return { ...deliveryMessage(TEST, "busbar.function.f"), crashes: 0, ...changes };
}

/** What became of a test: the facts that were reported, and what was stored. */
async function delivered(
  message: Received,
  call: () => Promise<Outcome | "gone">,
  { nowMs = NOW_MS, isAbandoned = false } = {},
) {
  const storage = new ScriptedStorage();
  const observer = new RecordingObserver();
  const heard: string[] = [];
  const facts: TestFacts[] = [];
  const abandon = isAbandoned ? AbortSignal.abort() : new AbortController().signal;
  const fn = sampleFunction("f", { onFailure: { kind: "queue", name: "sad" }, deadLetterQueue: "dead" });
  const deliver = createDeliver({
    broker: storage,
    config: () => sampleConfig({ functions: [fn] }),
    identity: IDENTITY,
    observer,
    tests: {
      began: ({ id }) => heard.push(`began ${id}`),
      gone: ({ id }) => heard.push(`gone ${id}`),
      ended: (ended) => facts.push(ended),
    },
    newId: () => "new-id",
    nowMs: () => nowMs,
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    pause: () => Promise.resolve(),
    abandon,
    leave: new AbortController().signal,
  });
  const settled = await deliver(message, call);
  return { settled, heard, facts, stored: storage.stored, attempts: observer.attempts, events: observer.events };
}

const FAILS = (): Promise<Outcome> => Promise.resolve({ ok: false, reason: "timeout", message: "too slow" });
const never = (): never => assert.fail("it is called");

describe("A test of a function on its way", () => {
  it("is called once, and nothing follows from its failure", async () => {
    const { settled, facts, stored, attempts, events } = await delivered(received(), FAILS);
    assert.deepEqual([settled, stored, attempts, events], ["settled", [], [], ["tested t-1 timeout"]]);
    assert.deepEqual(
      facts.map(({ invoked, outcome }) => [invoked, outcome !== "unknown" && outcome.ok]),
      [[true, false]],
    );
  });

  it("is not called when nobody waits any more, nor after a router ended with it in hand", async () => {
    const late = await delivered(received(), never, { nowMs: NOW_MS + 10_001 });
    assert.deepEqual([late.events, late.heard], [["tested t-1 expired"], []]);
    const again = await delivered(received({ crashes: 1 }), never);
    assert.deepEqual([again.events, again.stored], [["tested t-1 unknown"], []]);
  });

  it("is unknown where the router stops meanwhile, and is not given to another", async () => {
    const stopped = () => Promise.reject(new Error("the router stops"));
    const { settled, facts, stored } = await delivered(received(), stopped, { isAbandoned: true });
    assert.deepEqual([settled, stored], ["settled", []]);
    assert.deepEqual(
      facts.map(({ invoked, outcome }) => [invoked, outcome]),
      [[true, "unknown"]],
    );
  });

  it("goes back for another poll where its own went away", async () => {
    const { settled, heard, facts } = await delivered(received(), () => Promise.resolve("gone"));
    assert.deepEqual([settled, heard, facts], ["gone", ["began t-1", "gone t-1"], []]);
  });

  it("has no number of an attempt, so that an earlier router cannot take it for a delivery", () => {
    const { headers } = received();
    assert.equal(headers["busbar-attempt"], undefined);
    const read = readDelivery(received());
    assert.deepEqual(read.ok && [read.delivery.test, read.delivery.attempt], [TEST.test, 1]);
    const { "busbar-test-until": _, ...earlier } = headers;
    assert.equal(readDelivery(received({ headers: earlier })).ok, false);
  });
});

describe("A test's result", () => {
  it("has the beginning of a long answer, and the last lines of a long log", () => {
    const tail = new OutputTail<LineSource>();
    for (let n = 0; n < 300; n++) tail.add("stdout", n === 299 ? "é".repeat(4_000) : `line ${n}`);
    const outcome = { ok: true, statusCode: 200, responseJson: JSON.stringify("x".repeat(300_000)) } as const;
    const facts = { delivery: TEST, outcome, invoked: true, startedAtMs: 1, endedAtMs: 5 };
    const result = testResultOf(facts, tail);
    assert.deepEqual([result.response?.length, result.responseBytes, result.callMs], [262_144, 300_002, 4]);
    assert.deepEqual([result.output.length, result.outputLeftOut], [200, 100]);
    assert.equal(result.output.at(-1)?.line.length, 2_048);
    for (let n = 0; n < 100; n++) tail.add("stderr", "y".repeat(4_096));
    assert.equal(tail.lines.length, 16);
  });

  it("is read by routers of this version, and nothing else is", () => {
    const message = {
      type: "ended",
      id: "t-1",
      result: { outcome: "success", invoked: true, output: [], outputLeftOut: 0 },
    } as const;
    assert.deepEqual(decodeTestMessage(encodeTestMessage(message)), message);
    const began = encodeTestMessage({ type: "began", id: "t-1" });
    assert.deepEqual(decodeTestMessage(began), { type: "began", id: "t-1" });
    assert.equal(decodeTestMessage(Buffer.from("busbar-tap/1\n{}")), undefined);
    for (const body of [
      "{",
      "[]",
      '{"type":"ended","id":"t-1"}',
      '{"type":"ended","id":"t-1","result":{"outcome":1}}',
    ]) {
      assert.equal(
        decodeTestMessage(Buffer.concat([began.subarray(0, began.indexOf("\n") + 1), Buffer.from(body)])),
        undefined,
      );
    }
  });
});
