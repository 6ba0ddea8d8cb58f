import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Batcher } from "../../../src/collections/batcher.ts";

const LIMITS = { itemsMax: 3, bytesMax: 100, windowMs: 1_000 };

function itemsOf(batches: readonly { readonly items: readonly string[] }[]) {
  return batches.map(({ items }) => items.join(""));
}

describe("A batcher", () => {
  it("completes a batch with the item that fills it, and begins the next", () => {
    const batcher = new Batcher<string>(LIMITS);
    assert.deepEqual(itemsOf(batcher.add("a", 1, 0)), []);
    assert.deepEqual(itemsOf(batcher.add("b", 1, 0)), []);
    assert.equal(batcher.room, 1);
    assert.deepEqual(batcher.add("c", 1, 0), [{ items: ["a", "b", "c"], bytes: 3, sinceMs: 0 }]);
    assert.ok(batcher.isEmpty);
    assert.equal(batcher.room, 3);
  });

  it("completes a batch before an item that would make it too long, and with one that makes it just as long", () => {
    const batcher = new Batcher<string>(LIMITS);
    batcher.add("a", 60, 0);
    assert.deepEqual(itemsOf(batcher.add("b", 41, 0)), ["a"]);
    assert.deepEqual(itemsOf(batcher.add("c", 59, 0)), ["bc"]);
  });

  it("has an item that is too long by itself in a batch of its own, after those before it", () => {
    const batcher = new Batcher<string>(LIMITS);
    batcher.add("a", 1, 0);
    assert.deepEqual(itemsOf(batcher.add("b", 500, 0)), ["a", "b"]);
    assert.ok(batcher.isEmpty);
  });

  it("counts the window from the first item of each batch", () => {
    const batcher = new Batcher<string>(LIMITS);
    assert.equal(batcher.dueAtMs, undefined);
    batcher.add("a", 60, 100);
    batcher.add("b", 1, 900);
    assert.equal(batcher.dueAtMs, 1_100);
    assert.equal(batcher.due(1_099), undefined);
    assert.deepEqual(batcher.due(1_100), { items: ["a", "b"], bytes: 61, sinceMs: 100 });
    assert.equal(batcher.due(1_100), undefined);
    batcher.add("c", 60, 2_000);
    batcher.add("d", 60, 2_500);
    assert.equal(batcher.dueAtMs, 3_500);
  });

  it("gives what it has when it is asked", () => {
    const batcher = new Batcher<string>(LIMITS);
    assert.equal(batcher.take(), undefined);
    batcher.add("a", 1, 0);
    assert.deepEqual(batcher.take()?.items, ["a"]);
    assert.equal(batcher.take(), undefined);
  });
});
