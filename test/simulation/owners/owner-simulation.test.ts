import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { ALL_OWNER_MUTANTS, OWNER_MUTANTS } from "./mutants.ts";
import { simulateOwners } from "./owner-simulation.ts";

const SEEDS = 25;
const IS_ALL = process.env["BUSBAR_TEST_ALL_DEFECTS"] === "true";
/** In how many seeds a defect must show. */
const SEEDS_TO_FIND = IS_ALL ? 300 : 60;
/** Of so many defects that show soon one is tried, each time others. With `BUSBAR_TEST_ALL_DEFECTS=true` all are, and the rare ones. */
const ONE_IN = IS_ALL ? 1 : 5;
const FIRST = Math.floor(Math.random() * ONE_IN);
const NAMES = Object.keys(IS_ALL ? ALL_OWNER_MUTANTS : OWNER_MUTANTS);

describe("Simulated routers of which one owns a FIFO queue", () => {
  it(`keep every promise through ${SEEDS} seeds of faults`, async () => {
    const sums = { deduplicated: 0, received: 0, deleted: 0, hidden: 0, takeovers: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulateOwners({ seed });
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    }
    // A simulation in which nothing happens keeps every promise too.
    for (const [what, count] of Object.entries(sums)) assert.ok(count > SEEDS, `${what}: ${count}`);
  });

  it("come to the same end, step by step, when a seed is run again", async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const first = await simulateOwners({ seed });
      assert.deepEqual(await simulateOwners({ seed }), first);
      assert.notEqual((await simulateOwners({ seed: seed + 1_000 })).hash, first.hash);
    }
  });

  for (const name of NAMES.filter((_, index) => index % ONE_IN === FIRST)) {
    it(`are seen to break a promise when a router ${name}`, async () => {
      const { code, stderr } = await simulateMutant(name);
      assert.match(stderr, /^seed \d+: .+\nreplay it with: /m, `${SEEDS_TO_FIND} seeds did not find it`);
      assert.equal(code, 1);
    });
  }
});

/** In a process of its own: this one has the sources as they are. */
function simulateMutant(name: string): Promise<{ code: unknown; stderr: string }> {
  const parameters = ["test/simulation/main.ts", "--owners", "--mutant", name, "--seeds", String(SEEDS_TO_FIND)];
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }));
  });
}
