import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { store } from "../../../../src/flow/store/store.ts";
import { storeUnlessRefused, storeUntilConfirmed } from "../../../../src/flow/store/until-confirmed.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const to = (queue: string) => ({ queue, id: queue, body: Buffer.from("{}"), headers: {} });

describe("storing", () => {
  it("A message whose queue was deleted keeps its delay when it is published again", async () => {
    const broker = new ScriptedStorage();
    broker.refusals.set("deleted", "unroutable");
    broker.mends = true;
    await store([to("deleted")], broker, { delayMs: 60_000 });
    assert.deepEqual(broker.delaysMs, [60_000]);
  });

  it("Messages that wait for different times are published apart, and a failure names the place in the list of all", async () => {
    const broker = new ScriptedStorage();
    broker.refusals.set("full", "refused").set("fuller", "refused");
    const list = [
      to("now"),
      { ...to("late"), delayMs: 2_000 },
      to("full"),
      { ...to("later"), delayMs: 900_000 },
      { ...to("fuller"), delayMs: 2_000 },
    ];
    await assert.rejects(store(list, broker), (error) => {
      assert.ok(error instanceof PublishError);
      assert.deepEqual(
        error.failures.toSorted((one, other) => one.index - other.index),
        [
          { index: 2, reason: "refused" },
          { index: 4, reason: "refused" },
        ],
      );
      return true;
    });
    assert.deepEqual(
      broker.stored.map(({ queue }) => queue),
      ["now", "late", "later"],
    );
    assert.deepEqual(broker.delaysMs, [undefined, 2_000, 900_000]);
  });

  it("A message that is kept for a while waits no shorter than it says", async () => {
    const broker = new ScriptedStorage();
    await store([{ ...to("long"), delayMs: 900_000 }, { ...to("short"), delayMs: 2_000 }, to("none")], broker, {
      delayMs: 60_000,
    });
    assert.deepEqual(broker.delaysMs, [900_000, 60_000, 60_000]);
  });

  it("A message that its queue refuses is not published again beside one whose queue was deleted", async () => {
    const broker = new ScriptedStorage();
    broker.refusals.set("deleted", "unroutable").set("full", "refused");
    broker.mends = true;
    const failed = store([to("kept"), to("full"), to("deleted")], broker);
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof PublishError);
      assert.deepEqual(error.failures, [{ index: 1, reason: "refused" }]);
      return true;
    });
    assert.deepEqual(
      broker.stored.map(({ queue }) => queue),
      ["kept", "deleted"],
    );
    assert.deepEqual(
      broker.declared.map(({ name }) => name),
      ["deleted"],
    );
  });

  it("A message that no queue will ever take is given up at once, and not held for ever", async () => {
    const broker = new ScriptedStorage();
    broker.refusals.set("any", "unstorable");
    const sleep = () => assert.fail("it waits for another try");
    const storing = { messages: [to("any")], leave: new AbortController().signal, onDelay: () => undefined };
    await assert.rejects(storeUntilConfirmed(storing, { broker, sleep }), PublishError);
  });

  it("A message that cannot be stored before the end of a stop is left to the broker", async () => {
    const broker = new ScriptedStorage();
    broker.refusals.set("full", "refused");
    const leave = new AbortController();
    const sleep = (_ms: number, signal: AbortSignal) => {
      leave.abort();
      return Promise.reject(signal.reason as Error);
    };
    const storing = { messages: [to("full")], leave: leave.signal, onDelay: () => undefined };
    const giveUp = { afterMs: 10_000, signal: new AbortController().signal };
    await assert.rejects(storeUnlessRefused(storing, giveUp, { broker, sleep }));
  });
});
