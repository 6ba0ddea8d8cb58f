import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readFilterPattern } from "../../../../src/domain/logs/filter/filter-pattern.ts";

const LINES = [
  "START RequestId: a",
  "[ERROR] no such order",
  "WARN: slow, order o-1",
  '{"level":"ERROR","n":5,"user":null,"tags":["x","y"],"ok":true}',
  '{"level":"INFO","n":2,"path":"/orders/1","a b":1}',
];

/** Which of the lines fit, by their places. */
function fitting(pattern: string): readonly number[] {
  const read = readFilterPattern(pattern);
  assert.ok(read.ok, pattern);
  return LINES.flatMap((line, place) => (read.fits(line) ? [place] : []));
}

describe("A filter pattern", () => {
  for (const [pattern, expected] of [
    ["", [0, 1, 2, 3, 4]],
    ["  ", [0, 1, 2, 3, 4]],
    ["ERROR", [1, 3]],
    ["error", []],
    ["ERROR order", [1]],
    ["?ERROR ?WARN", [1, 2, 3]],
    ["?ERROR ?START order", [1, 2, 4]],
    ["order -ERROR", [2, 4]],
    ['"such order"', [1]],
    ['"level\\":\\"INFO"', [4]],
    ['-"RequestId: a" -level', [1, 2]],
    ['{ $.level = "ERROR" }', [3]],
    ["{ $.level = ERROR }", [3]],
    ['{ $.level != "ERROR" }', [4]],
    ['{ $.level = "*R*R" && $.n > 3 }', [3]],
    ['{ $.path = "/orders/*" }', [4]],
    ['{ $.path = "/orders/*/1" }', []],
    ["{ $.n >= 2 && ($.n < 3 || $.ok IS TRUE) }", [3, 4]],
    ["{ $.n = 5 || $.n = 2.0 }", [3, 4]],
    ["{ $.user IS NULL }", [3]],
    ["{ $.user NOT EXISTS }", [4]],
    ['{ $.tags[1] = "y" }', [3]],
    ["{ $.none != 1 }", []],
  ] as const) {
    it(`"${pattern}" fits what CloudWatch Logs says`, () => assert.deepEqual(fitting(pattern), expected));
  }

  for (const pattern of [
    '"open',
    'a"b',
    "%E.*%",
    "[a, b]",
    "{ $.a }",
    "{ $.a = }",
    "{ level = 1 }",
    "{ $.a > x }",
    "{ ($.a = 1 }",
    `{ ${"(".repeat(20)}$.a = 1${")".repeat(20)} }`,
  ]) {
    it(`"${pattern}" is refused with a sentence`, () => {
      const read = readFilterPattern(pattern);
      assert.ok(!read.ok && read.problem.endsWith("."));
    });
  }
});
