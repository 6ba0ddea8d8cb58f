import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FIRER_DEFECTS } from "./defects.ts";
import { simulateSchedules } from "./schedule-simulation.ts";
import { firstViolation } from "../violation.ts";

const SEEDS = 80;
/** In how many seeds a defect must show. */
const SEEDS_TO_FIND = 100;

describe("Simulated routers that fire the schedules of one store", () => {
  it(`keep every promise through ${SEEDS} seeds of faults`, async () => {
    const sums = { stored: 0, repeated: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { stored, repeated } = await simulateSchedules({ seed });
      sums.stored += stored;
      sums.repeated += repeated;
    }
    // A simulation in which nothing happens keeps every promise too.
    assert.ok(sums.stored > SEEDS * 10, `${sums.stored} stored`);
    assert.ok(sums.repeated > SEEDS / 10, `${sums.repeated} repeated`);
  });

  it("come to the same end, step by step, when a seed is run again", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const first = await simulateSchedules({ seed });
      assert.deepEqual(await simulateSchedules({ seed }), first);
      assert.notEqual((await simulateSchedules({ seed: seed + 1_000 })).hash, first.hash);
    }
  });

  for (const [name, defect] of Object.entries(FIRER_DEFECTS)) {
    it(`are seen to break a promise when a router ${name}`, async () => {
      const violation = await firstViolation((seed) => simulateSchedules({ seed, defect }), SEEDS_TO_FIND);
      assert.match(
        violation?.message ?? "",
        /^seed \d+: .+\nreplay it with: /,
        `${SEEDS_TO_FIND} seeds did not find it`,
      );
    });
  }
});
