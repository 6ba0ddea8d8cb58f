import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject } from "../../src/json/json.ts";
import { matches } from "../../src/pattern/matches.ts";
import { parsePattern } from "../../src/pattern/parse/parse.ts";
import type { Pattern } from "../../src/pattern/pattern.ts";
import type { RuleIndex } from "../../src/pattern/rule-index.ts";

/**
 * Random patterns and events for holding one matcher beside another. Names and values are few, so that much of what a
 * rule asks is there; events are texts, so that everything can be written in every way that JSON has for it.
 */

/** Few enough for lists in lists to have what several fields ask. */
const COMMON_NAMES = ["p", "q"];
const NAMES = ["p", "q", "r", "p.q", "q.r", "p-q", "", "__proto__", "ü"];
const TEXTS = [
  "a",
  "b",
  "ab",
  "abc",
  "ba",
  "aXbXc",
  "",
  "A",
  "aB",
  "ß",
  "SS",
  "é",
  "É",
  "ı",
  "I",
  "K",
  "😀",
  "a😀b",
  "\ud83d",
  "\ude00",
];
const ADDRESSES = ["10.0.0.1", "10.0.0.01", "10.0.1.1", "300.1.1.1", "::1", "0:0::0:1", "2001:db8::5", "::ffff:a00:1"];
const NUMBERS = [
  "0",
  "-0",
  "1",
  "1.0",
  "10e-1",
  "1E0",
  "1.5",
  "15e-1",
  "2",
  "-1",
  "300",
  "3.0e2",
  "1e999",
  "-1e999",
  "1e-400",
];
const LONG_NUMBERS = [
  "0.1",
  "0.1000000000000000055511151231257827",
  "0.10000000000000002",
  "0.100000000000000000",
  "-122.42916360922355",
  "-122.42916360922355100",
  "-122.429163609223551",
  "37.807807921694092",
  "37.807807921694091",
];
const LARGE_NUMBERS = [
  "9007199254740992",
  "9007199254740993",
  "9007199254740993.0",
  "9007199254740994",
  "1234567890123456788",
  "1234567890123456789",
  "1.234567890123456789e18",
  "1234567890123456800",
  "123456789012345678901234567890",
  "1e999999999999999999999",
  "1e400",
  "10e399",
  "-1e400",
];
const EVERY_NUMBER = [...NUMBERS, ...LONG_NUMBERS, ...LARGE_NUMBERS];

const name = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...COMMON_NAMES) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
);
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "ab") },
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.constantFrom(...ADDRESSES) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
);

/** A JSON string in one of the many ways to write it. */
function spelled(value: string, how: number): string {
  if (how % 3 !== 0) return JSON.stringify(value);
  const units = Array.from({ length: value.length }, (_, index) => value.charCodeAt(index));
  // Half of a surrogate pair can only be escaped, since the text is sent as UTF-8.
  const escape = (unit: number, index: number): boolean =>
    unit < 0x20 || (unit >= 0xd800 && unit < 0xe000) || ((how >> (index % 8)) & 1) === 1;
  const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
  const plain = (unit: number): string => JSON.stringify(String.fromCharCode(unit)).slice(1, -1).replace("/", "\\/");
  return `"${units.map((unit, index) => (escape(unit, index) ? hex(unit) : plain(unit))).join("")}"`;
}

const how = fc.nat(255);
const nameText = fc.tuple(name, how).map(([value, way]) => spelled(value, way));
const scalarText = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(text, how).map(([value, way]) => spelled(value, way)) },
  { weight: 3, arbitrary: fc.constantFrom(...EVERY_NUMBER) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constantFrom("true", "false", "null") },
);
const space = fc.constantFrom("", "", "", " ", "\n\t\r ");

function written([items, gap]: readonly [readonly string[], string]): string {
  return `[${gap}${items.join(`${gap},`)}${gap}]`;
}

const values = fc.letrec<{ value: string; object: string }>((tie) => ({
  object: fc
    .tuple(fc.array(fc.tuple(nameText, tie("value"), space), { maxLength: 4 }), space)
    .map(
      ([members, gap]) =>
        `{${gap}${members.map(([key, value, more]) => `${key}${more}:${gap}${value}${more}`).join(`,${gap}`)}}`,
    ),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalarText,
    fc.tuple(fc.array(tie("value"), { maxLength: 4 }), space).map(written),
    fc.tuple(fc.array(tie("object"), { maxLength: 4 }), space).map(written),
    tie("object"),
  ),
}));

/** The text of an event: an object of any kind of values, names that come twice among them. */
export const eventText: fc.Arbitrary<string> = values.object;

const operandText = fc.constantFrom(...TEXTS.filter((each) => each !== ""));
const someTexts = fc.array(operandText, { minLength: 1, maxLength: 3 });
const wildcard = fc
  .array(fc.constantFrom("a", "b", "ab", "X", "é", "😀", "*", "\\*", "\\\\", "\ud83d"), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join("").replaceAll(/\*{2,}/g, "*"));
const number = fc.constantFrom(...EVERY_NUMBER);
const comparison = fc.oneof(
  fc.tuple(fc.constantFrom("<", "<=", ">", ">=", "="), number).map(([operator, value]) => `["${operator}",${value}]`),
  fc
    .tuple(fc.constantFrom(">", ">="), number, fc.constantFrom("<", "<="), number)
    .map(([over, low, under, high]) => `["${over}",${low},"${under}",${high}]`),
);
const block = fc.constantFrom("10.0.0.0/24", "10.0.0.0/31", "0.0.0.0/0", "2001:db8::/32", "::/0", "::1/127");
const anythingBut = fc.oneof(
  operandText,
  someTexts,
  fc.record({ prefix: someTexts }),
  fc.record({ suffix: operandText }),
  fc.record({ "equals-ignore-case": someTexts }),
  fc.record({ wildcard }),
);
const object = fc.oneof(
  fc.record({ prefix: fc.oneof(text, fc.record({ "equals-ignore-case": text })) }),
  fc.record({ suffix: fc.oneof(text, fc.record({ "equals-ignore-case": text })) }),
  fc.record({ "equals-ignore-case": text }),
  fc.record({ wildcard }),
  fc.record({ exactly: text }),
  fc.record({ cidr: block }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ "anything-but": anythingBut }),
);
const matchText = fc.oneof(
  { weight: 4, arbitrary: text.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom("true", "false", "null") },
  { weight: 5, arbitrary: object.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constantFrom('{"exists":false}', '{"exists":true}') },
  { weight: 2, arbitrary: comparison.map((value) => `{"numeric":${value}}`) },
  { weight: 1, arbitrary: number.map((value) => `{"anything-but":${value}}`) },
  {
    weight: 1,
    arbitrary: fc.array(number, { minLength: 1, maxLength: 3 }).map((some) => `{"anything-but":[${some.join()}]}`),
  },
);

function branch(field: fc.Arbitrary<string>): fc.Arbitrary<[string, string][]> {
  return fc.array(fc.tuple(name, field), { minLength: 1, maxLength: 2 });
}

const patterns = fc.letrec<{ fields: string; field: string }>((tie) => ({
  field: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    { weight: 3, arbitrary: fc.array(matchText, { minLength: 1, maxLength: 4 }).map((some) => `[${some.join()}]`) },
    { weight: 2, arbitrary: tie("fields") },
  ),
  fields: fc
    .tuple(
      fc.array(fc.tuple(name, tie("field")), { minLength: 1, maxLength: 3 }),
      fc.oneof(
        { weight: 7, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(branch(tie("field")), { minLength: 2, maxLength: 3 }) },
      ),
    )
    .map(([members, branches]) => {
      const written = (some: readonly (readonly [string, string])[]): string[] =>
        some.map(([key, value]) => `${JSON.stringify(key)}:${value}`);
      const or =
        branches.length === 0 ? [] : [`"$or":[${branches.map((branch) => `{${written(branch).join()}}`).join()}]`];
      return `{${[...written(members), ...or].join()}}`;
    }),
}));

export interface NamedPattern {
  readonly name: string;
  readonly pattern: Pattern;
}

/** A pattern that can be read, by its text. */
export const pattern: fc.Arbitrary<NamedPattern> = patterns.fields.map(readPattern).filter((one) => one !== undefined);

function readPattern(json: string): NamedPattern | undefined {
  const parsed = parsePattern(json);
  return parsed.ok ? { name: json, pattern: parsed.pattern } : undefined;
}

/** A pattern that is known to be right. */
export function namedPattern(json: string): NamedPattern {
  return readPattern(json) ?? assert.fail(`${json} is no pattern`);
}

/** The rules that an event fits, which is known to be one that can be matched. */
export function fittingRules<Rule>(index: RuleIndex<Rule>, eventJson: string): readonly Rule[] {
  const rules = index.match(Buffer.from(eventJson));
  return typeof rules === "string" ? assert.fail(`the event is ${rules}`) : rules;
}

/** Whether the plain matcher finds that an event fits a pattern. */
export function fitsPlainly(pattern: Pattern, event: JsonObject): boolean {
  const fits = matches(pattern, event);
  return fits === "too costly" ? assert.fail(`the event is ${fits}`) : fits;
}
