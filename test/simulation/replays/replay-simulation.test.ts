import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { firstViolation } from "../violation.ts";
import { REPLAY_DEFECTS } from "./defects.ts";
import { simulateReplays } from "./replay-simulation.ts";

const SEEDS = 80;
/** In how many seeds a defect must show. */
const SEEDS_TO_FIND = 100;

describe("Simulated routers that replay one archive", () => {
  it(`keep every promise through ${SEEDS} seeds of faults`, async () => {
    const sums = { ended: 0, stored: 0, repeated: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { ended, stored, repeated } = await simulateReplays({ seed });
      sums.ended += ended;
      sums.stored += stored;
      sums.repeated += repeated;
    }
    // A simulation in which nothing happens keeps every promise too.
    assert.ok(sums.ended > SEEDS * 2, `${sums.ended} ended`);
    assert.ok(sums.stored > SEEDS * 50, `${sums.stored} stored`);
    assert.ok(sums.repeated > SEEDS, `${sums.repeated} repeated`);
  });

  it("come to the same end, step by step, when a seed is run again", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const first = await simulateReplays({ seed });
      assert.deepEqual(await simulateReplays({ seed }), first);
      assert.notEqual((await simulateReplays({ seed: seed + 1_000 })).hash, first.hash);
    }
  });

  for (const [name, defect] of Object.entries(REPLAY_DEFECTS)) {
    it(`are seen to break a promise when a router ${name}`, async () => {
      const violation = await firstViolation((seed) => simulateReplays({ seed, defect }), SEEDS_TO_FIND);
      assert.match(
        violation?.message ?? "",
        /^seed \d+: .+\nreplay it with: /,
        `${SEEDS_TO_FIND} seeds did not find it`,
      );
    });
  }
});
