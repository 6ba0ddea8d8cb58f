import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { firstViolation } from "../violation.ts";
import { HOLD_DEFECTS } from "./defects.ts";
import { simulateHolds } from "./hold-simulation.ts";

const SEEDS = 40;
/** In how many seeds a defect must show. */
const SEEDS_TO_FIND = 60;

describe("Simulated routers that hold the messages of one queue", () => {
  it(`keep every promise through ${SEEDS} seeds of faults`, async () => {
    const sums = { received: 0, deleted: 0, hidden: 0, moved: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulateHolds({ seed });
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    }
    // A simulation in which nothing happens keeps every promise too.
    for (const [what, count] of Object.entries(sums)) assert.ok(count > SEEDS, `${what}: ${count}`);
  });

  it("come to the same end, step by step, when a seed is run again", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const first = await simulateHolds({ seed });
      assert.deepEqual(await simulateHolds({ seed }), first);
      assert.notEqual((await simulateHolds({ seed: seed + 1_000 })).hash, first.hash);
    }
  });

  for (const [name, defect] of Object.entries(HOLD_DEFECTS)) {
    it(`are seen to break a promise when a router ${name}`, async () => {
      const violation = await firstViolation((seed) => simulateHolds({ seed, defect }), SEEDS_TO_FIND);
      assert.match(
        violation?.message ?? "",
        /^seed \d+: .+\nreplay it with: /,
        `${SEEDS_TO_FIND} seeds did not find it`,
      );
    });
  }
});
