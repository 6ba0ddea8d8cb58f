import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../../src/json/json.ts";
import { isJsonObject, parseJson } from "../../../../src/json/json.ts";
import { CompiledRules } from "../../../../src/pattern/engine/compiled-rules.ts";
import { Matcher } from "../../../../src/pattern/engine/matcher.ts";
import { parsePattern } from "../../../../src/pattern/parse/parse.ts";
import type { Pattern } from "../../../../src/pattern/pattern.ts";
import type { RuleIndex } from "../../../../src/pattern/rule-index.ts";
import { indexRules } from "../../../../src/pattern/rule-index.ts";
import { fitsPlainly, fittingRules } from "../../../support/pattern-cases.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

interface TestRule {
  readonly name: string;
  readonly pattern: Pattern;
}

function rule(name: string, pattern: object | string): TestRule {
  const parsed = parsePattern(typeof pattern === "string" ? pattern : JSON.stringify(pattern));
  assert.ok(parsed.ok, parsed.ok ? undefined : `${JSON.stringify(pattern)}: ${parsed.reason}`);
  return { name, pattern: parsed.pattern };
}

function namesOf(rules: readonly TestRule[]): readonly string[] {
  return rules.map(({ name }) => name);
}

function bytesOf(event: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(event));
}

function matching(index: RuleIndex<TestRule>, event: JsonObject): readonly TestRule[] {
  return fittingRules(index, JSON.stringify(event));
}

/** The index must find what trying every rule finds, in the same order. */
function assertSameAsPlain(rules: readonly TestRule[], event: JsonObject): void {
  const plain = rules.filter(({ pattern }) => fitsPlainly(pattern, event));
  assert.deepEqual(namesOf(matching(indexRules(rules), event)), namesOf(plain));
}

const scalar = fc.constantFrom<Json>("a", "b", "ab", "", 0, -0, 1, 1.5, true, false, null);

/** Few names and values, so that most rules share most of them; dotted names and none, as they may come. */
const name = fc.constantFrom("p", "q", "r", "p.q", "q.r", "");

const event: fc.Arbitrary<JsonObject> = fc.dictionary(
  name,
  fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(name, tie("value"), { maxKeys: 3 }),
    ),
  })).value,
);

const text = fc.constantFrom("a", "b", "ab");
const match: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.record({ prefix: text }) },
  { weight: 1, arbitrary: fc.record({ suffix: text }) },
  { weight: 1, arbitrary: fc.record({ "equals-ignore-case": fc.constantFrom("A", "aB") }) },
  { weight: 1, arbitrary: fc.record({ wildcard: fc.constantFrom("a*", "*b") }) },
  { weight: 1, arbitrary: fc.record({ "anything-but": text }) },
  { weight: 1, arbitrary: fc.record({ exists: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ numeric: fc.constant([">", 0, "<=", 1.5]) }) },
);

const pattern = fc.letrec<{ fields: object }>((tie) => {
  const field = fc.oneof(
    { depthSize: "small" },
    { weight: 4, arbitrary: fc.array(match, { minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: tie("fields") },
  );
  const fields = fc.dictionary(name, field, { minKeys: 1, maxKeys: 4 });
  const or = fc.array(fc.dictionary(name, field, { minKeys: 1, maxKeys: 2 }), { minLength: 2, maxLength: 3 });
  return {
    fields: fc.oneof(
      { weight: 4, arbitrary: fields },
      {
        weight: 1,
        arbitrary: fc.record({ $or: or, more: fields }).map(({ $or, more }) => ({ ...more, $or })),
      },
    ),
  };
}).fields;

/** Wildcards that repeat are too complex for a pattern. */
const goodPattern = pattern.filter((one) => parsePattern(JSON.stringify(one)).ok);

describe("the index of rules", () => {
  it("The index finds the same rules as the plain matcher, whatever the rules and the event", () => {
    // Many rules on few values, or nothing would be divided below the first level.
    const rules = fc.array(goodPattern, { minLength: 1, maxLength: 60, size: "max" });
    let found = 0;
    const runs = propertyRuns(150);
    fc.assert(
      fc.property(rules, fc.array(event, { maxLength: 5 }), (patterns, events) => {
        const all = patterns.map((one, index) => rule(String(index), one));
        for (const one of events) {
          assertSameAsPlain(all, one);
          found += matching(indexRules(all), one).length;
        }
      }),
      runs,
    );
    assert.ok(found > 1.5 * runs.numRuns, `only ${found} matches: the property says too little`);
  });

  it("The index agrees with every recorded case of the pattern language, all rules together", () => {
    const fixture = new URL("../../../fixtures/pattern-semantics.json", import.meta.url);
    const cases = JSON.parse(readFileSync(fixture, "utf8")) as { pattern: string; event: string; expect: string }[];
    const rules = cases.filter((one) => parsePattern(one.pattern).ok).map((one) => rule(one.pattern, one.pattern));
    const index = indexRules(rules);
    let recorded = 0;
    for (const one of cases) {
      const value = parseJson(one.event);
      if (!isJsonObject(value)) continue;
      const found = namesOf(matching(index, value));
      assert.deepEqual(found, namesOf(rules.filter(({ pattern: each }) => fitsPlainly(each, value))), one.event);
      if (one.expect !== "match" && one.expect !== "no match") continue;
      assert.equal(found.includes(one.pattern), one.expect === "match", `${one.pattern} on ${one.event}`);
      recorded++;
    }
    assert.ok(recorded > 60, `${recorded} cases`);
  });

  it("The index names a rule once, in the order of the rules, however many of its alternatives and values match", () => {
    const rules = [
      rule("either", { $or: [{ a: [1, 2] }, { b: [1] }, { b: [{ exists: true }] }] }),
      ...Array.from({ length: 20 }, (_, index) => rule(`other ${index}`, { a: [`other ${index}`] })),
      rule("both", { a: [1, 2] }),
      rule("always", { c: [{ exists: false }] }),
    ];
    assert.deepEqual(namesOf(matching(indexRules(rules), { a: [2, 1, 1], b: 1 })), ["either", "both", "always"]);
  });

  it("The index leaves out what an anything-but excludes only where no other takes it", () => {
    const zero = { "anything-but": 0 };
    const lists = [
      [[zero, { "anything-but": [0, 0] }], [{ "anything-but": 1 }]],
      [[zero], [{ "anything-but": [0, 1] }]],
      [[zero], [{ "anything-but": 1 }]],
      [[zero], [{ exists: false }]],
      [[zero], [{ exists: true }]],
      [[zero], [0]],
    ];
    for (const asked of lists) {
      const beside = asked.flatMap((p, index) => [
        rule(`p${index}`, { a: { p } }),
        rule(`q${index}`, { a: { p, q: [1] } }),
      ]);
      for (const a of [
        { p: 0 },
        { p: [0, 2], q: 1 },
        [{ p: 0, q: 1 }, { p: 1 }],
        [{ p: 2, q: 1 }, { p: 0 }],
        { q: 1 },
      ]) {
        assertSameAsPlain(beside, { a });
      }
    }
  });

  it("The index finds values at any depth that the plain matcher finds, and survives any other", () => {
    const rules = Array.from({ length: 20 }, (_, index) => rule(`${index}`, { a: { b: [`x${index}`] } }));
    const nested = (depth: number): string => `{"a":${"[".repeat(depth)}{"b":"x3"}${"]".repeat(depth)}}`;
    assert.deepEqual(namesOf(fittingRules(indexRules(rules), nested(1_099))), ["3"]);
    for (const depth of [1_098, 1_099]) assertSameAsPlain(rules, JSON.parse(nested(depth)) as JsonObject);
    for (const depth of [1_100, 100_000]) {
      assert.equal(indexRules(rules).match(Buffer.from(nested(depth))), "unreadable");
    }
  });
});

describe("many rules", () => {
  function triedBy(rules: readonly TestRule[], value: JsonObject): number {
    const compiled = new CompiledRules();
    const slices = compiled.compile(rules.map(({ pattern: one }) => one));
    while (!slices.next().done);
    const matcher = new Matcher(compiled, { ruleCount: rules.length, stepsMax: 1e6 }, () =>
      assert.fail("asked the plain matcher"),
    );
    assert.equal(matcher.match(bytesOf(value), undefined), "matched");
    return matcher.tried;
  }

  const COUNT = 2_000;
  const shapes: readonly [string, (index: number) => object][] = [
    ["share all but one value", (index) => ({ source: ["s"], "detail-type": ["t"], detail: { id: [`id-${index}`] } })],
    [
      "differ in two values together",
      (i) => ({ source: [`s-${i % 100}`], "detail-type": [`t-${i / 100 - (i % 100) / 100}`] }),
    ],
    [
      "have a field of many values",
      (index) => ({ detail: { id: [`id-${index}`, `x-${index}`, 1, 2, 3, 4, 5] }, source: [`s-${index}`] }),
    ],
    ["have a field each", (index) => ({ source: ["s"], detail: { [`field-${index}`]: [{ prefix: "a" }] } })],
    [
      "share more fields than are ever asked",
      (index) => ({
        shared: { a: [1], b: [2], c: [3], d: [4], e: [5] },
        source: ["s"],
        detail: { id: [`id-${index}`] },
      }),
    ],
    ["branch", (index) => ({ source: ["s"], $or: [{ a: [`${index}`] }, { b: [`${index}`] }] })],
  ];
  for (const [what, patternOf] of shapes) {
    it(`The index of many rules tries but a few of those ${what}`, () => {
      const rules = Array.from({ length: COUNT }, (_, index) => rule(`${index}`, patternOf(index)));
      const value = {
        source: "s",
        "detail-type": "t",
        a: "17",
        b: "18",
        shared: { a: 1, b: 2, c: 3, d: 4, e: 5 },
        detail: { id: "id-42", "field-1": "a", other: [1, 2] },
      };
      assert.ok(triedBy(rules, value) <= 20, `${triedBy(rules, value)} were tried`);
      assert.ok(triedBy(rules, { ...value, source: "s-7", "detail-type": "t-7" }) <= 20);
    });
  }
});
