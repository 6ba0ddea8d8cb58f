import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseExactly } from "../../../src/json/exact-json.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { changedIndexInSlices, isWorthRenewing } from "../../../src/pattern/layered-index.ts";
import type { RuleIndex } from "../../../src/pattern/rule-index.ts";
import { indexRules } from "../../../src/pattern/rule-index.ts";
import type { NamedPattern } from "../../support/pattern-cases.ts";
import { eventText, fitsPlainly, fittingRules, namedPattern, pattern } from "../../support/pattern-cases.ts";
import { propertyRuns } from "../../support/property-runs.ts";

type Index = RuleIndex<NamedPattern>;

/** A change: how many of the rules go, from which on, and which come. */
const change = fc.record({
  from: fc.nat(20),
  going: fc.nat(3),
  coming: fc.array(pattern, { maxLength: 3 }),
});

function changedIndex(index: Index, gone: ReadonlySet<NamedPattern>, added: readonly NamedPattern[]): Index {
  const slices = changedIndexInSlices(index, gone, added);
  let slice = slices.next();
  while (slice.done !== true) slice = slices.next();
  return slice.value;
}

/** A new object each time: two rules may have one pattern. */
function copies(rules: readonly NamedPattern[]): readonly NamedPattern[] {
  return rules.map((rule) => ({ ...rule }));
}

function numbered(count: number, prefix: string): readonly NamedPattern[] {
  return Array.from({ length: count }, (_, number) => namedPattern(`{"a":["${prefix}${number}"]}`));
}

describe("An index with changes", () => {
  it("finds what one finds that is made of the rules that there are, in their order", () => {
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 8 }),
        fc.array(change, { maxLength: 6 }),
        fc.array(eventText, { minLength: 4, maxLength: 4 }),
        (first, changes, texts) => {
          let rules = copies(first);
          let index: Index = indexRules(rules);
          for (const { from, going, coming } of changes) {
            const gone = new Set(rules.slice(from, from + going));
            const added = copies(coming);
            index = changedIndex(index, gone, added);
            rules = [...rules.filter((rule) => !gone.has(rule)), ...added];
            assert.deepEqual(index.rules, rules);
            for (const json of texts) {
              const plain = rules.filter((one) => fitsPlainly(one.pattern, parseExactly(json) as JsonObject));
              assert.deepEqual(fittingRules(index, json), plain);
            }
          }
        },
      ),
      propertyRuns(500),
    );
  });

  it("is worth to be made anew after some hundred changes, and is not afterwards", () => {
    const rules = numbered(1_000, "x");
    let index: Index = indexRules(rules);
    for (const [number, rule] of rules.slice(0, 200).entries()) {
      assert.equal(isWorthRenewing(index), number > 125);
      index = changedIndex(index, new Set([rule]), numbered(1, `y${number}-`));
    }
    assert.equal(isWorthRenewing(indexRules(index.rules)), false);
  });

  it("says of an event that is not JSON that it is unreadable", () => {
    const index = changedIndex(indexRules(numbered(1, "x")), new Set(), numbered(1, "y"));
    assert.equal(index.match(Buffer.from("{")), "unreadable");
  });
});
