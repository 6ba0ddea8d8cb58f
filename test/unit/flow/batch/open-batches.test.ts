import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BatchLimits } from "../../../../src/collections/batcher.ts";
import type { EndedBatch } from "../../../../src/flow/batch/open-batches.ts";
import { OpenBatches } from "../../../../src/flow/batch/open-batches.ts";

const LIMITS: BatchLimits = { itemsMax: 3, bytesMax: 100, windowMs: 1_000 };

function collected(
  items: readonly { target?: string; group?: string; item: string; bytes?: number; atMs?: number; windowMs?: number }[],
): OpenBatches<string> {
  const open = new OpenBatches<string>();
  for (const { target = "t", group = "g", item, bytes = 1, atMs = 0, windowMs = 1_000 } of items)
    open.add({ target, group, limits: { ...LIMITS, windowMs } }, item, bytes, atMs);
  return open;
}

function shown(batch: EndedBatch<string> | undefined): string | undefined {
  return batch && `${batch.items.join("")} ${batch.end}`;
}

describe("The batches that are open", () => {
  it("are full with as many items as one may have, or as many bytes", () => {
    const open = collected(["a", "b", "c", "d"].map((item) => ({ item })));
    assert.equal(shown(open.takeReady(0)), "abc full");
    assert.equal(open.takeReady(0), undefined);

    const long = collected([
      { item: "a", bytes: 60 },
      { item: "b", bytes: 60 },
    ]);
    assert.equal(shown(long.takeReady(0)), "a full", "the second one begins a batch of its own");
    assert.equal(long.takeReady(999), undefined);
    assert.equal(shown(long.takeReady(1_000)), "b window");
    assert.equal(long.isEmpty, true);
  });

  it("forget what is lost, with its bytes and with batches that have nothing else", () => {
    const items = [
      { item: "a", bytes: 60 },
      { item: "b", bytes: 30 },
      { item: "c", group: "other" },
      { item: "D", group: "full", bytes: 99 },
      { item: "e", group: "full", bytes: 99 },
    ];
    const open = collected(items);
    open.keep((item) => item === "b");
    open.add({ target: "t", group: "g", limits: LIMITS }, "f", 60, 500);
    assert.equal(open.takeReady(999), undefined, "what is lost fills no batch");
    assert.equal(shown(open.takeReady(1_000)), "bf window");
    assert.equal(open.isEmpty, true);
  });

  it("have items of one target and one group each", () => {
    const open = collected([
      { item: "a", group: "x" },
      { item: "b", group: "y" },
      { item: "c", group: "x" },
      { item: "d", group: "x", target: "other" },
    ]);
    const all = [1, 2, 3, 4].map(() => shown(open.takeReady(1_000)));
    assert.deepEqual(all, ["ac window", "b window", "d window", undefined]);
  });

  it("end with their windows, however long those of other targets are", () => {
    const open = collected([
      { item: "a", target: "slow", windowMs: 5_000 },
      { item: "b", atMs: 100 },
    ]);
    assert.equal(open.dueAtMs, 1_100);
    assert.equal(open.isReady(1_099), false);
    assert.equal(open.isReady(1_100), true);
    assert.equal(shown(open.takeReady(1_100)), "b window");
    assert.equal(open.dueAtMs, 5_000);
  });

  it("a batch that begins after a full one of its group has its own window", () => {
    const open = collected([
      ...["a", "b", "c"].map((item) => ({ item, atMs: 0 })),
      { item: "x", group: "other", atMs: 100 },
      { item: "d", atMs: 200 },
    ]);
    assert.equal(shown(open.takeReady(200)), "abc full");
    assert.equal(open.dueAtMs, 1_100);
    assert.equal(shown(open.takeReady(1_100)), "x window");
    assert.equal(open.dueAtMs, 1_200);
  });

  it("where room is needed, the one that began first ends", () => {
    const open = collected([
      { item: "a", group: "x", atMs: 5 },
      { item: "b", group: "y", target: "other", atMs: 3 },
      { item: "c", group: "x", atMs: 6 },
    ]);
    assert.equal(open.sinceMs, 3);
    assert.deepEqual(
      [shown(open.takeOldest()), shown(open.takeOldest()), shown(open.takeOldest())],
      ["b room", "ac room", undefined],
    );
    assert.equal(open.isEmpty, true);
  });
});
