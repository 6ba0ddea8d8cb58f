import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareNumerals, LongNumber, readNumeral } from "../../../src/json/numeral.ts";
import { indexRules } from "../../../src/pattern/rule-index.ts";
import { assertBoundedWork } from "../../support/bounded-work.ts";
import { namedPattern } from "../../support/pattern-cases.ts";

/** Numbers of few digits, of many, and some that lie close together. */
const digits = fc.oneof(
  fc.nat(99).map(String),
  fc.stringMatching(/^[1-9]\d{0,20}$/),
  fc.constantFrom("9007199254740993"),
);
const numberText = fc
  .tuple(
    fc.constantFrom("", "-"),
    digits,
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.\d{1,20}$/), fc.constant(".0")),
    fc.oneof(
      fc.constant(""),
      fc.integer({ min: -30, max: 30 }).map((power) => `e${power}`),
    ),
  )
  .map((parts) => parts.join(""));

/** The number times ten to the 60th, which makes it whole. */
function scaled(text: string): bigint {
  const [mantissa = "", power = "0"] = text.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return BigInt(whole + fraction) * 10n ** BigInt(60 + Number(power) - fraction.length);
}

/** The same number in another spelling. */
function respelled(text: string): string {
  const [mantissa = "", power = "0"] = text.split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.`}000e${power}`;
}

describe("numbers", () => {
  it("A number is compared exactly, however many digits it has and however it is written", () => {
    fc.assert(
      fc.property(numberText, numberText, (one, other) => {
        const order = scaled(one) < scaled(other) ? -1 : scaled(one) > scaled(other) ? 1 : 0;
        assert.equal(Math.sign(compareNumerals(readNumeral(one), readNumeral(other))), order, `${one} and ${other}`);
        assert.equal(compareNumerals(readNumeral(one), readNumeral(respelled(one))), 0, one);
      }),
      { numRuns: 2_000 },
    );
  });

  it("A number is a double only where the double prints as that number", () => {
    for (const text of ["0", "-0", "1.50", "3.0e2", "0.1", "12345678901234567000", "1e308", "5e-324"])
      assert.equal(readNumeral(text), Number(text), text);
    for (const text of ["9007199254740993", "1234567890123456789", "37.807807921694092", "1e309", "1e-400"])
      assert.ok(readNumeral(text) instanceof LongNumber, text);
  });
});

describe("reading numbers", () => {
  const MEBIBYTE = 1024 * 1024;
  const rules = indexRules([namedPattern('{"a":[1234567890123456789,{"numeric":["<",1e400]}]}')]);
  const rows: [what: string, json: string][] = [
    ["one number of very many digits", `{"a":${"1".repeat(MEBIBYTE)}}`],
    ["an exponent of very many digits", `{"a":1e${"1".repeat(MEBIBYTE)}}`],
    ["very many numbers too long for a double", `{"a":[${"1234567890123456788,".repeat(MEBIBYTE / 20)}1]}`],
    ["very many numbers nearly too long for one", `{"a":[${"123456789012345,".repeat(MEBIBYTE / 16)}1]}`],
  ];
  for (const [what, json] of rows) {
    it(`Reading a number takes time in proportion to its length: ${what}`, async () => {
      const event = Buffer.from(json);
      await assertBoundedWork(`matching ${what}`, event.length, () => rules.match(event));
    });
  }
});
