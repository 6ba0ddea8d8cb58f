import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Slots } from "../../../../src/async/slots.ts";
import type { Message, Received } from "../../../../src/domain/queue/message.ts";
import { packOf } from "../../../../src/domain/queue/pack.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { KnownPacks } from "../../../../src/flow/pack/known-packs.ts";
import { unpacking } from "../../../../src/flow/pack/unpacking.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const QUEUE = "busbar.function.f";

function member(id: string): Message {
  return { queue: QUEUE, id, body: Buffer.from(`{"id":"${id}"}`), headers: { "busbar-attempt": 1 } };
}

function packed(ids: readonly string[], id = "pack", crashes = 0): Received {
  return { ...packOf(id, QUEUE, ids.map(member)), crashes };
}

/** A consumer's handler over one that goes on when the test says so. */
function setUp(slots = 2) {
  const began: string[] = [];
  const crashes: number[] = [];
  const ends = new Map<string, PromiseWithResolvers<undefined>>();
  const stored: Message[] = [];
  const storage = { refuses: false, isDown: Promise.resolve() };
  const clock = { nowMs: 0, isStopping: false };
  const inFlight = new InFlightBytes(1_000_000);
  const free = new Slots(() => slots);
  const handler = unpacking({
    handle: async ({ id, crashes: count }) => {
      began.push(id);
      crashes.push(count);
      const end = Promise.withResolvers<undefined>();
      ends.set(id, end);
      await end.promise;
    },
    slots: free,
    isStopping: () => clock.isStopping,
    packs: new KnownPacks(),
    inFlight,
    store: async (message) => {
      await storage.isDown;
      if (storage.refuses) throw new Error("not stored");
      stored.push(message);
    },
    steadyMs: () => clock.nowMs,
  });
  const handle = (message: Received, lost = new AbortController().signal) => {
    const state = { result: "pending" as unknown };
    const result = handler(message, lost).then(
      () => (state.result = "acked"),
      (error: unknown) => (state.result = error),
    );
    return Object.assign(state, { ended: result });
  };
  const end = async (id: string, error?: unknown): Promise<void> => {
    if (error === undefined) ends.get(id)?.resolve(undefined);
    else ends.get(id)?.reject(error);
    await turn();
  };
  const stop = (): void => {
    clock.isStopping = true;
    free.dismiss();
  };
  return { handle, began, crashes, end, stored, storage, clock, inFlight, stop };
}

describe("A consumer of packs", () => {
  it("handles the members in order as slots are free, and acks the pack when the last is settled", async () => {
    const { handle, began, end } = setUp(2);
    const pack = handle(packed(["a", "b", "c"]));
    await turn();
    assert.deepEqual(began, ["a", "b"]);
    await end("b");
    assert.deepEqual(began, ["a", "b", "c"]);
    await end("c");
    assert.equal(pack.result, "pending");
    await end("a");
    assert.equal(pack.result, "acked");
  });

  it("counts single messages and members together", async () => {
    const { handle, began, end } = setUp(2);
    void handle({ ...member("single"), crashes: 0 });
    void handle(packed(["a", "b"]));
    await turn();
    assert.deepEqual(began, ["single", "a"]);
    await end("single");
    assert.deepEqual(began, ["single", "a", "b"]);
  });

  it("counts the bytes of the members that wait", async () => {
    const { handle, end, inFlight } = setUp(1);
    const bytes = member("a").body.length;
    const pack = handle(packed(["a", "b", "c"]));
    await turn();
    assert.equal(inFlight.usedBytes, 2 * bytes);
    await end("a");
    assert.equal(inFlight.usedBytes, bytes);
    await end("b");
    await end("c");
    assert.equal(inFlight.usedBytes, 0);
    assert.equal(pack.result, "acked");
  });

  it("stores a member alone that fails, and handles its neighbours once", async () => {
    const { handle, began, end, stored } = setUp(3);
    const pack = handle(packed(["a", "b", "c"]));
    await turn();
    await end("a");
    await end("b", new Error("a defect"));
    await end("c");
    assert.equal(pack.result, "acked");
    assert.deepEqual(stored, [member("b")]);
    assert.deepEqual(began, ["a", "b", "c"]);
  });

  it("gives a pack back whose failed member is not stored, and then handles that member only", async () => {
    const { handle, began, end, storage } = setUp(3);
    storage.refuses = true;
    const first = handle(packed(["a", "b", "c"]));
    await turn();
    await end("a");
    await end("b", new Error("a defect"));
    await end("c");
    assert.match(String(first.result), /not stored/);
    const second = handle(packed(["a", "b", "c"], "pack", 1));
    await turn();
    assert.deepEqual(began, ["a", "b", "c", "b"]);
    await end("b");
    assert.equal(second.result, "acked");
  });

  it("begins no member of a pack that is lost, and handles what was not settled when the pack comes again", async () => {
    const { handle, began, end, inFlight } = setUp(2);
    const connection = new AbortController();
    const lost = handle(packed(["a", "b", "c", "d"]), connection.signal);
    await turn();
    await end("a");
    assert.deepEqual(began, ["a", "b", "c"]);
    connection.abort();
    await turn();
    assert.equal(lost.result, "pending", "the calls of b and c go on");
    const again = handle(packed(["a", "b", "c", "d"], "pack", 1));
    await turn();
    assert.deepEqual(began, ["a", "b", "c"]);
    await end("b");
    await end("c");
    assert.equal(lost.result, connection.signal.reason);
    assert.deepEqual(began, ["a", "b", "c", "d"]);
    await end("d");
    assert.equal(again.result, "acked");
    assert.equal(inFlight.usedBytes, 0);
  });

  it("does not store a member that was lost before its call began: the broker hands its pack out again", async () => {
    const { handle, end, stored } = setUp(2);
    const connection = new AbortController();
    const pack = handle(packed(["a", "b"]), connection.signal);
    await turn();
    connection.abort();
    await end("a", connection.signal.reason);
    await end("b");
    assert.equal(pack.result, connection.signal.reason);
    assert.deepEqual(stored, []);
  });

  it("handles each of two members that have one id", async () => {
    const { handle, began, end } = setUp(1);
    const pack = handle(packed(["a", "a"]));
    await turn();
    await end("a");
    assert.deepEqual(began, ["a", "a"]);
    await end("a");
    assert.equal(pack.result, "acked");
  });

  it("does not handle members again of a pack whose ack was lost", async () => {
    const { handle, began, end } = setUp(2);
    const first = handle(packed(["a", "b"]));
    await turn();
    await end("a");
    await end("b");
    const again = handle(packed(["a", "b"], "pack", 1));
    await turn();
    assert.deepEqual([first.result, again.result], ["acked", "acked"]);
    assert.deepEqual(began, ["a", "b"]);
  });

  it("remembers a thousand packs", async () => {
    const { handle, began, end } = setUp(2);
    for (const id of Array.from({ length: 1_001 }, (_, index) => `${index}`)) {
      const result = handle(packed([`a-${id}`, `b-${id}`], id));
      await turn();
      await end(`a-${id}`);
      await end(`b-${id}`);
      assert.equal(result.result, "acked");
    }
    const before = began.length;
    void handle(packed(["a-1000", "b-1000"], "1000", 1));
    void handle(packed(["a-0", "b-0"], "0", 1));
    await turn();
    assert.deepEqual(began.slice(before), ["a-0", "b-0"]);
  });

  it("handles the same deliveries in another pack", async () => {
    const { handle, began, end } = setUp(2);
    void handle(packed(["a", "b"], "put"));
    await turn();
    await end("a");
    await end("b");
    void handle(packed(["a", "b"], "redriven"));
    await turn();
    assert.deepEqual(began, ["a", "b", "a", "b"]);
  });

  it("stores members alone whose turn does not come within two minutes", async () => {
    const { handle, began, end, stored, clock } = setUp(1);
    const pack = handle(packed(["a", "b", "c", "d"]));
    await turn();
    clock.nowMs = 119_999;
    await end("a");
    assert.deepEqual(began, ["a", "b"]);
    clock.nowMs = 120_000;
    await end("b");
    assert.deepEqual(stored, [member("c"), member("d")]);
    assert.equal(pack.result, "acked");
    const next = handle(packed(["e"], "next"));
    await turn();
    await end("e");
    assert.equal(next.result, "acked");
  });

  it("stores members alone that have not begun when it stops", async () => {
    const { handle, began, end, stored, stop } = setUp(1);
    const pack = handle(packed(["a", "b", "c"]));
    await turn();
    stop();
    await turn();
    assert.deepEqual(stored, [member("b"), member("c")]);
    const later = handle(packed(["d", "e"], "later"));
    await turn();
    assert.equal(later.result, "acked");
    assert.deepEqual(stored.slice(2), [member("d"), member("e")]);
    await end("a");
    assert.equal(pack.result, "acked");
    assert.deepEqual(began, ["a"]);
  });

  it("counts the bytes of what it has not stored yet", async () => {
    const { handle, end, inFlight, stop, storage } = setUp(1);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    storage.isDown = promise.then(() => undefined);
    void handle(packed(["a", "b", "c"]));
    void handle({ ...member("d"), crashes: 0 });
    await turn();
    stop();
    await end("a");
    assert.equal(inFlight.usedBytes, 3 * member("a").body.length);
    resolve(undefined);
    await turn();
    assert.equal(inFlight.usedBytes, 0);
  });

  it("stores a single message alone that waits for a slot when it stops: given back, it would count as crashed", async () => {
    const { handle, began, end, stored, stop } = setUp(1);
    const pack = handle(packed(["a", "b"]));
    const single = handle({ ...member("single"), crashes: 0 });
    await turn();
    stop();
    await turn();
    assert.equal(single.result, "acked");
    assert.deepEqual(stored, [member("b"), member("single")]);
    await end("a");
    assert.equal(pack.result, "acked");
    assert.deepEqual(began, ["a"]);
  });

  it("stores a single message alone whose turn does not come within two minutes", async () => {
    const { handle, began, end, stored, clock } = setUp(1);
    void handle(packed(["a"]));
    const single = handle({ ...member("single"), crashes: 0 });
    await turn();
    clock.nowMs = 120_000;
    await end("a");
    assert.equal(single.result, "acked");
    assert.deepEqual(stored, [member("single")]);
    void handle({ ...member("next"), crashes: 0 });
    assert.deepEqual(began, ["a", "next"]);
  });

  it("does not begin a single message that is lost while it waits, and keeps no slot for it", async () => {
    const { handle, began, end, stored } = setUp(1);
    const connection = new AbortController();
    void handle(packed(["a"]));
    const single = handle({ ...member("single"), crashes: 0 }, connection.signal);
    await turn();
    connection.abort();
    await turn();
    assert.equal(single.result, connection.signal.reason);
    await end("a");
    void handle({ ...member("next"), crashes: 0 });
    assert.deepEqual(began, ["a", "next"]);
    assert.deepEqual(stored, []);
  });

  it("gives the members of a pack that it had before the crashes that the pack had then: this router did not die", async () => {
    const { handle, began, crashes, end } = setUp(1);
    const connection = new AbortController();
    void handle(packed(["a", "b"]), connection.signal);
    await turn();
    connection.abort();
    await end("a");
    const again = handle(packed(["a", "b"], "pack", 1));
    await turn();
    await end("b");
    assert.equal(again.result, "acked");
    void handle(packed(["c", "d"], "of a router that died", 1));
    await turn();
    assert.deepEqual(began, ["a", "b", "c"]);
    assert.deepEqual(crashes, [0, 0, 1]);
  });

  it("takes a message for what it is when it is no pack that can be opened", async () => {
    const { handle, began, end } = setUp(1);
    const broken = { ...packed(["a", "b"]), body: Buffer.from("broken") };
    const result = handle(broken);
    await turn();
    await end("pack");
    assert.deepEqual(began, ["pack"]);
    assert.equal(result.result, "acked");
  });
});
