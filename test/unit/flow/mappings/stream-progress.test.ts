import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LaneRecord, LaneSettings } from "../../../../src/flow/mappings/stream/stream-lane.ts";
import { StreamProgress } from "../../../../src/flow/mappings/stream/stream-progress.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

interface Case {
  readonly keys: readonly number[];
  readonly lanes: number;
  readonly batchSize: number;
  readonly bisects: boolean;
  readonly retriesMax: number;
  readonly chances: readonly number[];
}

const cases = fc.record({
  keys: fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }),
  lanes: fc.integer({ min: 1, max: 10 }),
  batchSize: fc.integer({ min: 1, max: 8 }),
  bisects: fc.boolean(),
  retriesMax: fc.constantFrom(0, 1, 3, Infinity),
  /** What becomes of each call, and what happens in between; the last ones succeed. */
  chances: fc.array(fc.nat(99), { maxLength: 120 }),
});

/** Reads and calls by chance, and remembers how each record was finished. */
class Run {
  readonly finished: number[] = [];
  readonly #given: Case;
  readonly #progress: StreamProgress;
  readonly #chances: number[];
  #nowMs = 0;
  #read = 0;

  constructor(given: Case) {
    this.#given = given;
    this.#chances = [...given.chances];
    const { lanes, batchSize, bisects, retriesMax } = given;
    const settings: LaneSettings = {
      batchSize,
      bisects,
      retriesMax,
      batchBytesMax: Infinity,
      batchWindowMs: 0,
      ageMsMax: Infinity,
      tumblingWindowMs: 0,
    };
    this.#progress = new StreamProgress(settings, lanes, 0);
  }

  end(): void {
    for (let turns = 0; this.finished.length < this.#given.keys.length; turns++) {
      assert.ok(turns < 10_000, "every record is finished in the end");
      if (this.#read < this.#given.keys.length && this.#chance() % 2 === 0)
        this.#progress.add(this.#record(this.#read++));
      else this.#work();
      this.#checkMark();
      this.#nowMs += 100_000;
    }
    assert.equal(this.#progress.finished, this.#given.keys.length);
    assert.equal(this.#progress.bytes, 0);
  }

  #work(): void {
    const lane = this.#progress.lanes[this.#chance() % this.#progress.lanes.length]!;
    const step = lane.next(this.#nowMs);
    if (step.kind === "wait") return;
    const places = step.records.map(({ offset }) => offset);
    if (step.kind === "give-up") {
      this.finished.push(...places);
      return lane.gaveUp();
    }
    const chance = this.#chance();
    if (chance >= 60) {
      this.finished.push(...places);
      return lane.called({ kind: "done" }, this.#nowMs);
    }
    if (chance >= 40) return lane.called({ kind: "failed" }, this.#nowMs);
    if (chance >= 30) return lane.called({ kind: "unreached" }, this.#nowMs);
    const at = chance % places.length;
    this.finished.push(...places.slice(0, at));
    lane.called({ kind: "failed-from", offset: places[at]! }, this.#nowMs);
  }

  #checkMark(): void {
    const done = new Set(this.finished);
    const mark = this.#progress.finished ?? 0;
    assert.ok(mark <= this.#read);
    for (let offset = 0; offset < mark; offset++) assert.ok(done.has(offset), `${offset} is behind the mark ${mark}`);
    if (mark < this.#read) assert.ok(!done.has(mark), `${mark} is finished, and holds the mark back`);
  }

  #record(offset: number): LaneRecord {
    const partitionKey = `key-${this.#given.keys[offset]!}`;
    return { offset, atMs: 0, partitionKey, json: "{}", bytes: 7, readAtMs: this.#nowMs };
  }

  #chance(): number {
    return this.#chances.shift() ?? 60 + (Math.floor(this.#nowMs / 100_000) % 40);
  }
}

describe("The progress of a stream's reader", () => {
  it("finishes every record once, those of a key in order, and marks nothing that is not finished", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const run = new Run(given);
        run.end();
        assert.equal(new Set(run.finished).size, given.keys.length, "each once");
        for (const key of new Set(given.keys)) {
          const ofKey = run.finished.filter((offset) => given.keys[offset] === key);
          assert.deepEqual(
            ofKey,
            ofKey.toSorted((one, other) => one - other),
          );
        }
      }),
      propertyRuns(1_000),
    );
  });
});
