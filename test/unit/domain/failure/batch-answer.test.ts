import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { failedIds } from "../../../../src/domain/failure/batch-answer.ts";

const IDS = new Set(["one", "two", "three"]);

function failedBy(responseJson: string | undefined, isReported = true): readonly string[] {
  const outcome: Outcome = { ok: true, statusCode: 200, ...(responseJson === undefined ? {} : { responseJson }) };
  return [...failedIds(outcome, IDS, isReported)];
}

const failures = (...items: readonly unknown[]) => JSON.stringify({ batchItemFailures: items });

describe("What a function's answer says of a batch", () => {
  for (const answer of [
    undefined,
    '""',
    "null",
    "[]",
    "{}",
    '{"batchItemFailures":[]}',
    '{"batchItemFailures":null}',
    '{"statusCode":200}',
  ]) {
    it(`${answer ?? "nothing"}: all succeeded`, () => assert.deepEqual(failedBy(answer), []));
  }

  it("names the records that failed", () => {
    assert.deepEqual(failedBy(failures({ itemIdentifier: "two" }, { itemIdentifier: "one" })), ["two", "one"]);
  });

  for (const answer of [
    failures({ itemIdentifier: "" }),
    failures({ itemIdentifier: null }),
    failures({ foo: "one" }),
    failures({ itemIdentifier: "one" }, { itemIdentifier: "four" }),
    failures("one"),
    '{"batchItemFailures":"one"}',
    '"no"',
    "1",
    '["one"]',
    "not JSON",
  ]) {
    it(`${answer}: all failed`, () => assert.deepEqual(failedBy(answer), [...IDS]));
  }

  it("says nothing where the mapping does not ask", () => {
    assert.deepEqual(failedBy(failures({ itemIdentifier: "two" }), false), []);
    assert.deepEqual(failedBy("not JSON", false), []);
  });

  it("is that all failed where the call did", () => {
    const outcome: Outcome = { ok: false, reason: "function_error", message: "no", responseJson: failures() };
    assert.deepEqual([...failedIds(outcome, IDS, true)], [...IDS]);
    assert.deepEqual([...failedIds(outcome, IDS, false)], [...IDS]);
  });
});
