import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { turn, world } from "./batch-world.ts";

const NEVER = new AbortController().signal;

describe("Batched calls", () => {
  it("begin when a batch is full, and when its window is over", async () => {
    const { calls, hand, pass, running, settled } = world();
    hand("a1 a2 a3 a4");
    await turn();
    assert.deepEqual(calls, ["a1 a2 a3: full"]);
    await pass(9_999);
    assert.equal(calls.length, 1);
    await pass(1);
    assert.deepEqual(calls.slice(1), ["a4: window"]);
    running[1]?.resolve(undefined);
    await turn();
    assert.deepEqual(settled, ["a4"], "a message is settled with its own call");
  });

  it("without a window have what came in one turn", async () => {
    const { calls, hand } = world({ batch: { windowSeconds: 0 } });
    hand("a1 a2");
    await turn();
    assert.deepEqual(calls, ["a1 a2: window"]);
  });

  it("have events of one group", async () => {
    const { calls, hand } = world({ batch: { groupBy: "$.detail.key" } });
    hand("a1 b1 a2 b2 a3 b3");
    await turn();
    assert.deepEqual(calls, ["a1 a2 a3: full", "b1 b2 b3: full"]);
  });

  it("have events of one version, also where their target named another before", async () => {
    const { calls, give } = world({ batch: { windowSeconds: 0 } });
    for (const [id, qualifier] of [
      ["a1", "1"],
      ["a2", "2"],
      ["a3", "1"],
    ] as const)
      give({ id, qualifier });
    await turn();
    assert.deepEqual(calls.toSorted(), ["a1 a3: window", "a2: window"]);
  });

  it("wait for a slot of the function, while others join them", async () => {
    const { calls, hand, pass, running } = world({ batch: { windowSeconds: 0 }, concurrency: 1 });
    hand("a1");
    await turn();
    hand("a2");
    await pass(1);
    hand("a3");
    await pass(1);
    assert.deepEqual(calls, ["a1: window"]);
    running[0]?.resolve(undefined);
    await turn();
    assert.deepEqual(calls.slice(1), ["a2 a3: window"]);
  });

  it("are not made for messages that are lost meanwhile, and those are not settled", async () => {
    const { calls, hand, pass, settled } = world();
    const lost = new AbortController();
    hand("a1", lost.signal);
    hand("a2");
    lost.abort(new Error("the connection is lost"));
    await pass(10_000);
    assert.deepEqual(calls, ["a2: window"]);
    assert.deepEqual(settled, ["a1 Error: the connection is lost"]);
  });

  it("are not begun by messages that were lost, which come again", async () => {
    const { calls, hand, pass } = world();
    const lost = new AbortController();
    hand("a1 a2", lost.signal);
    lost.abort(new Error("the connection is lost"));
    hand("a1 a2");
    await pass(9_999);
    assert.deepEqual(calls, [], "two of three are here");
    await pass(1);
    assert.deepEqual(calls, ["a1 a2: window"]);
  });

  it("give back what they have collected when the function is paused", async () => {
    const { callee, calls, givenBack, hand, settled } = world();
    hand("a1 a2");
    await turn();
    callee.pause(true);
    await turn();
    assert.deepEqual([givenBack, settled, calls], [["a1", "a2"], ["a1", "a2"], []]);
  });

  it("give back a batch that has no slot for ten minutes", async () => {
    const { calls, givenBack, hand, pass } = world({ concurrency: 1 });
    hand("a1 a2 a3 b1 b2 b3");
    await turn();
    await pass(599_999);
    assert.deepEqual(givenBack, []);
    await pass(1);
    assert.deepEqual([calls, givenBack], [["a1 a2 a3: full"], ["b1", "b2", "b3"]]);
  });

  it("hold more messages where all that are held wait for more", async () => {
    const { batched, calls, hand, windows } = world({ batch: { size: 100 }, window: 8 });
    hand("a1 a2 a3 a4 a5 a6 a7 a8");
    await turn();
    assert.deepEqual([windows, calls], [[32], []]);
    assert.equal(batched.window, 32);
  });

  it("are made early where memory is short", async () => {
    const { batched, calls, hand, memory } = world({ batch: { groupBy: "$.detail.key" } });
    hand("b1 a1 a2");
    await turn();
    memory.isFull = true;
    batched.changed();
    await turn();
    assert.deepEqual(calls, ["b1: room", "a1 a2: room"]);
  });

  it("are made early where what is held is long together", async () => {
    const { calls, hand, windows } = world({ batch: { size: 100, groupBy: "$.detail.key" } });
    hand("a1 b1 c1 d1 e1 f1", NEVER, 6_000_000);
    await turn();
    assert.deepEqual(calls, ["a1: room", "b1: room", "c1: room", "d1: room"], "half of them, and then no more");
    assert.deepEqual(windows, [50], "it holds half as many from now on");
  });

  it("leave what is no delivery with batches to be handled by itself", async () => {
    const { alone, calls, hand, settled } = world({ batch: { size: 1 } });
    hand("-1 a1");
    await turn();
    assert.deepEqual([alone, calls, settled], [["-1"], ["a1: full"], ["-1"]]);
  });
});
