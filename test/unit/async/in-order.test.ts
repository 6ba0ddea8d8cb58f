import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InOrder } from "../../../src/async/in-order.ts";

interface Work {
  readonly done: Promise<string>;
  readonly end: (result: string) => void;
  readonly fail: (error: Error) => void;
}

function works(count: number): readonly [Work, Work, Work, Work] {
  const all = Array.from({ length: count }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    return { done: promise, end: resolve, fail: reject };
  });
  return all as unknown as readonly [Work, Work, Work, Work];
}

async function isOver(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([
    promise.then(() => true),
    new Promise((resolve) => setImmediate(resolve, false)),
  ])) as boolean;
}

describe("work in order", () => {
  it("Results are handed over in the order in which work was added, whichever ends first", async () => {
    const results: string[] = [];
    const order = new InOrder<string>(3, (result) => results.push(result));
    const [a, b, c] = works(3);
    await order.add(a.done);
    await order.add(b.done);
    const third = order.add(c.done);
    c.end("c");
    b.end("b");
    assert.equal(await isOver(third), false, "there is room for two beside the oldest");
    assert.deepEqual(results, []);
    a.end("a");
    await third;
    assert.deepEqual(results, ["a"]);
    await order.ended();
    assert.deepEqual(results, ["a", "b", "c"]);
  });

  it("Nothing is handed over after a failure, and what goes on is waited for", async () => {
    const results: string[] = [];
    const order = new InOrder<string>(4, (result) => results.push(result));
    const [a, b, c] = works(3);
    for (const { done } of [a, b, c]) await order.add(done);
    a.end("a");
    b.fail(new Error("no"));
    await assert.rejects(order.ended(), /no/);
    const settled = order.settled();
    assert.equal(await isOver(settled), false, "one goes on");
    c.end("c");
    await settled;
    assert.deepEqual(results, ["a"]);
  });

  it("What ended well before a failure is handed over, whoever meets the failure", async () => {
    const results: string[] = [];
    const order = new InOrder<string>(4, (result) => results.push(result));
    const [a, b, c] = works(3);
    for (const { done } of [a, b, c]) await order.add(done);
    c.end("c");
    a.end("a");
    b.fail(new Error("no"));
    await order.settled();
    assert.deepEqual(results, ["a"]);
  });
});
