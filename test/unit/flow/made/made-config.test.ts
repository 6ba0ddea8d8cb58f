import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MadeConfig, NOT_KEPT } from "../../../../src/flow/made/made-config.ts";
import { encodeRevision } from "../../../../src/flow/made/made-message.ts";
import type { Broadcast } from "../../../../src/ports/broker/broadcast.ts";
import { StoreError } from "../../../../src/ports/store/store.ts";
import { eventually } from "../../../contract/waiting.ts";
import { MemoryEntities } from "../../../support/store/memory-entities.ts";

const KEY = { kind: "rule", name: "default/r" };

class FakeBroadcast implements Broadcast {
  readonly sent: Buffer[] = [];
  readonly address = undefined;
  #listener: (body: Buffer) => void = () => undefined;
  broadcast(body: Buffer): Promise<void> {
    this.sent.push(body);
    return Promise.reject(new Error("not connected"));
  }
  onBroadcast(listener: (body: Buffer) => void): void {
    this.#listener = listener;
  }
  send(): Promise<void> {
    return assert.fail();
  }
  hear(body: Buffer): void {
    this.#listener(body);
  }
}

/** A router's view of a store. Nothing passes the time but `tick`. */
async function started(t: TestContext, store = new MemoryEntities()) {
  const known = new Map<string, string>();
  const heard = { conflicts: 0, revision: 0, changed: [] as number[] };
  const inForce: string[][] = [];
  const errors: unknown[] = [];
  const sleeping: (() => void)[] = [];
  const takeOver = { failure: undefined as Error | undefined };
  const made = new MadeConfig({
    store,
    takeOver: (changed) => {
      if (takeOver.failure !== undefined) return Promise.reject(takeOver.failure);
      heard.changed.push(changed.length);
      for (const { name, entity } of changed) {
        if (entity === undefined) known.delete(name);
        else known.set(name, entity.value);
      }
      inForce.push([...known].map(([name, value]) => `${name}=${value}`).sort());
      return Promise.resolve();
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms === 0) return resolve();
        sleeping.push(resolve);
        signal.addEventListener("abort", () => resolve());
      }),
    random: () => 0,
    observer: {
      changed: () => undefined,
      conflicted: () => void (heard.conflicts += 1),
      tookOver: (revision) => void (heard.revision = revision),
    },
    onError: (error) => errors.push(error),
  });
  const broker = new FakeBroadcast();
  made.listen(broker);
  await made.start();
  t.after(() => made.stop());
  const tick = (): void => sleeping.splice(0).forEach((wake) => wake());
  return { made, store, inForce, errors, broker, takeOver, tick, heard };
}

describe("What is made over the API, followed", () => {
  it("What the store has is in force after the start, page by page", async (t) => {
    const store = new MemoryEntities();
    for (const name of ["a", "b", "c", "d", "e"]) store.put("rule", name, "1");
    store.put("schedule", "other", "1");
    const { inForce } = await started(t, store);
    assert.deepEqual(inForce, [["a=1", "b=1", "c=1", "d=1", "e=1"]]);
  });

  it("A start waits for a store that is away", async () => {
    const store = new MemoryEntities();
    store.put("rule", "a", "1");
    store.failure = new StoreError("unavailable", "away");
    const sleeps: (() => void)[] = [];
    const inForce: number[] = [];
    const made = new MadeConfig({
      store,
      takeOver: (changed) => Promise.resolve(void inForce.push(changed.length)),
      sleep: () => new Promise((resolve) => sleeps.push(resolve)),
      random: () => 0,
      observer: { changed: () => undefined, conflicted: () => undefined, tookOver: () => undefined },
      onError: () => assert.fail(),
    });
    const starting = made.start();
    await eventually("it has tried", () => sleeps.length === 1);
    assert.deepEqual(inForce, []);
    store.failure = undefined;
    sleeps.pop()?.();
    await starting;
    assert.deepEqual(inForce, [1]);
    const stopping = made.stop();
    sleeps.splice(0).forEach((wake) => wake());
    await stopping;
  });

  it("A change is in force when it is answered, and its revision is said to the others", async (t) => {
    const { made, inForce, broker } = await started(t);
    const result = await made.change([KEY], ([found]) => {
      assert.equal(found, undefined);
      return [{ change: "put", ...KEY, value: "1", expect: "absent" }];
    });
    assert.deepEqual(result, { ok: true });
    assert.deepEqual(inForce.at(-1), ["default/r=1"]);
    assert.deepEqual(broker.sent, [encodeRevision(1)]);
  });

  it("A change that changes nothing is not committed, nor said to the others", async (t) => {
    const { made, broker, inForce } = await started(t);
    assert.deepEqual(await made.change([KEY], () => []), { ok: true });
    assert.deepEqual([broker.sent.length, inForce.length], [0, 1]);
  });

  it("A change is decided anew when another comes in between, and given up when that never ends", async (t) => {
    const { made, store, inForce, heard } = await started(t);
    let others = 3;
    store.beforeCommit = () => {
      if (others-- > 0) store.put(KEY.kind, KEY.name, `other ${others}`);
    };
    const change = () =>
      made.change([KEY], ([found]) => [
        { change: "put", ...KEY, value: `${found?.value} and mine`, expect: found?.revision ?? "absent" },
      ]);
    assert.deepEqual(await change(), { ok: true });
    assert.deepEqual(inForce.at(-1), ["default/r=other 0 and mine"]);
    assert.equal(heard.conflicts, 3);
    assert.equal(heard.revision, await store.revision());
    others = Infinity;
    assert.deepEqual(await change(), { ok: false, reason: "conflict" });
  });

  it("Changes of one router come one after the other: none of them meets another", async (t) => {
    const { made, inForce } = await started(t);
    let decided = 0;
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        made.change([KEY], ([found]) => {
          decided += 1;
          return [{ change: "put", ...KEY, value: `${found?.value ?? ""}x`, expect: found?.revision ?? "absent" }];
        }),
      ),
    );
    assert.ok(results.every(({ ok }) => ok));
    assert.equal(decided, 20);
    assert.deepEqual(inForce.at(-1), [`default/r=${"x".repeat(20)}`]);
  });

  it("Another router's change is taken over when it is heard of, and at the next poll otherwise", async (t) => {
    const { store, broker, inForce, tick } = await started(t);
    store.put("rule", "heard", "1");
    broker.hear(Buffer.from("busbar-revision/1\n{}"));
    broker.hear(encodeRevision(1));
    await eventually("it is in force", () => inForce.at(-1)?.includes("heard=1") === true);
    store.put("rule", "unheard", "1");
    tick();
    await eventually("it is in force", () => inForce.at(-1)?.includes("unheard=1") === true);
    store.put("rule", "after a day", "1");
    store.isBehind = true;
    tick();
    await eventually("everything is read anew", () => inForce.at(-1)?.length === 3);
  });

  it("Each change is taken over once, and by itself", async (t) => {
    const { store, inForce, heard, tick } = await started(t);
    for (const name of ["a", "b"]) {
      store.put("rule", name, "1");
      tick();
      await eventually("it is in force", () => inForce.at(-1)?.includes(`${name}=1`) === true);
    }
    assert.deepEqual(heard.changed, [0, 1, 1]);
  });

  it("A store that was restored from a backup is read anew", async (t) => {
    const { store, inForce, tick } = await started(t);
    for (const name of ["kept", "lost"]) store.put("rule", name, "1");
    tick();
    await eventually("both are in force", () => inForce.at(-1)?.length === 2);
    store.restore(1);
    tick();
    await eventually("only the backup's is", () => inForce.at(-1)?.join() === "kept=1");
  });

  it("A revision that is known already makes nobody read", async (t) => {
    const { store, broker, inForce } = await started(t);
    store.failure = new StoreError("unavailable", "nobody asks");
    broker.hear(encodeRevision(0));
    await nextTurn();
    assert.equal(inForce.length, 1);
  });

  it("A change is refused with the reason while the store is away, and says whether it may have been made", async (t) => {
    const { made, store } = await started(t);
    const change = () => made.change([KEY], () => [{ change: "put", ...KEY, value: "1" }]);
    store.failure = new StoreError("full", "no space left");
    assert.deepEqual(await change(), { ok: false, reason: "store", message: "no space left", mayBeDone: false });
    store.failure = new StoreError("unknown", "lost");
    assert.deepEqual(await change(), { ok: false, reason: "store", message: "lost", mayBeDone: true });
    store.failure = undefined;
    assert.deepEqual(await change(), { ok: true });
  });

  it("A change that was stored and cannot be taken over says so, and is taken over later", async (t) => {
    const { made, takeOver, inForce, errors, tick } = await started(t);
    takeOver.failure = new Error("no memory");
    const result = await made.change([KEY], () => [{ change: "put", ...KEY, value: "1" }]);
    assert.deepEqual(result, { ok: false, reason: "not-in-force", message: "no memory" });
    assert.deepEqual(errors, [takeOver.failure]);
    takeOver.failure = undefined;
    tick();
    await eventually("it is in force", () => inForce.at(-1)?.includes("default/r=1") === true);
  });

  it("What a decision throws refuses the change", async (t) => {
    const { made } = await started(t);
    const refusal = new Error("no such rule");
    const refused = made.change([KEY], () => {
      throw refusal;
    });
    await assert.rejects(refused, refusal);
    assert.deepEqual(await made.change([KEY], () => []), { ok: true });
  });

  it("A router that stops changes nothing any more, nor does one without a store", async (t) => {
    const { made } = await started(t);
    await made.stop();
    const stopped = await made.change([KEY], () => assert.fail());
    assert.deepEqual(stopped, { ok: false, reason: "store", message: "the router is stopping", mayBeDone: false });
    assert.deepEqual(await NOT_KEPT.change([KEY], () => assert.fail()), { ok: false, reason: "no-store" });
  });
});
