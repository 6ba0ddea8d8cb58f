import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import { matchesWildcard, parseWildcard } from "../../../src/pattern/wildcard.ts";
import { cpuTimer } from "../../support/cpu-time.ts";

/** The definition: a star is nothing, or one character and the same star. */
function naive(tokens: readonly string[], text: string): boolean {
  const [token, ...rest] = tokens;
  if (token === undefined) return text === "";
  if (token === "*") return naive(rest, text) || (text !== "" && naive(tokens, text.slice(1)));
  return text.startsWith(token.slice(-1)) && naive(rest, text.slice(1));
}

const literal = fc.constantFrom("a", "b", "\\*", "\\\\");
const tokens = fc
  .array(fc.tuple(fc.boolean(), fc.array(literal, { maxLength: 3 })), { maxLength: 4 })
  .map((parts) => parts.flatMap(([star, letters]) => (star ? ["*", ...letters] : letters)))
  .map((parts) => parts.filter((part, index) => part !== "*" || parts[index - 1] !== "*"));

describe("wildcards", () => {
  it("A wildcard matches exactly what its definition matches", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "\\"), maxLength: 10 });
    const property = fc.property(tokens, text, (parts, value) => {
      assert.equal(matchesWildcard(parseWildcard(parts.join("")), value), naive(parts, value));
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it("A wildcard's beginning and end do not share characters", () => {
    assert.equal(matchesWildcard(["aba", "ba"], "aba"), false);
    assert.equal(matchesWildcard(["aba", "ba"], "ababa"), true);
  });

  it("A wildcard is decided in one pass over a text made to need several", () => {
    const cpuMs = cpuTimer();
    assert.equal(matchesWildcard(["", "a", "a", "a", "a", "b"], "a".repeat(1_000_000)), false);
    assert.ok(cpuMs() < 1_000);
  });
});

describe("the bound on wildcards", () => {
  const accepts = (...wildcards: string[]) =>
    parsePattern(JSON.stringify({ a: wildcards.map((wildcard) => ({ wildcard })) })).ok;

  it("The bound on wildcards lets ordinary wildcards pass, several to a field too", () => {
    assert.ok(accepts("arn:aws:*:*:*:event-bus/*"));
    assert.ok(accepts("*.bif", "*.tiff", "*.tif", "*.svs"));
    assert.ok(accepts("*/datasync/*.bif", "*/datasync/*.tif"));
    assert.ok(accepts("a*b*c*d*e*f*g*h"));
  });

  it("The bound on wildcards refuses sequences that repeat after wildcards, in one wildcard and over several of a field", () => {
    assert.ok(!accepts("*:*:*:*:*:event-bus/*"));
    assert.ok(!accepts("*/data/*.bif", "*/data/*.tif", "*/data/*.tiff", "*/data/*.svs"));
  });

  it("The bound on wildcards does not count escaped stars", () => {
    assert.ok(accepts("\\*:\\*:\\*:\\*:\\*:\\*:\\*:\\*:\\*:event-bus/*"));
  });

  it("The bound on wildcards is soon decided for a list that is made to take long", () => {
    const cpuMs = cpuTimer();
    accepts(...["ab", "ba", "aab"].map((unit) => `*${unit.repeat(500)}*`));
    assert.ok(cpuMs() < 2_000);
  });
});
