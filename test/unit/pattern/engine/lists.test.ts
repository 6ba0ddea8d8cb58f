import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RULE_STEPS_MAX } from "../../../../src/flow/explain/event-explanation.ts";
import type { JsonObject } from "../../../../src/json/json.ts";
import { missesOf } from "../../../../src/pattern/explain/explain.ts";
import { matches } from "../../../../src/pattern/matches.ts";
import { indexRules } from "../../../../src/pattern/rule-index.ts";
import { Steps } from "../../../../src/pattern/steps.ts";
import { assertBoundedWork } from "../../../support/bounded-work.ts";
import { LIST_CASES } from "../../../support/aws/list-events.ts";
import { fitsPlainly, fittingRules, namedPattern } from "../../../support/pattern-cases.ts";
import { propertyRuns } from "../../../support/property-runs.ts";

const MIB = 1_048_576;

describe("a rule over several lists", () => {
  for (const { what, pattern, eventJson } of LIST_CASES) {
    it(`A rule over several lists is matched, tried and explained in bounded time for an event of a MiB: ${what}`, async () => {
      const rule = namedPattern(JSON.stringify(pattern));
      const index = indexRules([rule]);
      // What is new is compiled first, which a large event is not to pay for.
      for (let turn = 0; turn < 20; turn++) {
        const small = eventJson(8_000);
        index.match(Buffer.from(small));
        missesOf(rule.pattern, JSON.parse(small) as JsonObject, new Steps(RULE_STEPS_MAX));
      }
      const json = eventJson(MIB);
      const bytes = Buffer.from(json);
      const event = JSON.parse(json) as JsonObject;
      await assertBoundedWork(`matching ${what}`, MIB, () => index.match(bytes));
      await assertBoundedWork(`trying ${what}`, MIB, () => matches(rule.pattern, event));
      await assertBoundedWork(`explaining ${what}`, MIB, () =>
        missesOf(rule.pattern, event, new Steps(RULE_STEPS_MAX)),
      );
    });

    it(`A rule over several lists is matched as the plain matcher does it: ${what}`, () => {
      const rule = namedPattern(JSON.stringify(pattern));
      for (const bytes of [100, 1_000]) {
        const json = eventJson(bytes);
        const fits = matches(rule.pattern, JSON.parse(json) as JsonObject);
        // Where even a short one is too costly for the plain matcher, the engine may know more.
        if (fits === "too costly") continue;
        assert.deepEqual(fittingRules(indexRules([rule]), json), fits ? [rule] : [], json);
      }
    });
  }

  it("An event whose lists multiply is too costly to match, which is no answer that it does not match", () => {
    const multiplied = LIST_CASES.filter(({ isMultiplied }) => isMultiplied);
    for (const { pattern, eventJson } of multiplied) {
      const rule = namedPattern(JSON.stringify(pattern));
      assert.equal(matches(rule.pattern, JSON.parse(eventJson(MIB)) as JsonObject), "too costly");
    }
    const [first] = multiplied;
    assert.ok(first);
    const always = namedPattern('{"never":[{"exists":false}]}');
    const index = indexRules([always, namedPattern(JSON.stringify(first.pattern))]);
    assert.equal(index.match(Buffer.from(first.eventJson(MIB))), "too costly");
    // What was left of it is not carried over to the next event.
    assert.deepEqual(index.match(Buffer.from("{}")), [always]);
  });

  it("A rule over several lists is matched as the plain matcher does it, whatever lists stand beside and inside each other", () => {
    let found = 0;
    let pairs = 0;
    fc.assert(
      fc.property(listPattern, fc.array(listEvent, { minLength: 10, maxLength: 10 }), (patternJson, events) => {
        const rule = namedPattern(JSON.stringify(patternJson));
        const index = indexRules([rule, namedPattern('{"no":["x"]}')]);
        for (const event of events) {
          const fits = fitsPlainly(rule.pattern, event);
          const json = JSON.stringify(event);
          assert.deepEqual(fittingRules(index, json), fits ? [rule] : [], `${rule.name} on ${json}`);
          pairs++;
          if (fits) found++;
        }
      }),
      propertyRuns(3_000),
    );
    assert.ok(found > pairs / 100, `${found} of ${pairs} matched: the property says too little`);
  });
});

const LISTS = ["p", "q", "r", "s"];
const FIELDS = ["a", "b", "a-c"];
const field = fc.constantFrom(...FIELDS);
const entries = fc.constantFrom<readonly unknown[]>(
  [1, 2],
  [1, 2, 3],
  [{ numeric: ["<", 3] }],
  [1],
  [{ exists: false }],
  [1, { exists: false }],
  [{ exists: true }],
  [{ "anything-but": 1 }],
  [{ "anything-but": [1, 2] }, 2],
);

/** Fields of an element of a list, some of which are lists of objects themselves. */
const asked = fc.letrec<{ fields: object; value: unknown }>((tie) => ({
  fields: fc.dictionary(field, tie("value"), { minKeys: 1, maxKeys: 2 }),
  value: fc.oneof(
    { depthSize: "small", maxDepth: 2 },
    { weight: 4, arbitrary: entries },
    { weight: 1, arbitrary: tie("fields") },
  ),
})).fields;

/** A pattern over two to four lists: beside each other, in one object, or in the elements of another list. */
const listPattern = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...LISTS), { minLength: 2, maxLength: 3 }), fc.array(asked, { minLength: 4 }))
  .chain(([names, parts]) => {
    const lists = Object.fromEntries(names.map((name, index) => [name, parts[index] ?? {}]));
    return fc.constantFrom<object>(lists, { o: lists }, { p: { ...parts[0], ...lists } });
  });

const scalar = fc.constantFrom(1, 1, 2, 3);
const present = fc.letrec<{ element: object; value: unknown; list: unknown[] }>((tie) => ({
  element: fc.dictionary(fc.constantFrom(...FIELDS, ...FIELDS, "a.b", "p", "q"), tie("value"), {
    minKeys: 2,
    maxKeys: 5,
  }),
  value: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    { weight: 5, arbitrary: scalar },
    { weight: 1, arbitrary: tie("list") },
    { weight: 1, arbitrary: tie("element") },
  ),
  list: fc.array(
    fc.oneof({ maxDepth: 3 }, { weight: 6, arbitrary: tie("element") }, { weight: 1, arbitrary: tie("list") }, scalar),
    { maxLength: 4 },
  ),
}));
const lists = fc.dictionary(
  fc.constantFrom(...LISTS, "p.a", "q.b"),
  fc.oneof({ weight: 4, arbitrary: present.list }, { weight: 1, arbitrary: present.element }),
  { minKeys: 4, maxKeys: 6 },
);
const listEvent = fc
  .tuple(lists, lists, present.element)
  .chain(([some, others, element]) =>
    fc.constantFrom(
      some,
      { o: some, "o.p": others["p"] ?? [] },
      { o: [some, others] },
      { p: [{ ...element, ...some }, others] },
    ),
  ) as fc.Arbitrary<JsonObject>;
