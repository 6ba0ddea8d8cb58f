import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { codeIn, rowsOf, sectionOf } from "../support/docs/documentation.ts";
import { SABOTAGES } from "./sabotage.ts";
import { FAULTS } from "./faults.ts";
import { simulate } from "./simulation.ts";
import { firstViolation, Violation } from "./violation.ts";

const SEEDS = 250;
/** In how many seeds a defect must show. */
const SEEDS_TO_FIND = 200;

describe("A simulated pair of routers", () => {
  it(`keeps every promise through ${SEEDS} seeds of faults`, async () => {
    const sums = { accepted: 0, deliveries: 0, calls: 0, repeated: 0, parked: 0, redriven: 0, relayed: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulate({ seed });
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    }
    // A simulation in which nothing happens keeps every promise too.
    for (const [what, count] of Object.entries(sums)) assert.ok(count > SEEDS / 10, `${what}: ${count}`);
  });

  it("comes to the same end, step by step, when a seed is run again", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const first = await simulate({ seed });
      assert.deepEqual(await simulate({ seed }), first);
      assert.notEqual((await simulate({ seed: seed + 1_000 })).hash, first.hash);
    }
  });

  it("names the seed, and how to run it again, when a promise is broken", async () => {
    const sabotage = SABOTAGES["publishes twice"]!;
    await assert.rejects(
      async () => {
        for (let seed = 1; seed <= SEEDS_TO_FIND; seed++) await simulate({ seed, steps: 12, sabotage });
      },
      (error) => {
        assert.ok(error instanceof Violation);
        assert.match(error.message, /^seed (\d+): .+\nreplay it with: npm run simulate -- --seed \1 --steps 12$/);
        return true;
      },
    );
  });

  it("meets the faults that its page lists", () => {
    const rows = rowsOf(sectionOf("simulation.md", "## What runs"));
    const documented = rows.flatMap(([names = ""]) => codeIn(names));
    assert.deepEqual(documented.toSorted(), FAULTS.toSorted());
  });

  for (const [defect, sabotage] of Object.entries(SABOTAGES)) {
    it(`is seen to break a promise when it ${defect}`, async () => {
      const violation = await firstViolation((seed) => simulate({ seed, sabotage }), SEEDS_TO_FIND);
      assert.ok(violation, `${SEEDS_TO_FIND} seeds did not find it`);
    });
  }
});
