import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LOG_BYTES_MAX } from "../../../src/ports/broker/log.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { Pauses } from "../../../src/flow/pause/pauses.ts";
import { sampleConfig, sampleFunction } from "../../support/sample.ts";

/** A control log in memory, for any number of routers; records can be discarded, as a full log does. */
class MemoryLog {
  readonly records: Buffer[] = [];
  /** Of all records that were ever appended, with 256 bytes for what a broker stores besides. */
  bytes = 0;
  readonly #listeners: ((record: Buffer) => void)[] = [];
  failing = false;

  append(record: Buffer): Promise<void> {
    if (this.failing) return Promise.reject(new PublishError([{ index: 0, reason: "timeout" }]));
    this.records.push(record);
    this.bytes += record.length + 256;
    for (const listener of this.#listeners) listener(record);
    return Promise.resolve();
  }

  follow(listener: (record: Buffer) => void): Promise<void> {
    for (const record of this.records) listener(record);
    this.#listeners.push(listener);
    return Promise.resolve();
  }
}

const STOCK = { kind: "function", name: "stock" } as const;
const OTHER = { kind: "function", name: "other" } as const;

let ids = 0;

async function router(log: MemoryLog, changes: string[] = [], unreadable: string[] = []): Promise<Pauses> {
  const shared = new SharedLog(log, () => unreadable.push("unreadable"));
  const pauses = new Pauses({ log: shared, newId: () => `id-${++ids}`, nowMs: () => 1_790_000_000_000 });
  pauses.onChange((label) => changes.push(`${label} ${pauses.isPaused(label) ? "paused" : "resumed"}`));
  await shared.start();
  return pauses;
}

describe("Pauses", () => {
  it("a pause and its end hold on every router, also on one that starts later", async () => {
    const log = new MemoryLog();
    const changes: string[] = [];
    const [one, two] = [await router(log), await router(log, changes)];
    await one.pause(STOCK, { reason: "closed" });
    assert.deepEqual([one.isPaused("function/stock"), two.isPaused("function/stock")], [true, true]);
    const later = await router(log);
    const since = new Date(1_790_000_000_000).toISOString();
    assert.deepEqual(later.list(), [{ destination: "function/stock", configured: false, since, reason: "closed" }]);
    assert.ok(await two.resume(STOCK));
    assert.deepEqual(
      [one, two, later].map((each) => each.isPaused("function/stock")),
      [false, false, false],
    );
    assert.deepEqual(changes, ["function/stock paused", "function/stock resumed"]);
  });

  it("a router that starts notifies its listeners of what is paused, not of each past change", async () => {
    const log = new MemoryLog();
    const one = await router(log);
    for (let round = 0; round < 3; round++) {
      await one.pause(STOCK, {});
      await one.resume(STOCK);
    }
    await one.pause(OTHER, {});
    const changes: string[] = [];
    await router(log, changes);
    assert.deepEqual(changes, ["function/other paused"]);
  });

  it("a pause of the configuration ends only with the configuration", async () => {
    const changes: string[] = [];
    const pauses = await router(new MemoryLog(), changes);
    const config = (paused: boolean) => sampleConfig({ functions: [sampleFunction("stock", { paused })] });
    pauses.follow(config(true));
    pauses.follow(config(true));
    assert.deepEqual(pauses.list(), [{ destination: "function/stock", configured: true }]);
    assert.equal(await pauses.resume(STOCK), false);
    await pauses.pause(STOCK, { by: "ada" });
    pauses.follow(config(false));
    assert.ok(pauses.isPaused("function/stock"), "the pause over the API stays");
    assert.deepEqual(changes, ["function/stock paused"]);
    assert.ok(await pauses.resume(STOCK));
    assert.deepEqual(changes, ["function/stock paused", "function/stock resumed"]);
  });

  it("a record that is no pause is ignored, and reported once", async () => {
    const log = new MemoryLog();
    const good = { kind: "pause", id: "x", destination: "function/stock", paused: true, atMs: 1 };
    const wrong = [
      "no JSON",
      "[]",
      JSON.stringify({ ...good, kind: "rule" }),
      JSON.stringify({ ...good, destination: "queue/orders" }),
      JSON.stringify({ ...good, paused: "yes" }),
      JSON.stringify({ ...good, atMs: 1e300 }),
      JSON.stringify({ ...good, reason: "r".repeat(257) }),
      JSON.stringify({ ...good, by: "two\nlines" }),
    ];
    for (const text of wrong) await log.append(Buffer.from(text));
    const unreadable: string[] = [];
    const pauses = await router(log, [], unreadable);
    assert.deepEqual([pauses.list(), unreadable], [[], ["unreadable"]]);
    await log.append(Buffer.from(JSON.stringify(good)));
    assert.ok(pauses.isPaused("function/stock"));
  });

  it("a pause that cannot be stored rejects and changes nothing", async () => {
    const log = new MemoryLog();
    const pauses = await router(log);
    log.failing = true;
    await assert.rejects(pauses.pause(STOCK, {}), PublishError);
    assert.ok(!pauses.isPaused("function/stock"));
  });

  it("a pause outlives the part of the log that it was written to, by one copy for each sixteenth of the log", async () => {
    const log = new MemoryLog();
    const one = await router(log);
    await one.pause(STOCK, { reason: "for long" });
    while (log.bytes < LOG_BYTES_MAX / 4) {
      await one.pause(OTHER, { reason: "r".repeat(256) });
      await one.resume(OTHER);
    }
    const copies = log.records.filter((record) => record.includes('"renewed":true'));
    assert.ok(copies.length === 3 || copies.length === 4, `${copies.length} copies`);
    log.records.splice(0, log.records.length / 2);
    const later = await router(log);
    assert.deepEqual(
      later.list().map(({ destination, reason }) => [destination, reason]),
      [["function/stock", "for long"]],
    );
  });

  it("a copy of a pause that comes after its end does not pause again", async () => {
    const log = new MemoryLog();
    const pauses = await router(log);
    await pauses.pause(STOCK, {});
    const copy = { ...(JSON.parse(String(log.records[0])) as object), renewed: true };
    await pauses.resume(STOCK);
    await log.append(Buffer.from(JSON.stringify(copy)));
    assert.ok(!pauses.isPaused("function/stock"));
  });
});
