import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JournalConfig } from "../../../../src/domain/journal/journal-config.ts";
import type { JournalRecord } from "../../../../src/domain/journal/records.ts";
import { Journal } from "../../../../src/edge/journal/journal.ts";

const WINDOW_MS = 1_000;
const BODY_BYTES_MAX = 16 * 1024;
const CONFIG: JournalConfig = {
  bodies: "all",
  fields: [],
  redact: { keys: ["token"], paths: [], with: "mask" },
  bytesPerSecondMax: 10_000,
  bytesMax: 1,
  ageMsMax: 1,
};

/** A journal whose frames a broker takes when the test says so. */
function started(t: TestContext, changes: Partial<JournalConfig> = {}) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const counts = { stored: 0, full: 0, sampled: 0 };
  const held: (() => void)[] = [];
  const state = { isHolding: false };
  const sum = (all: ReadonlyMap<string, number>): number => [...all.values()].reduce((a, b) => a + b, 0);
  const journal = new Journal({
    router: "router-1",
    nowMs: () => 5_000,
    onStored: (records) => (counts.stored += sum(records)),
    onLost: (reason, records) => {
      if (reason === "full" || reason === "sampled") counts[reason] += sum(records);
    },
    onSampling: () => undefined,
  });
  const append = (): Promise<void> =>
    state.isHolding ? new Promise((resolve) => held.push(resolve)) : Promise.resolve();
  journal.writeTo({ append, close: () => Promise.resolve() });
  journal.follow({ ...CONFIG, ...changes });
  const release = (): void => {
    for (const resolve of held.splice(0)) resolve();
  };
  return { journal, counts, state, release };
}

/** A record of some 1,000 bytes that no sampling leaves out. */
const LINE: JournalRecord = {
  kind: "output",
  atMs: 1,
  function: "f",
  stream: "stdout",
  line: "x".repeat(980),
  deliveryId: undefined,
  logStream: undefined,
};

function write(journal: Journal, times: number): void {
  for (let n = 0; n < times; n++) journal.write(LINE);
}

const listOf = (items: number, item: string): Buffer => Buffer.from(`[${Array<string>(items).fill(item).join(",")}]`);

describe("The bounds of the journal", () => {
  it("are 16 KiB for a body, before it is redacted and after", (t) => {
    const { journal } = started(t);
    const fits = Buffer.from(JSON.stringify("y".repeat(BODY_BYTES_MAX - 2)));
    assert.ok(journal.kept(fits, false)?.equals(fits));
    const long = Buffer.from(JSON.stringify("y".repeat(BODY_BYTES_MAX - 1)));
    // It would be short without its secret.
    const secret = Buffer.from(JSON.stringify({ token: "y".repeat(BODY_BYTES_MAX) }));
    const growing = listOf(1_200, '{"token":1}');
    assert.ok(growing.length < BODY_BYTES_MAX);
    for (const [what, body] of Object.entries({ long, secret, growing }))
      for (const hasFailed of [true, false]) assert.ok(journal.kept(body, hasFailed) === undefined, what);
    assert.equal(journal.kept(listOf(2, '{"token":1}'), false)?.toString(), '[{"token":"***"},{"token":"***"}]');
  });

  it("are four times its budget within a second, and begin anew with the next", (t) => {
    const { journal, counts } = started(t);
    write(journal, 100);
    assert.ok(counts.full >= 58 && counts.full <= 61, `${counts.full} are lost`);
    t.mock.timers.tick(WINDOW_MS);
    const before = counts.full;
    write(journal, 10);
    assert.equal(counts.full, before);
  });

  it("leave out all but a share of the events that succeed after seconds of too much, and all of a way alike", (t) => {
    const { journal, counts } = started(t);
    for (let second = 0; second < 3; second++) {
      write(journal, 20);
      t.mock.timers.tick(WINDOW_MS);
    }
    const ids = Array.from({ length: 1_000 }, (_, n) => `e-${n}`);
    const kept = ids.filter((id) => journal.keeps(id, "event"));
    assert.ok(kept.length > 150 && kept.length < 350, `${kept.length} of 1,000 are kept, and a quarter is due`);
    assert.equal(counts.sampled, 1_000 - kept.length);
    assert.deepEqual(
      ids.filter((id) => journal.keeps(id, "attempt")),
      kept,
    );
    assert.equal(journal.keeps(undefined, "attempt"), false);
  });

  it("are a MiB on its way, and there is room again when the broker has taken it", async (t) => {
    const { journal, counts, state, release } = started(t, { bytesPerSecondMax: 1e9 });
    state.isHolding = true;
    write(journal, 2_000);
    const lost = counts.full;
    assert.ok(lost > 500, `${lost} are lost`);
    state.isHolding = false;
    release();
    await nextTurn();
    const before = counts.stored;
    write(journal, 100);
    await journal.end();
    assert.equal(counts.full, lost);
    assert.ok(counts.stored >= before + 100);
  });

  it("end when the last frame is confirmed", async (t) => {
    const { journal, state, release } = started(t);
    state.isHolding = true;
    write(journal, 1);
    let hasEnded = false;
    const ending = journal.end().then(() => (hasEnded = true));
    await nextTurn();
    assert.equal(hasEnded, false);
    release();
    await ending;
  });
});
