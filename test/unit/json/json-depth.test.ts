import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DETAIL_LEVELS_MAX, EVENT_LEVELS_MAX, isDeeperThan } from "../../../src/json/depth.ts";
import { explainedEvent } from "../../../src/flow/explain/explained-event.ts";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { indexRules } from "../../../src/pattern/rule-index.ts";
import { pathTree, valuesAt } from "../../../src/pattern/explain/values-at.ts";
import { fitsPlainly, namedPattern } from "../../support/pattern-cases.ts";

const IDENTITY = { accountId: "000000000000", region: "us-east-1" };

/** An object of so many levels, with a text at the innermost. */
function nested(levels: number): string {
  return `{"a":${"[".repeat(levels - 1)}"x"${"]".repeat(levels - 1)}}`;
}

describe("levels of an event", () => {
  it("The levels of an event count its objects and lists, however wide they are", () => {
    for (const [json, levels] of [
      ["1", 0],
      ["{}", 1],
      ['{"a":[1,2],"b":{"c":[]}}', 3],
    ] as const) {
      const value = JSON.parse(json) as Json;
      assert.equal(isDeeperThan(levels, value), false, json);
      assert.equal(isDeeperThan(levels - 1, value), levels > 0, json);
    }
    assert.equal(isDeeperThan(EVENT_LEVELS_MAX, JSON.parse(nested(100_000)) as Json), true);
  });

  it("The levels of an event have one bound, for matching it, trying its rules one by one, and explaining it", () => {
    const rule = namedPattern('{"a":["x"]}');
    for (const levels of [EVENT_LEVELS_MAX, EVENT_LEVELS_MAX + 1]) {
      const fits = levels === EVENT_LEVELS_MAX;
      const json = nested(levels);
      const event = JSON.parse(json) as JsonObject;
      assert.deepEqual(indexRules([rule]).match(Buffer.from(json)), fits ? [rule] : "unreadable");
      assert.equal(fitsPlainly(rule.pattern, event), fits);
      assert.equal(valuesAt(pathTree(["a"]), event).has("a"), fits);
      assert.equal(explainedEvent(event, IDENTITY, 0).ok, fits);
    }
  });

  it("The levels of an event are those of its detail and one more", () => {
    for (const levels of [DETAIL_LEVELS_MAX, DETAIL_LEVELS_MAX + 1]) {
      const read = explainedEvent({ Source: "s", DetailType: "t", Detail: nested(levels) }, IDENTITY, 0);
      assert.equal(read.ok, levels === DETAIL_LEVELS_MAX);
      if (!read.ok) assert.equal(read.reason, "is no entry: its Detail must have no more than 1100 levels");
    }
  });
});
