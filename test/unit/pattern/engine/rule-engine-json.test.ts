import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GCProfiler } from "node:v8";
import fc from "fast-check";
import { parseExactly } from "../../../../src/json/exact-json.ts";
import type { JsonObject } from "../../../../src/json/json.ts";
import { isJsonObject, parseJson } from "../../../../src/json/json.ts";
import { composeEvent } from "../../../../src/domain/event/event.ts";
import { isJson } from "../../../../src/json/is-json.ts";
import type { RuleIndex } from "../../../../src/pattern/rule-index.ts";
import { indexInSlices, indexRules } from "../../../../src/pattern/rule-index.ts";
import type { NamedPattern } from "../../../support/pattern-cases.ts";
import { eventText, fitsPlainly, fittingRules, namedPattern } from "../../../support/pattern-cases.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const NOTHING_NAMED = indexRules([]);
const ALL_NAMED = indexRules([
  namedPattern('{"p":{"q":[{"exists":true}],"r":["a"]},"q":[1],"":[null],"p-q":[{"numeric":["<",3]}]}'),
]);

/** Bytes that mean something to JSON, and some that do not. */
const SYNTAX = Array.from('{}[]:,"\\/0123456789.-+eEtrufalsn \n\t\r\u0000\u001f\u007fé😀bx');

/** A text with a few characters left out, put in or doubled. */
const mutated = fc
  .tuple(eventText, fc.array(fc.tuple(fc.nat(), fc.constantFrom(...SYNTAX), fc.nat(3)), { maxLength: 3 }))
  .map(([text, changes]) =>
    changes.reduce((characters, [where, character, kind]) => {
      const at = where % (characters.length + 1);
      if (kind === 0) return characters.toSpliced(at, 1);
      if (kind === 1) return characters.toSpliced(at, 0, character);
      if (kind === 2) return characters.toSpliced(at, 1, character);
      return characters.slice(0, at);
    }, Array.from(text)),
  )
  .map((characters) => characters.join("").toWellFormed());

function isObject(json: string): boolean {
  return isJsonObject(parseJson(json));
}

describe("texts that are JSON", () => {
  it("A text is JSON of any kind, with or without space around it", () => {
    for (const json of ["1", " -0.5e3 ", '"a"', "null", "[]", " {} ", "tru", "1 1", "", " ", "-", "[1,]", "\ufeff{}"]) {
      assert.equal(isJson(Buffer.from(json)), parseJson(json) !== undefined, JSON.stringify(json));
    }
  });

  it("A text is JSON however deep and long, as a function's record may be", () => {
    for (const json of ["[".repeat(5_000) + "]".repeat(5_000), `"${"x".repeat(3_000_000)}"`]) {
      assert.equal(isJson(Buffer.from(json)), true);
      assert.equal(isJson(Buffer.from(json.slice(0, -1))), false);
    }
  });

  it("A long text of small lists is read without making them", () => {
    const text = Buffer.from(`[${"[],".repeat(2_000_000)}[`);
    /** How often memory was collected meanwhile: whoever makes nothing leaves nothing to collect. */
    const collectionsDuring = (read: () => unknown): number => {
      const profiler = new GCProfiler();
      profiler.start();
      assert.ok(read() !== true);
      return profiler.stop().statistics.length;
    };
    assert.ok(collectionsDuring(() => parseJson(text.toString())) > 0);
    // One may be due to what tests before it have left.
    const fewest = Math.min(...[1, 2, 3].map(() => collectionsDuring(() => isJson(text))));
    assert.equal(fewest, 0);
  });
});

describe("JSON as the engine takes it", () => {
  it("The engine takes as JSON what JSON.parse takes, and nothing else, whether rules name its fields or not", () => {
    let taken = 0;
    const runs = propertyRuns(20_000);
    fc.assert(
      fc.property(mutated, (json) => {
        const expected = isObject(json);
        if (expected) taken++;
        for (const index of [NOTHING_NAMED, ALL_NAMED]) {
          assert.equal(index.match(Buffer.from(json)) !== "unreadable", expected, JSON.stringify(json));
        }
        assert.equal(isJson(Buffer.from(json)), parseJson(json) !== undefined, JSON.stringify(json));
      }),
      runs,
    );
    const share = taken / runs.numRuns;
    assert.ok(share > 0.1 && share < 0.9, `${taken} were JSON: the property says too little`);
  });

  it("The engine takes as JSON a detail that is an object by itself, whatever it would make of the event around it", () => {
    const base = { id: "e", detailType: "t", source: "s", account: "0", timeMs: 0, region: "r", resources: ["ü"] };
    const isTaken = (detailJson: string): boolean => {
      const { body, detailStart } = composeEvent({ ...base, detailJson });
      return ALL_NAMED.match(body, detailStart) !== "unreadable";
    };
    for (const detail of ["{}", ' { "p" : 1 } ', '{"detail":{"a":1}}', "\n{}\t"]) assert.ok(isTaken(detail), detail);
    const wrong = [
      '{},"source":"x"',
      '{},"detail":{}',
      "{}}",
      '{}},{"a":1',
      "[]",
      "1",
      '"{}"',
      "",
      " ",
      "{",
      "null",
      "{}{}",
    ];
    for (const detail of wrong) assert.ok(!isTaken(detail), detail);
    fc.assert(
      fc.property(mutated, (json) => assert.equal(isTaken(json), isObject(json), JSON.stringify(json))),
      propertyRuns(5_000),
    );
  });

  it("The engine takes as JSON 1,101 levels and no more, named or not", () => {
    const lists = (levels: number): string => `{"p":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    const objects = (levels: number): string => `${'{"p":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
    const recursive = indexRules([namedPattern(`${'{"p":'.repeat(50)}["a"]${"}".repeat(50)}`)]);
    for (const nested of [lists, objects]) {
      for (const index of [NOTHING_NAMED, ALL_NAMED, recursive]) {
        assert.deepEqual(index.match(Buffer.from(nested(1_101))), []);
        assert.equal(index.match(Buffer.from(nested(1_102))), "unreadable");
        assert.equal(index.match(Buffer.from(nested(100_000))), "unreadable");
      }
    }
  });
});

describe("what the engine reads", () => {
  const rows: [pattern: string, event: string, matches: boolean][] = [
    ['{"a":["x"]}', '{"a":"y","a":"x"}', true],
    ['{"a":["x"]}', '{"a":"x","a":"y"}', false],
    ['{"a":["x"]}', '{"a":"x","\\u0061":"y"}', false],
    ['{"a":{"b":[{"exists":false}]}}', '{"a":{"b":1},"a":{}}', true],
    ['{"a":{"b":["x"]}}', '{"a.b":"x","a":{"b":"y"}}', true],
    ['{"a":["😀"]}', '{"a":"\\ud83d\\ude00"}', true],
    ['{"a":["\\ud83d"]}', '{"a":"\\ud83d\\ude00"}', false],
    ['{"a":[{"prefix":"\\ud83d"}]}', '{"a":"😀"}', true],
    ['{"a":["\\u0000\\n/"]}', '{"a":"\\u0000\\n\\/"}', true],
    ['{"a\\"b":["x"]}', '{"a\\"b":"x"}', true],
    ['{"a":[300]}', '{"a":3.00e+2}', true],
    ['{"a":[9007199254740992]}', '{"a":9007199254740993}', false],
    ['{"a":[9007199254740993]}', '{"a":9007199254740993.0}', true],
    ['{"a":[1234567890123456789]}', '{"a":1234567890123456788}', false],
    ['{"a":[1234567890123456789]}', '{"a":1.234567890123456789e18}', true],
    ['{"a":[37.807807921694092]}', '{"a":37.807807921694091}', false],
    ['{"a":[{"anything-but":1234567890123456789}]}', '{"a":1234567890123456788}', true],
    ['{"a":[{"anything-but":1234567890123456789}]}', '{"a":1234567890123456789}', false],
    ['{"a":[{"numeric":["=",1234567890123456789]}]}', '{"a":1234567890123456788}', false],
    ['{"a":[{"numeric":[">",1234567890123456788]}]}', '{"a":1234567890123456789}', true],
    ['{"a":[{"numeric":[">",1234567890123456788]}]}', '{"a":1234567890123456788.0}', false],
    ['{"a":[1e400]}', '{"a":1e401}', false],
    ['{"a":[1e400]}', '{"a":10e399}', true],
    ['{"a":[0]}', '{"a":1e-400}', false],
    ['{"a":[1234567890123456789]}', '{"a":1,"a":1234567890123456788}', false],
    ['{"a":[1234567890123456789]}', '{"a":1,"a":1234567890123456789}', true],
    ['{"a":[{"numeric":["<",0.1]}]}', '{"a":0.09999999999999999999}', true],
    ['{"a":[{"numeric":["<",0.1]}]}', '{"a":0.10000000000000000}', false],
    ['{"a":[{"numeric":["<",0.1]}]}', '{"a":0.09999999999999999}', true],
    ['{"a":[{"numeric":[">",1e308]}]}', '{"a":1e999}', true],
    ['{"a":{"b":[1],"c":[{"exists":false}]}}', '{"a":[{"b":1,"c":2},{"b":1}]}', true],
    ['{"__proto__":["x"]}', '{"__proto__":"x"}', true],
  ];
  for (const [json, event, expected] of rows) {
    it(`The engine reads ${event} so that ${json} ${expected ? "fits" : "does not fit"}`, () => {
      const rule = namedPattern(json);
      // Twice, and in other company, since what it remembers of the event before must not matter.
      const index = indexRules([namedPattern('{"a":[{"exists":true}]}'), rule]);
      assert.equal(fitsPlainly(rule.pattern, parseExactly(event) as JsonObject), expected);
      for (let time = 0; time < 2; time++) assert.equal(fittingRules(index, event).includes(rule), expected);
    });
  }
});

describe("the index of many rules", () => {
  it("The index of many rules is made in slices of no more than 1,000 rules", () => {
    const numeric = (index: number): string => `{"a":[{"numeric":[">",${index}]}],"b":["${index}"]}`;
    const rules = Array.from({ length: 5_000 }, (_, index) => namedPattern(numeric(index)));
    const slices = indexInSlices(rules);
    let count = 0;
    let slice = slices.next();
    for (; !slice.done; slice = slices.next()) count++;
    // They are taken in, their ranges are filed, and then they are.
    assert.ok(count >= 3 * (5_000 / 1_000), `${count} slices`);
    assert.deepEqual(slice.value.match(Buffer.from('{"a":4000,"b":["17","4001"]}')), [rules[17]]);
  });
});

/** How often each is measured; the shortest time counts. */
const [TURNS_MIN, TURNS_MAX] = [9, 45];

/** No input may take much longer than a plain one of its size, whatever the rules. */
describe("a hostile event of a MiB against 10,000 rules", () => {
  const MIB = 1_048_576;
  const COUNT = 10_000;
  const ruled = (patternOf: (index: number) => string) =>
    indexRules(Array.from({ length: COUNT }, (_, index) => namedPattern(patternOf(index))));
  const exact = ruled((index) => `{"source":["s"],"a":["id-${index}"]}`);
  const inLists = ruled((index) => `{"a":{"b":[1],"c":["id-${index}"]}}`);
  const prefixes = ruled((index) => `{"a":[{"prefix":"${"a".repeat(index % 500)}${index}"}]}`);
  const wildcards = ruled((index) => `{"a":[{"wildcard":"aab*${index}*c"}]}`);
  const ranges = ruled((index) => `{"a":[{"numeric":[">",${index},"<",${index + 2}]}]}`);
  const excluding = ruled((index) => `{"a":[{"anything-but":["x","id-${index}"]}],"b":["id-${index}"]}`);
  const fill = (unit: string): string => unit.repeat(Math.floor(MIB / unit.length));
  const list = (unit: string): string => `{"a":[${fill(`${unit},`)}${unit}]}`;
  const keys = (prefix: string): string =>
    `{${Array.from({ length: MIB / 16 }, (_, index) => `"${prefix}${index}":1`).join()}}`;
  const rows: [what: string, index: RuleIndex<NamedPattern>, event: string][] = [
    ["opening brackets", exact, "[".repeat(MIB)],
    ["opening brackets in a field", exact, `{"a":${"[".repeat(MIB)}`],
    ["opening braces in a field", exact, `{"a":${fill('{"a":')}`],
    ["keys", exact, keys("")],
    ["keys of a prototype", exact, `{"a":${keys("__proto__")}}`],
    ["the same key", exact, `{${fill('"a":"id-1",')}"a":"id-2"}`],
    [
      "matching values",
      exact,
      `{"source":"s","a":[${Array.from({ length: 80_000 }, (_, index) => `"id-${index}"`).join()}]}`,
    ],
    ["one long text", exact, `{"a":"${fill("id-1")}"}`],
    ["escapes", exact, `{"a":"${fill("\\u0061")}"}`],
    ["a text that begins as many rules", prefixes, `{"a":"${fill("a")}"}`],
    ["texts that begin as many rules", prefixes, list(`"${"a".repeat(500)}"`)],
    ["a text that many wildcards may fit", wildcards, `{"a":"${fill("aab")}"}`],
    ["digits", ranges, `{"a":${fill("1")}}`],
    ["numbers", ranges, list("5000.5")],
    ["numbers in full length", ranges, list("5000.123456789012345678901234567890")],
    ["numbers with exponents", ranges, list("50e2")],
    ["excluded values", excluding, list('"x"')],
    ["elements of a list", inLists, list('{"b":1,"c":"id-17"}')],
    [
      "elements of a list that fit many rules",
      inLists,
      `{"a":[${Array.from({ length: 40_000 }, (_, index) => `{"b":${index % 2},"c":"id-${index}"}`).join()}]}`,
    ],
    [
      "lists in lists",
      inLists,
      `{"a":${"[".repeat(1_000)}${fill('{"b":1,"c":"y"},')}{"b":1,"c":"id-17"}${"]".repeat(1_000)}}`,
    ],
  ];
  const plain = `[${fill('{"name":"value","number":17},')}1]`;
  const cpuMsOf = (work: () => unknown): number => {
    const startedAt = process.cpuUsage();
    work();
    const used = process.cpuUsage(startedAt);
    return (used.user + used.system) / 1_000;
  };
  for (const [what, index, event] of rows) {
    it(`A hostile event takes no longer than ten times JSON.parse of a plain one: ${what}`, () => {
      const bytes = Buffer.from(event);
      let [taken, parsed] = [Infinity, Infinity];
      // After some turns, since what is new is compiled first. On a busy machine it takes more of them.
      for (let turn = 0; turn < TURNS_MIN || (taken > 10 * parsed && turn < TURNS_MAX); turn++) {
        const match = cpuMsOf(() => index.match(bytes));
        const parse = cpuMsOf(() => JSON.parse(plain) as unknown);
        [taken, parsed] = [Math.min(taken, match), Math.min(parsed, parse)];
      }
      assert.ok(taken <= 10 * parsed, `${taken.toFixed(1)} ms, where a plain one takes ${parsed.toFixed(1)} ms`);
    });
  }
});
