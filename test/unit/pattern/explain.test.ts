import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/json/json.ts";
import { describeMatch } from "../../../src/pattern/explain/describe-match.ts";
import { missesOf } from "../../../src/pattern/explain/explain.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import type { Pattern } from "../../../src/pattern/pattern.ts";
import { Steps } from "../../../src/pattern/steps.ts";
import { eventText, fitsPlainly, pattern } from "../../support/pattern-cases.ts";

function parsed(value: object): Pattern {
  const result = parsePattern(JSON.stringify(value));
  assert.ok(result.ok);
  return result.pattern;
}

const manySteps = () => new Steps(2_000_000);

function missesIn(value: object, event: JsonObject): ReturnType<typeof missesOf> {
  return missesOf(parsed(value), event, manySteps());
}

describe("why an event does not match a pattern", () => {
  it("An event and a pattern have no difference exactly when the pattern matches", () => {
    let matched = 0;
    const events = fc.array(eventText, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(pattern, events, (one, texts) => {
        for (const text of texts) {
          const event = JSON.parse(text) as JsonObject;
          const fits = fitsPlainly(one.pattern, event);
          if (fits) matched += 1;
          assert.equal(missesOf(one.pattern, event, manySteps()).length === 0, fits, text);
        }
      }),
      { numRuns: 2_000 },
    );
    assert.ok(matched > 100, `only ${matched} matched`);
  });

  it("A difference is listed for each field, with the pattern's values and the event's", () => {
    const wanted = { source: ["shop"], detail: { total: [{ numeric: [">=", 100] }], state: ["paid", "sent"] } };
    assert.deepEqual(missesIn(wanted, { source: "shop", detail: { total: 80, state: "sent" } }), [
      { field: "detail.total", expected: ['{"numeric":[">=",100]}'], found: [80], hints: [] },
    ]);
  });

  it("The differences are those of the branch that comes nearest", () => {
    const wanted = { source: ["shop"], $or: [{ a: [1], b: [1] }, { c: [1] }] };
    assert.deepEqual(
      missesIn(wanted, { source: "shop", a: 2, b: 2, c: 2 }).map(({ field }) => field),
      ["c"],
    );
  });

  it("The list is the difference where each field matches in another element of it", () => {
    const wanted = { detail: { items: { sku: ["a"], count: [2] } } };
    const event = { detail: { items: [{ sku: "a", count: 1 }, { sku: "b", count: 2 }] } }; // prettier-ignore
    const hint = "detail.items.count, detail.items.sku: each of them holds, but not in the same element of a list.";
    assert.deepEqual(
      missesIn(wanted, event).map(({ field, hints }) => [field, hints]),
      [
        ["detail.items.count", [hint]],
        ["detail.items.sku", [hint]],
      ],
    );
  });

  it("A field beside the list is no difference", () => {
    const wanted = { detail: { k: ["z"], items: { a: [1], b: [2] } } };
    const event = { detail: { k: "z", items: [{ a: 1 }, { b: 2 }] } }; // prettier-ignore
    assert.deepEqual(
      missesIn(wanted, event).map(({ field }) => field),
      ["detail.items.a", "detail.items.b"],
    );
  });

  it("A difference shows no more than the beginning of a long text", () => {
    const [miss] = missesIn({ source: ["a"] }, { source: "x".repeat(100_000) });
    assert.equal(String(miss?.found[0]).length, 201);
  });

  it("A difference lists at most ten values and ten entries", () => {
    const wanted = { a: Array.from({ length: 30 }, (_, index) => `x${index}`) };
    const [miss] = missesIn(wanted, { a: Array.from({ length: 30 }, (_, index) => `y${index}`) });
    assert.deepEqual([miss?.expected.length, miss?.found.length], [10, 10]);
  });

  const HINTS: readonly [string, object, JsonObject, RegExp][] = [
    ["another case", { source: ["Shop"] }, { source: "shop" }, /differs in upper and lower case only/],
    ["another case of a prefix", { source: [{ prefix: "Shop." }] }, { source: "shop.a" }, /differs in upper and lower/],
    ["spaces", { source: ["shop"] }, { source: "shop " }, /has spaces around it/],
    ["a text for a number", { a: [300] }, { a: "300" }, /the text "300", the pattern asks for the number 300/],
    ["a number for a text", { a: ["300"] }, { a: 300 }, /the number 300, the pattern asks for the text "300"/],
    ["a text for a range", { a: [{ numeric: [">", 1] }] }, { a: "2" }, /numeric takes only numbers/],
    ["true as a text", { a: [true] }, { a: "true" }, /the text "true", the pattern asks for the boolean true/],
    [
      "a field one level up",
      { detail: { order: { id: ["1"] } } },
      { detail: { id: "1" } },
      /The event has detail\.id\./,
    ],
    [
      "a field one level down",
      { detail: { id: ["1"] } },
      { detail: { order: { id: "1" } } },
      /has detail\.order\.id\./,
    ],
    ["a misspelt field", { detail: { total: [1] } }, { detail: { totl: 1 } }, /has detail\.totl: did you mean that\?/],
    [
      "an object for a value",
      { detail: { order: ["1"] } },
      { detail: { order: { x: 1 } } },
      /is an object in the event/,
    ],
    [
      "a value in detail-type",
      { source: ["Paid"] },
      { source: "a", "detail-type": "Paid" },
      /has "Paid" at detail-type/,
    ],
    ["a misspelt field that must be there", { a: { total: [{ exists: true }] } }, { a: { totl: 1 } }, /has a\.totl/],
    ["a list of objects for a value", { a: { b: ["x"] } }, { a: { b: [{ c: 1 }] } }, /a\.b is a list of objects/],
    ["an empty list", { a: [{ exists: true }] }, { a: [] }, /a is an empty list in the event, which counts as absent/],
    ["an empty object", { a: ["x"] }, { a: {} }, /a is an empty object in the event/],
    ["null for nothing", { parent: [null] }, { other: 1 }, /null takes only a field that is there: \{"exists":false\}/],
    ["null where nothing may be", { a: [{ exists: false }] }, { a: null }, /not to have it: null is a value/],
    ["null as a text", { a: ["null"] }, { a: null }, /The event has null, the pattern asks for the text "null"/],
    [
      "nothing for anything-but",
      { state: [{ "anything-but": "x" }] },
      { other: 1 },
      /anything-but takes only a field that is/,
    ],
    [
      "another case of a wildcard",
      { a: [{ wildcard: "Sh*p" }] },
      { a: "shop" },
      /differs in upper and lower case only\./,
    ],
    [
      "a number that stands elsewhere",
      { detail: { a: [4711] } },
      { detail: { a: 1, b: 4711 } },
      /has 4711 at detail\.b/,
    ],
    ["a field that must be absent", { a: [{ exists: false }] }, { a: 1 }, /wants the event not to have it/],
  ];
  for (const [what, wanted, event, hint] of HINTS) {
    it(`A difference has a hint for ${what}`, () => {
      const hints = missesIn(wanted, event).flatMap((miss) => miss.hints);
      assert.ok(
        hints.some((each) => hint.test(each)),
        JSON.stringify(hints),
      );
    });
  }

  it("A difference has no hint that is not so", () => {
    const wanted = { source: ["shop"], detail: { total: [{ exists: true }] } };
    assert.deepEqual(
      missesIn(wanted, { source: "bank", detail: {} }).flatMap((miss) => miss.hints),
      [],
    );
  });
});

describe("a match, described", () => {
  it("A described match reads as the same match again", () => {
    const written = [
      "a",
      1,
      null,
      { prefix: "a" },
      { suffix: "a" },
      { "equals-ignore-case": "Ab" },
      { prefix: { "equals-ignore-case": "Ab" } },
      { suffix: { "equals-ignore-case": "Ab" } },
      { wildcard: "a\\*b*c\\\\" },
      { numeric: [">", 1, "<=", 2] },
      { numeric: ["=", 3] },
      { numeric: ["<", 3] },
      { cidr: "10.0.0.0/8" },
      { cidr: "2001:db8::/32" },
      { exists: true },
      { "anything-but": ["a", "b"] },
    ];
    for (const entry of written) {
      const [match] = parsed({ a: [entry] }).alternatives[0]?.fields[0]?.matches ?? [];
      assert.ok(match);
      const again = parsed({ a: [JSON.parse(describeMatch(match))] }).alternatives[0]?.fields[0]?.matches;
      assert.deepEqual(again, [match], JSON.stringify(entry));
    }
  });
});
