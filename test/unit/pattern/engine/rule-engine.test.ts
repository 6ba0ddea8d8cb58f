import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseExactly } from "../../../../src/json/exact-json.ts";
import type { JsonObject } from "../../../../src/json/json.ts";
import { indexRules } from "../../../../src/pattern/rule-index.ts";
import type { NamedPattern } from "../../../support/pattern-cases.ts";
import { eventText, fitsPlainly, fittingRules, pattern } from "../../../support/pattern-cases.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const RUNS = propertyRuns(1_000);
/** Each run tries each pattern on each event. */
const PATTERNS_A_RUN = 12;
const EVENTS_A_RUN = 10;

function namesOf(rules: readonly NamedPattern[]): readonly string[] {
  return rules.map(({ name }) => name);
}

describe("the engine", () => {
  it("The engine finds what the plain matcher finds, whatever the rules and the event", () => {
    const rules = fc.array(pattern, { minLength: PATTERNS_A_RUN, maxLength: PATTERNS_A_RUN });
    const events = fc.array(eventText, { minLength: EVENTS_A_RUN, maxLength: EVENTS_A_RUN });
    let pairs = 0;
    let found = 0;
    fc.assert(
      fc.property(rules, events, (some, texts) => {
        const index = indexRules(some);
        for (const json of texts) {
          const event = parseExactly(json) as JsonObject;
          const plain = some.filter((one) => fitsPlainly(one.pattern, event));
          assert.deepEqual(namesOf(fittingRules(index, json)), namesOf(plain), json);
          pairs += some.length;
          found += plain.length;
        }
      }),
      RUNS,
    );
    assert.equal(pairs, RUNS.numRuns * PATTERNS_A_RUN * EVENTS_A_RUN);
    assert.ok(found > pairs / 100, `${found} of ${pairs} matched: the property says too little`);
  });
});
