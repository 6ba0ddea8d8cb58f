import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ruleSetsOf } from "../../../bench/match/given.ts";
import { featureLines } from "../../../bench/match/features.ts";
import { RULE_SETS } from "../../../bench/match/rule-sets.ts";
import { matches } from "../../../src/pattern/matches.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { indexRules } from "../../../src/pattern/rule-index.ts";
import { namedPattern } from "../../support/pattern-cases.ts";

describe("rules given to the benchmark", () => {
  const events = ['{"source":"a","detail":{"x":1}}'];

  it("A file of patterns by name is one set of rules", () => {
    const rules = { one: { source: ["a"] }, two: { detail: { x: [1] } }, three: { "detail.x": { y: [1] } } };
    assert.deepEqual(ruleSetsOf(rules, events), { given: rules });
  });

  it("A file of sets by name is several sets of rules", () => {
    const sets = { exact: { one: { source: ["a"] } }, numeric: { two: { detail: { x: [1] } } } };
    assert.deepEqual(ruleSetsOf(sets, events), sets);
  });
});

describe("the benchmark's own rules", () => {
  it("Each kind of the benchmark's rules matches some events, the same ones by the engine as by the plain matcher", () => {
    const lines = featureLines(1_000);
    for (const [kind, set] of Object.entries(RULE_SETS)) {
      const rules = Object.values(set).map((pattern) => namedPattern(JSON.stringify(pattern)));
      const index = indexRules(rules);
      let found = 0;
      for (const line of lines) {
        const event = JSON.parse(line) as JsonObject;
        const plain = rules.filter(({ pattern }) => matches(pattern, event));
        assert.deepEqual(index.match(Buffer.from(line)), plain, `${kind}: ${line}`);
        found += plain.length;
      }
      assert.ok(found > 20, `${kind}: ${found}`);
    }
  });
});
