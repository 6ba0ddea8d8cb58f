import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { MUTANTS } from "./mutants.ts";

const SEEDS_TO_FIND = 300;
/** Of so many defects one is tried, each time others. With `BUSBAR_TEST_ALL_DEFECTS=true` all are. */
const ONE_IN = process.env["BUSBAR_TEST_ALL_DEFECTS"] === "true" ? 1 : 3;
const FIRST = Math.floor(Math.random() * ONE_IN);

describe("The simulation of a router with a defect in its source", () => {
  for (const name of Object.keys(MUTANTS).filter((_, index) => index % ONE_IN === FIRST)) {
    it(`finds that it ${name}`, async () => {
      const { code, stderr } = await simulateMutant(name);
      assert.match(stderr, /^seed \d+: .+\nreplay it with: /m, `${SEEDS_TO_FIND} seeds did not find it`);
      assert.equal(code, 1);
    });
  }
});

/** In a process of its own: this one has the sources as they are. */
function simulateMutant(name: string): Promise<{ code: unknown; stderr: string }> {
  const parameters = ["test/simulation/main.ts", "--mutant", name, "--seeds", String(SEEDS_TO_FIND)];
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }));
  });
}
