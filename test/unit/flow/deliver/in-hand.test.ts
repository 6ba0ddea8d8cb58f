import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { deliveryMessage } from "../../../../src/domain/delivery/delivery-message.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import type { Received } from "../../../../src/domain/queue/message.ts";
import type { OrderBy } from "../../../../src/domain/target/function.ts";
import { createDeliver } from "../../../../src/flow/deliver/deliver.ts";
import { createInHandDeliveries } from "../../../../src/flow/deliver/deliver-in-hand.ts";
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

const QUEUE = "busbar.ordered.f";
const HOUR_MS = 3_600_000;
const { firstAtMs } = sampleDelivery();

function world(outcome: Outcome, whenFailed: OrderBy["whenFailed"], ageMs = 10) {
  const storage = new ScriptedStorage();
  const never = new AbortController().signal;
  const functions = [sampleFunction("f", { orderBy: { path: "$.detail.id", whenFailed } })];
  const rules = [sampleRule("r", { source: ["shop"] }, [sampleTarget("t", { kind: "function", name: "f" })])];
  const config = sampleConfig({ functions, rules });
  const deps = {
    broker: storage,
    config: () => config,
    identity: IDENTITY,
    observer: new RecordingObserver(),
    newId: () => "new",
    nowMs: () => firstAtMs + ageMs,
    random: () => 0.5,
    sleep: () => Promise.reject(new Error("this broker stores everything")),
    pause: () => Promise.resolve(),
    abandon: never,
    leave: never,
  };
  const inHand = createInHandDeliveries(createDeliver(deps), deps);
  const attempt = (message: Received, progress?: Parameters<typeof inHand.attempt>[1]) =>
    inHand.attempt(message, progress, () => Promise.resolve(outcome));
  return { storage, inHand, attempt };
}

function received(changes: Partial<Delivery> = {}, crashes = 0): Received {
  const delivery = sampleDelivery({
    destination: { kind: "function", name: "f" },
    origin: { bus: "default", rule: "r", target: "t" },
    ...changes,
  });
  return { ...deliveryMessage(delivery, QUEUE), crashes };
}

const FAILURE: Outcome = { ok: false, reason: "function_error", message: "no" };
const USED_UP = { attempt: 3, countedRetries: 2, suspicions: 0 };

describe("A delivery that is made in hand", () => {
  it("is not stored for its retry, which says how long to wait and what it has come to", async () => {
    const { storage, attempt } = world(FAILURE, "skip");
    const retry = await attempt(received());
    assert.deepEqual(storage.stored, []);
    assert.deepEqual(retry, {
      progress: { attempt: 2, countedRetries: 1, suspicions: 0 },
      delayMs: 60_000,
      failure: { ok: false, reason: "function_error", message: "no" },
      isExhausted: false,
    });
  });

  it("is no suspect however often it was handed out", async () => {
    const { storage, attempt } = world({ ok: true, statusCode: 200 }, "skip");
    assert.equal(await attempt(received({}, 40)), undefined);
    assert.deepEqual(storage.stored, []);
  });

  it("is a dead letter when its retries are used up", async () => {
    const { storage, attempt } = world(FAILURE, "skip");
    assert.equal(await attempt(received(), USED_UP), undefined);
    assert.deepEqual(
      storage.stored.map(({ queue, headers }) => [queue, headers["RETRY_ATTEMPTS"]]),
      [["busbar.dead-letter", 2]],
    );
  });

  it("is tried on instead where its key is not to go on, until its age is over", async () => {
    const young = world(FAILURE, "block");
    const retry = await young.attempt(received(), USED_UP);
    assert.deepEqual([retry?.isExhausted, retry?.delayMs, retry?.progress.attempt], [true, 120_000, 4]);
    assert.deepEqual(young.storage.stored, []);
    const refused = world({ ok: false, reason: "client_error", message: "400" }, "block");
    assert.equal((await refused.attempt(received()))?.isExhausted, true);
    const old = world(FAILURE, "block", 6 * HOUR_MS - 1_000);
    assert.equal(await old.attempt(received(), USED_UP), undefined);
    assert.equal(old.storage.stored[0]?.headers["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
  });

  it("blocks nothing where its rule is gone", async () => {
    const { storage, attempt } = world(FAILURE, "block", HOUR_MS);
    const gone = received({ origin: { bus: "default", rule: "gone", target: "t" }, goneSinceMs: firstAtMs });
    assert.equal(await attempt(gone), undefined);
    assert.equal(storage.stored[0]?.queue, "busbar.dead-letter");
  });

  it("can be given up, as after its last attempt", async () => {
    const { storage, inHand } = world(FAILURE, "block");
    await inHand.giveUp(received(), USED_UP, { ok: false, reason: "function_error", message: "skipped by ada" });
    assert.deepEqual(
      storage.stored.map(({ queue, headers }) => [queue, headers["ERROR_MESSAGE"], headers["RETRY_ATTEMPTS"]]),
      [["busbar.dead-letter", "skipped by ada", 1]],
    );
  });

  it("is parked where routers died of it", async () => {
    const { storage, inHand } = world(FAILURE, "skip");
    await inHand.park(received({}, 2));
    assert.deepEqual(
      storage.stored.map(({ queue, headers }) => [
        queue,
        headers["busbar-parked-reason"],
        headers["busbar-parked-from"],
      ]),
      [["busbar.parked", "crashed", QUEUE]],
    );
  });
});
