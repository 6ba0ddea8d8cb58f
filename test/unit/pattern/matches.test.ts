import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/json/json.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import { fitsPlainly } from "../../support/pattern-cases.ts";
import { cpuTimer } from "../../support/cpu-time.ts";

function test(pattern: string | object, event: string | object): boolean {
  const parsed = parsePattern(typeof pattern === "string" ? pattern : JSON.stringify(pattern));
  assert.ok(parsed.ok, parsed.ok ? undefined : parsed.reason);
  return fitsPlainly(
    parsed.pattern,
    JSON.parse(typeof event === "string" ? event : JSON.stringify(event)) as JsonObject,
  );
}

describe("operators", () => {
  const rows: [match: unknown, value: unknown, matches: boolean][] = [
    [{ prefix: "ab" }, "abc", true],
    [{ suffix: "bc" }, "abc", true],
    [{ suffix: { "equals-ignore-case": ".PNG" } }, "a.png", true],
    [{ "anything-but": ["a", "b"] }, "b", false],
    [{ "anything-but": ["a", "b"] }, "c", true],
    [{ "anything-but": { prefix: ["a", "b"] } }, "bc", false],
    [{ "anything-but": { suffix: "c" } }, "bd", true],
    [{ "anything-but": { wildcard: "*/lib/*" } }, "a/lib/b", false],
    [{ "anything-but": { wildcard: ["a*", "b*"] } }, "c", true],
    [{ "anything-but": { "equals-ignore-case": ["a", "b"] } }, "B", false],
    [{ numeric: [">=", 0, "<", 5] }, 0, true],
    [{ numeric: [">=", 0, "<", 5] }, 5, false],
    [{ numeric: [">", 0, "<=", 5] }, 5, true],
    [{ numeric: [">", 0, "<=", 5] }, 0, false],
    [{ numeric: ["<", 1e-300] }, 0, true],
    [{ numeric: ["=", 0.1] }, 0.1000000000000001, false],
    [true, true, true],
    [true, "true", false],
    [{ exists: true }, null, true],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    [{ exactly: "::1" }, "0:0:0:0:0:0:0:1", false],
  ];
  for (const [match, value, expected] of rows) {
    it(`The operator ${JSON.stringify(match)} ${expected ? "matches" : "does not match"} ${JSON.stringify(value)}`, () => {
      assert.equal(test({ a: [match] }, { a: value }), expected);
    });
  }
});

describe("fields below an array", () => {
  it("Fields below an array match in one and the same element, at every level", () => {
    const pattern = { d: { n: ["a"], i: { x: ["1"], y: ["2"] } } };
    assert.ok(test(pattern, { d: [{ n: "a", i: [{ x: "1" }, { x: "1", y: "2" }] }] }));
    assert.ok(!test(pattern, { d: [{ n: "a", i: [{ x: "1" }, { y: "2" }] }] }));
    assert.ok(!test(pattern, { d: [{ n: "a" }, { i: [{ x: "1", y: "2" }] }] }));
  });

  it("Fields below an array match in the same element when another field's name sorts between them", () => {
    const pattern = { d: { a: ["x"], "a-c": ["y"], "a.b": ["z"] } };
    assert.ok(test(pattern, { d: { a: [["x", { b: "z" }]], "a-c": "y" } }));
    assert.ok(!test(pattern, { d: { a: [["x"], { b: "z" }], "a-c": "y" } }));
  });

  it("Fields below an array are tried in every element, not only in the first that fits one of them", () => {
    const event = {
      d: [
        { a: 1, b: 1 },
        { a: 1, b: 2 },
        { a: 2, b: 3 },
      ],
    };
    assert.ok(test({ d: { a: [1], b: [2] } }, event));
    assert.ok(!test({ d: { a: [1], b: [3] } }, event));
  });

  it("Fields below an array are absent where the element chosen by the fields before them lacks them", () => {
    const event = { d: [{ a: "1" }, { a: "2", b: 3 }] };
    assert.ok(test({ d: { a: ["1"], b: [{ exists: false }] } }, event));
    assert.ok(!test({ d: { a: ["2"], b: [{ exists: false }] } }, event));
    assert.ok(!test({ d: { a: [{ exists: false }], b: [3] } }, event));
  });

  it("Fields in arrays of arrays are found", () => {
    assert.ok(test({ d: ["x"] }, { d: [[["y"], ["x"]]] }));
    assert.ok(test({ d: { a: [1], b: [2] } }, { d: [[{ a: 1 }], [{ a: 1, b: 2 }]] }));
    assert.ok(!test({ d: { a: [1], b: [2] } }, { d: [[{ a: 1 }], [{ b: 2 }]] }));
  });

  it("Fields below arrays do not multiply when arrays stand beside each other or elements are many", () => {
    const cpuMs = cpuTimer();
    const elements = Array.from({ length: 20_000 }, (_, b) => ({ a: 1, b }));
    const names = ["p", "q", "r", "s"];
    const event = Object.fromEntries(names.map((name) => [name, elements]));
    const pattern = Object.fromEntries(names.map((name) => [name, { a: [1], b: [name === "s" ? -1 : 19_999] }]));
    assert.ok(!test(pattern, event));
    assert.ok(cpuMs() < 2_000);
  });
});

describe("$or", () => {
  it("$or stands beside other fields, nested, and several times", () => {
    const pattern = {
      source: ["s"],
      $or: [{ a: [1] }, { b: [2], $or: [{ c: [3] }, { d: [4] }] }],
      detail: { $or: [{ x: [5] }, { y: [6] }] },
    };
    assert.ok(test(pattern, { source: "s", a: 1, detail: { y: 6 } }));
    assert.ok(test(pattern, { source: "s", b: 2, d: 4, detail: { x: 5 } }));
    assert.ok(!test(pattern, { source: "s", b: 2, detail: { x: 5 } }));
    assert.ok(!test(pattern, { source: "s", a: 1, detail: {} }));
    assert.ok(!test(pattern, { source: "t", a: 1, detail: { x: 5 } }));
  });
});

describe("names of fields", () => {
  it("A name that a pattern gives twice: different fields add up, of the same field the last counts", () => {
    assert.ok(!test('{"a":{"b":["x"]},"a":{"c":["y"]}}', { a: { c: "y" } }));
    assert.ok(test('{"a":["x"],"a":["y"]}', { a: "y" }));
    assert.ok(!test('{"a":["x"],"a":["y"]}', { a: "x" }));
    assert.ok(test('{"a.b":["x"],"a":{"b":["y"]}}', { a: { b: "y" } }));
  });

  it("A name that objects inherit is no field of an event", () => {
    assert.ok(!test('{"constructor":[{"exists":true}]}', "{}"));
    assert.ok(!test('{"__proto__":{"toString":[{"exists":true}]}}', "{}"));
    assert.ok(test('{"__proto__":{"a":["x"]}}', '{"__proto__":{"a":"x"}}'));
    assert.ok(!test('{"a":["x"]}', '{"__proto__":{"a":"x"}}'));
  });

  it("A name with dots equals nesting, in the pattern and in the event", () => {
    const path = fc.array(fc.constantFrom("a", "b", ""), { minLength: 1, maxLength: 5 });
    const cuts = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(path, cuts, cuts, fc.boolean(), (steps, patternCuts, eventCuts, same) => {
        const pattern = nest(steps, patternCuts, ["x"]);
        assert.equal(test(pattern, nest(steps, eventCuts, same ? "x" : "y")), same);
      }),
    );
  });
});

/** One value below a path, of which some steps are levels and the others are joined by dots. */
function nest(steps: readonly string[], isLevel: readonly boolean[], value: unknown): object {
  const keys: string[] = [];
  for (const [index, step] of steps.entries()) {
    if (index === 0 || isLevel[index - 1]) keys.push(step);
    else keys.push(`${keys.pop() ?? ""}.${step}`);
  }
  return keys.reduceRight((inner: unknown, key) => ({ [key]: inner }), value) as object;
}

describe("events of any depth", () => {
  const nested = (depth: number, open: string, close: string, value: string) =>
    `${open.repeat(depth)}${value}${close.repeat(depth)}`;

  it("An event is matched in arrays 1,100 levels deep", () => {
    assert.ok(test('{"a":["x"]}', `{"a":${nested(1_100, "[", "]", '"x"')}}`));
    assert.ok(test('{"a":{"b":["x"],"c":["y"]}}', `{"a":${nested(1_099, "[", "]", '{"b":"x","c":"y"}')}}`));
  });

  it("An event deeper than anything can be does no harm", () => {
    const deep = `{"a":${nested(100_000, "[", "]", '"x"')},"b":${nested(100_000, '{"b":', "}", '"x"')},"c":"z"}`;
    assert.ok(!test('{"a":["x"]}', deep));
    assert.ok(test('{"b":{"b":["x",{"exists":false}]},"c":["z"]}', deep));
  });
});
