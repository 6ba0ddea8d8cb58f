import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { STORE_DEFECTS } from "./defects.ts";
import { simulateStore } from "./store-simulation.ts";
import { firstViolation } from "../violation.ts";

const SEEDS = 300;
/** In how many seeds a defect must show. */
const SEEDS_TO_FIND = 100;

describe("Simulated routers that change and follow one store", () => {
  it(`keep every promise through ${SEEDS} seeds of faults`, async () => {
    const answers = new Map<string, number>();
    let commits = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulateStore({ seed });
      commits += result.commits;
      for (const [answer, count] of Object.entries(result.answers))
        answers.set(answer, (answers.get(answer) ?? 0) + count);
    }
    // A simulation in which nothing happens keeps every promise too.
    assert.ok(commits > SEEDS * 10, `${commits} commits`);
    for (const answer of ["ok", "store", "not-in-force"])
      assert.ok((answers.get(answer) ?? 0) > SEEDS / 10, `${answer}: ${answers.get(answer) ?? 0}`);
  });

  it("come to the same end, step by step, when a seed is run again", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const first = await simulateStore({ seed });
      assert.deepEqual(await simulateStore({ seed }), first);
      assert.notEqual((await simulateStore({ seed: seed + 1_000 })).hash, first.hash);
    }
  });

  for (const [name, defect] of Object.entries(STORE_DEFECTS)) {
    it(`are seen to break a promise when a router ${name}`, async () => {
      const violation = await firstViolation((seed) => simulateStore({ seed, defect }), SEEDS_TO_FIND);
      assert.match(
        violation?.message ?? "",
        /^seed \d+: .+\nreplay it with: /,
        `${SEEDS_TO_FIND} seeds did not find it`,
      );
    });
  }
});
