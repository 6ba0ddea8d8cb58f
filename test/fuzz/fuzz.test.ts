import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fuzz } from "./fuzz.ts";
import { createSubjects } from "./subjects/index.ts";
import type { Subject } from "./subjects/subject.ts";

const INPUTS = 20_000;

function subject(run: Subject["run"]): readonly Subject[] {
  return [{ name: "fragile", weight: 1, corpus: [Buffer.from("abc")], run }];
}

describe("what comes from outside", () => {
  it(`breaks nothing, of ${INPUTS} inputs`, { timeout: 240_000 }, async () => {
    const { inputs } = await fuzz({ seed: 1, inputs: INPUTS });
    assert.deepEqual(
      Object.keys(inputs).sort(),
      createSubjects()
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe("the fuzzer", () => {
  it("finds what throws, and says how to have it again", async () => {
    const fragile = subject((input) => {
      if (input.includes("__proto__")) throw new TypeError("it is fragile");
    });
    await assert.rejects(fuzz({ seed: 5, inputs: 10_000 }, fragile), {
      name: "Broken",
      message: /^fragile: TypeError: it is fragile: input \d+ of seed 5: ".*__proto__.*"$/,
    });
  });

  it("finds what a caught exception would hide, such as a changed prototype", async (t) => {
    t.after(() => delete (Object.prototype as { polluted?: boolean }).polluted);
    const fragile = subject(() => void ((Object.prototype as { polluted?: boolean }).polluted = true));
    await assert.rejects(fuzz({ seed: 1, inputs: 1 }, fragile), /polluted a prototype/);
  });

  it("finds what takes too long", async () => {
    const fragile = subject(() => new Promise((resolve) => setTimeout(resolve, 1_100)));
    await assert.rejects(fuzz({ seed: 1, inputs: 1 }, fragile), /took 1\d\d\d ms/);
  });
});
