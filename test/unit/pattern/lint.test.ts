import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/json/json.ts";
import { lintPattern } from "../../../src/pattern/explain/lint.ts";
import { matches } from "../../../src/pattern/matches.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";

const CONSTANTS = { version: "0", account: "000000000000", region: "us-east-1" };

function lint(pattern: object): readonly string[] {
  const parsed = parsePattern(JSON.stringify(pattern));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return lintPattern(parsed.pattern, pattern as JsonObject, CONSTANTS);
}

const ABSENT = { exists: false };
const DEAD: readonly (readonly [pattern: object, why: string])[] = [
  [{ Detail: { a: [1] } }, 'no event has a field "Detail" beside its detail, did you mean "detail"?'],
  [{ total: [{ numeric: [">", 1] }] }, 'no event has a field "total" beside its detail'],
  [{ source: [1, null] }, '"source" is a text in every event, never 1 or null'],
  [{ "detail-type": [ABSENT] }, '"detail-type" is a text in every event, never {"exists":false}'],
  [{ time: [{ numeric: [">", 0] }] }, '"time" is a text in every event, never {"numeric":[">",0]}'],
  [{ source: { name: ["a"] } }, '"source" is a text, and has no "name"'],
  [{ region: ["eu-west-1"] }, '"region" is "us-east-1" in every event of this router, never "eu-west-1"'],
  [{ account: [{ prefix: "1" }] }, '"account" is "000000000000" in every event of this router, never {"prefix":"1"}'],
];

const ALL: readonly object[] = [
  { source: [{ exists: true }] },
  { source: [{ prefix: "" }] },
  { "detail-type": [{ wildcard: "*" }] },
  { version: ["0"], account: [{ "anything-but": ["1"] }] },
  { detail: { a: [{ exists: true }, ABSENT] } },
  { $or: [{ source: ["a"] }, { time: [{ suffix: "" }] }] },
];

const FINE: readonly object[] = [
  { source: ["shop"], detail: { total: [{ numeric: [">", 1] }] } },
  { detail: { a: [ABSENT], b: ["x"] } },
  { detail: { a: [ABSENT], "a.b": ["x"] } },
  { detail: { a: [ABSENT, "x"], $or: [{ c: ["x"] }, { b: [1] }] } },
  { total: [ABSENT], source: ["shop"] },
  { "detail.state": ["a"] },
  { resources: [{ prefix: "arn:" }] },
  { cloudevent: { subject: ["a"] } },
  { region: ["us-east-1", "eu-west-1"], source: ["a"] },
  { detail: { a: [{ exists: true }] } },
  { source: [{ "anything-but": [1] }] },
];

describe("pattern warnings", () => {
  for (const [pattern, why] of DEAD) {
    it(`A warning says that ${JSON.stringify(pattern)} matches no event`, () => {
      assert.deepEqual(lint(pattern), [`matches no event: ${why}`]);
    });
  }

  it("A warning names the branch that no event matches", () => {
    assert.deepEqual(lint({ $or: [{ source: ["a"] }, { sorce: ["b"] }] }), [
      'has a branch of $or that no event matches: no event has a field "sorce" beside its detail, did you mean "source"?',
    ]);
  });

  for (const pattern of ALL) {
    it(`A warning says that ${JSON.stringify(pattern)} matches every event`, () => {
      assert.deepEqual(lint(pattern), ["matches every event on its bus"]);
    });
  }

  it("A warning names a field whose list stands twice, which counts once", () => {
    for (const detail of [
      { a: { b: [ABSENT] }, $or: [{ a: { b: ["x"] } }, { c: [1] }] },
      { a: { b: [1] }, "a.b": [2] },
    ]) {
      assert.deepEqual(lint({ detail }), ['has two lists for "detail.a.b", of which the last alone counts']);
    }
  });

  it("A warning names wildcards that are nearly too complex", () => {
    assert.deepEqual(lint({ detail: { a: [{ wildcard: "*:*:*:*:event-bus/*" }] } }), [
      'has wildcards in "detail.a" that cost a lot, and are close to what is refused as too complex',
    ]);
    assert.deepEqual(lint({ detail: { a: [{ wildcard: "*.png" }, { wildcard: "a*b" }] } }), []);
  });

  for (const pattern of FINE)
    it(`There is no warning for ${JSON.stringify(pattern)}`, () => assert.deepEqual(lint(pattern), []));

  it("A warning that no event or every event matches is given only where that is so", () => {
    const leaf = fc.constantFrom<unknown>(
      "a",
      1,
      null,
      ABSENT,
      { exists: true },
      { prefix: "" },
      { wildcard: "*" },
      { "anything-but": ["a"] },
    );
    const list = fc.array(leaf, { minLength: 1, maxLength: 3 });
    const fields = fc.dictionary(fc.constantFrom("source", "region", "detail-type", "other"), list, {
      minKeys: 1,
      maxKeys: 2,
    });
    const detail = fc.dictionary(fc.constantFrom("a", "b"), list, { minKeys: 1, maxKeys: 2 });
    const pattern = fc.oneof(
      fields,
      fc.tuple(fields, detail).map(([one, inner]) => ({ ...one, detail: inner })),
      fc.tuple(detail, detail, detail).map(([inner, left, right]) => ({ detail: { ...inner, $or: [left, right] } })),
    );
    const value = fc.constantFrom<unknown>("a", 1, null, ["a", 1], {}, { b: "a" });
    const event = fc.record({
      source: fc.constantFrom("a", "shop", ""),
      "detail-type": fc.constantFrom("a", ""),
      detail: fc.dictionary(fc.constantFrom("a", "b"), value),
    });
    const always = { ...CONSTANTS, id: "1", time: "2026-01-02T03:04:05Z", resources: [] };
    fc.assert(
      fc.property(pattern, fc.array(event, { minLength: 5, maxLength: 20 }), (given, events) => {
        const parsed = parsePattern(JSON.stringify(given));
        if (!parsed.ok) return;
        const findings = lintPattern(parsed.pattern, given as unknown as JsonObject, CONSTANTS);
        const fitting = events.filter((one) => matches(parsed.pattern, { ...always, ...one } as unknown as JsonObject));
        if (findings.some((finding) => finding.startsWith("matches no"))) assert.deepEqual(fitting, []);
        if (findings.some((finding) => finding.startsWith("matches every"))) assert.deepEqual(fitting, events);
      }),
      { numRuns: 2_000 },
    );
  });
});
