import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { deliveryMessage } from "../../../../src/domain/delivery/delivery-message.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import type { Received } from "../../../../src/domain/queue/message.ts";
import type { FunctionConfig } from "../../../../src/domain/target/function.ts";
import type { Target } from "../../../../src/domain/target/target.ts";
import { createDeliver } from "../../../../src/flow/deliver/deliver.ts";
import { createBatchDeliveries } from "../../../../src/flow/deliver/deliver-batch.ts";
import type { Invocation } from "../../../../src/ports/functions/functions.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import {
  IDENTITY,
  sampleConfig,
  sampleDelivery,
  sampleFunction,
  sampleRule,
  sampleTarget,
} from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const QUEUE = "busbar.batch.f";
const NOW_MS = 1_000_000;
const BATCH = { size: 10, windowSeconds: 0 };

interface Parts {
  readonly answer?: unknown;
  readonly outcome?: Outcome;
  readonly fn?: Partial<FunctionConfig>;
  readonly target?: Partial<Target>;
}

function world({ answer, outcome, fn = {}, target = {} }: Parts = {}) {
  const storage = new ScriptedStorage();
  const observer = new RecordingObserver();
  const invocations: Invocation[] = [];
  const never = new AbortController().signal;
  const targets = [sampleTarget("t", { kind: "function", name: "f" }, { batch: BATCH, ...target })];
  const rules = [sampleRule("r", { source: ["shop"] }, targets)];
  const config = sampleConfig({
    functions: [sampleFunction("f", fn), sampleFunction("g")],
    rules,
    queues: ["dead", "done"],
  });
  const deps = {
    broker: storage,
    config: () => config,
    identity: IDENTITY,
    observer,
    newId: () => "call-1",
    nowMs: () => NOW_MS,
    random: () => 0.5,
    sleep: () => Promise.reject(new Error("this broker stores everything")),
    pause: () => Promise.resolve(),
    abandon: never,
    leave: never,
  };
  const responseJson = answer === undefined ? {} : { responseJson: JSON.stringify(answer) };
  const call = (invocation: Invocation): Promise<Outcome> => {
    invocations.push(invocation);
    return Promise.resolve(outcome ?? { ok: true, statusCode: 200, ...responseJson });
  };
  const batches = createBatchDeliveries(deps);
  const deliver = async (...deliveries: readonly Delivery[]): Promise<void> => {
    const inHand = deliveries.map((delivery) => ({ delivery, message: received(delivery) }));
    await Promise.all(batches.deliver(inHand, "full", call));
  };
  const given = () => invocations.map(({ payload }) => JSON.parse(payload.toString()) as unknown);
  return { storage, observer, invocations, given, batches, deliver, alone: createDeliver(deps), call };
}

function event(id: string, changes: Partial<Delivery> = {}): Delivery {
  const origin = { bus: "default", rule: "r", target: "t" };
  const body = Buffer.from(JSON.stringify({ id, detail: { n: Number(id.slice(1)) } }));
  return sampleDelivery({ id: `d-${id}`, eventId: id, origin, body, firstAtMs: NOW_MS - 10, ...changes });
}

function received(delivery: Delivery, crashes = 0): Received {
  return { ...deliveryMessage(delivery, QUEUE), crashes };
}

const FAILS_2 = { batchItemFailures: [{ itemIdentifier: "e2" }] };

describe("A batch of events for a function", () => {
  it("is one call with a list of what each would be given by itself", async () => {
    const { deliver, given, invocations, observer, storage } = world({
      target: { input: { kind: "path", path: "$.detail" } },
    });
    await deliver(event("e1"), event("e2", { attempt: 3 }));
    assert.deepEqual(given(), [[{ n: 1 }, { n: 2 }]]);
    assert.deepEqual([invocations[0]?.id, invocations[0]?.attempt], ["call-1", 3]);
    assert.deepEqual(storage.stored, []);
    assert.deepEqual(observer.events, ["batch of 2, 0 failed: full"]);
    assert.deepEqual(
      observer.attempts.map(({ delivery, verdict, isBatched }) => [delivery.id, verdict.kind, isBatched]),
      [
        ["d-e1", "done", true],
        ["d-e2", "done", true],
      ],
    );
  });

  it("fails for those that the function names, each of which comes again to the batch queue after its own wait", async () => {
    const { deliver, observer, storage } = world({ answer: FAILS_2 });
    await deliver(event("e1"), event("e2", { attempt: 2, countedRetries: 1 }), event("e3"));
    assert.deepEqual(
      storage.stored.map(({ queue, id, headers }) => [queue, id, headers["busbar-attempt"]]),
      [[QUEUE, "d-e2", 3]],
    );
    assert.deepEqual(storage.delaysMs, [120_000]);
    assert.deepEqual(observer.events, ["batch of 3, 1 failed: full"]);
  });

  it("becomes a dead letter for each event that has used up its retries, and for no other", async () => {
    const { deliver, storage } = world({ answer: FAILS_2, target: { deadLetterQueue: "dead" } });
    await deliver(event("e1"), event("e2", { attempt: 3, countedRetries: 2 }));
    assert.deepEqual(
      storage.stored.map(({ queue, id, body }) => [queue, id, JSON.parse(body.toString()) as unknown]),
      [["dead", "d-e2", { id: "e2", detail: { n: 2 } }]],
    );
  });

  it("fails for all where the call does, or where the answer names an event that is not in it", async () => {
    const failure = { ok: false, reason: "function_error", message: "no" } as const;
    const unknown = { batchItemFailures: [{ itemIdentifier: "e9" }] };
    for (const parts of [{ outcome: failure }, { answer: unknown }, { answer: "batchItemFailures" }]) {
      const { deliver, storage } = world(parts);
      await deliver(event("e1"), event("e2"));
      assert.deepEqual(
        storage.stored.map(({ id }) => id),
        ["d-e1", "d-e2"],
        JSON.stringify(parts),
      );
    }
  });

  it("succeeds for all where the answer says nothing of single events", async () => {
    for (const answer of ["ok", 5, null, {}, { done: true }, { batchItemFailures: [] }]) {
      const { deliver, storage } = world({ answer });
      await deliver(event("e1"), event("e2"));
      assert.deepEqual(storage.stored, [], JSON.stringify(answer));
    }
  });

  it("leaves out an event that is too old, whose end is its own", async () => {
    const parts = { fn: { maximumEventAgeInSeconds: 60 }, target: { deadLetterQueue: "dead" } };
    const { deliver, given, storage } = world(parts);
    await deliver(event("e1", { firstAtMs: NOW_MS - 61_000 }), event("e2"));
    assert.deepEqual(given(), [[{ id: "e2", detail: { n: 2 } }]]);
    assert.deepEqual(
      storage.stored.map(({ queue, id }) => [queue, id]),
      [["dead", "d-e1"]],
    );
  });

  it("has a record for each event, without an answer that is long", async () => {
    const onSuccess = { kind: "queue", name: "done" } as const;
    for (const [text, kept] of [
      ["short", { text: "short" }],
      ["x".repeat(5_000), null],
    ] as const) {
      const { deliver, storage } = world({ answer: { text }, fn: { onSuccess } });
      await deliver(event("e1"), event("e2"));
      const records = storage.stored.map(
        ({ body }) => JSON.parse(body.toString()) as { requestPayload: { id: string }; responsePayload: unknown },
      );
      assert.deepEqual(
        records.map(({ requestPayload, responsePayload }) => [requestPayload.id, responsePayload]),
        [
          ["e1", kept],
          ["e2", kept],
        ],
      );
    }
  });

  it("has one event where that is tried by itself", async () => {
    const { alone, call, given, observer } = world();
    assert.equal(await alone(received(event("e1")), call), "settled");
    assert.deepEqual(given(), [[{ id: "e1", detail: { n: 1 } }]]);
    assert.deepEqual(observer.events, ["batch of 1, 0 failed: alone"]);
  });

  it("takes messages that came back twice, and no other that was held by routers that died", () => {
    const { batches } = world();
    const isTaken = [0, 1, 2, 3].map((crashes) => batches.read(received(event("e1"), crashes)) !== undefined);
    assert.deepEqual(isTaken, [true, true, true, false]);
  });

  it("takes no message whose target has no batches", () => {
    const { batches } = world();
    const origin = { bus: "default", rule: "other", target: "t" };
    assert.equal(batches.read(received(event("e1", { origin }))), undefined);
  });

  it("has no event that was accepted while its target was another function's: that one is given it by itself", async () => {
    const { alone, batches, call, given, storage } = world({
      outcome: { ok: false, reason: "function_error", message: "no" },
    });
    const former = received(event("e1", { destination: { kind: "function", name: "g" } }));
    assert.equal(batches.read(former), undefined);
    await alone({ ...former, queue: "busbar.function.g" }, call);
    assert.deepEqual(given(), [{ id: "e1", detail: { n: 1 } }]);
    assert.deepEqual(
      storage.stored.map(({ queue }) => queue),
      ["busbar.function.g"],
      "its next attempt",
    );
  });

  it("counts what a template makes of an event", () => {
    const json = JSON.stringify("x".repeat(1_000));
    const { batches } = world({ target: { input: { kind: "constant", json } } });
    assert.equal(batches.read(received(event("e1")))?.payloadBytes, json.length);
  });
});
