import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { AREAS } from "../../mutation/areas.ts";
import { mutate } from "../../mutation/mutation.ts";
import { MUTANTS } from "../../simulation/mutants.ts";
import { ALL_OWNER_MUTANTS } from "../../simulation/owners/mutants.ts";
import { Imports, unitTestsByDistance } from "../../mutation/nearest-tests.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("mutations", () => {
  it("Every mutation can be made: its line stands in its file once, or the list must follow the code", () => {
    const problems = AREAS.flatMap(({ mutations }) => mutations).flatMap((mutation) => {
      const path = join(ROOT, mutation.file);
      const made = existsSync(path) ? mutate(readFileSync(path, "utf8"), mutation) : { problem: "has no file" };
      return "problem" in made ? [`${mutation.file}: "${mutation.from}" ${made.problem}`] : [];
    });
    assert.deepEqual(problems, []);
  });

  it("So can every defect that the simulations have to find", () => {
    const problems = [...Object.entries(MUTANTS), ...Object.entries(ALL_OWNER_MUTANTS)].flatMap(
      ([name, { file, from }]) =>
        readFileSync(join(ROOT, file), "utf8").split(from).length === 2
          ? []
          : [`${name}: ${file} has not "${from}" once`],
    );
    assert.deepEqual(problems, []);
  });

  it("A mutation whose line is missing, stands there twice or stays the same is a problem", () => {
    const mutation = { file: "a.ts", from: "one", to: "two", loses: "something" };
    assert.deepEqual(mutate("this one", mutation), { text: "this two" });
    assert.ok("problem" in mutate("none of it", { ...mutation, from: "three" }));
    assert.ok("problem" in mutate("one by one", mutation));
    assert.ok("problem" in mutate("this one", { ...mutation, to: "one" }));
  });

  it("A mutation is judged by the unit tests that import its file, the nearest first", () => {
    const { nearest, others } = unitTestsByDistance(ROOT)("src/flow/store/store.ts");
    assert.ok(nearest.includes("test/unit/flow/put/store.test.ts"));
    assert.ok(others.includes("test/unit/flow/deliver/deliver.test.ts"));
    assert.ok(![...nearest, ...others].includes("test/unit/pattern/wildcard.test.ts"));
  });

  it("The simulation judges mutations in what it imports: deliveries and RabbitMQ's driver, not the embedded broker", () => {
    const simulated = new Imports(ROOT).stepsFrom("test/simulation/simulation.ts");
    assert.ok(simulated.has("src/flow/deliver/settle.ts"));
    assert.ok(simulated.has("src/edge/rabbitmq/consuming/taker.ts"));
    assert.ok(!simulated.has("src/edge/sqlite/broker/broker.ts"));
  });
});
