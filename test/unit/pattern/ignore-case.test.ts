import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  endsWithIgnoreCase,
  equalsIgnoreCase,
  ignoreCase,
  startsWithIgnoreCase,
} from "../../../src/pattern/ignore-case.ts";

describe("equals-ignore-case", () => {
  const rows: [pattern: string, text: string, equal: boolean][] = [
    ["AbC", "aBc", true],
    ["abc", "abcd", false],
    ["abcd", "abc", false],
    ["straße", "STRASSE", true],
    ["straße", "Straße", true],
    ["strasse", "straße", false],
    ["ı", "I", true],
    ["i", "ı", false],
    ["k", "\u212a", false],
    ["ς", "Σ", true],
    ["ς", "σ", false],
    ["𐐀", "𐐨", true],
    ["😀", "😀", true],
    ["", "", true],
    ["", "a", false],
  ];
  for (const [pattern, text, equal] of rows) {
    it(`equals-ignore-case ${pattern} ${equal ? "takes" : "does not take"} ${text}`, () => {
      assert.equal(equalsIgnoreCase(ignoreCase(pattern), text), equal);
    });
  }

  it("equals-ignore-case works for prefixes and suffixes too, where the forms differ in length as well", () => {
    assert.ok(startsWithIgnoreCase(ignoreCase("ßa"), "SSAx"));
    assert.ok(!startsWithIgnoreCase(ignoreCase("ßa"), "SSx"));
    assert.ok(endsWithIgnoreCase(ignoreCase("aß"), "xASS"));
    assert.ok(!endsWithIgnoreCase(ignoreCase("aß"), "xSS"));
    assert.ok(!endsWithIgnoreCase(ignoreCase("aß"), "ß"));
  });

  it("equals-ignore-case never has to choose between two forms of a character that both fit: in all of Unicode", () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
      if (lower === upper) continue;
      const ambiguous = [
        [lower, upper],
        [upper, lower],
      ].some(([one = "", other = ""]) => one.startsWith(other) || one.endsWith(other));
      assert.ok(!ambiguous, `U+${code.toString(16)}`);
    }
  });
});
