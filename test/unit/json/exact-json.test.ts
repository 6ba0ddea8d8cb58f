import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseExactly } from "../../../src/json/exact-json.ts";
import { assertBoundedWork } from "../../support/bounded-work.ts";

const MIB = 1_048_576;

describe("exact JSON", () => {
  const texts = [
    "1.50",
    "-0",
    "[12345678901234567890,1e2,1E+2,0.1e-7,-1.0,1e999,37.807807921694092]",
    '{"a":1.50,"b":"1.50","c":[{"d":[1.0]},1.0,"[1e999,0]"],"__proto__":{"e":1.0},"f":-0.0}',
    '["\\"1.50\\\\",1.50,"\\\\",2.50,"\\\\u0022",3.50]',
    "[[1e999,0],[Infinity]]".replace("Infinity", "-1e999"),
  ];
  for (const text of texts) {
    it(`Exact JSON is printed with its numbers as they were written: ${text}`, () => {
      assert.equal(JSON.stringify(parseExactly(text)), text);
    });
  }

  it("Exact JSON equals JSON.parse's result where a double holds each number", () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: true }), (text) => assert.deepEqual(parseExactly(text), JSON.parse(text))),
    );
  });

  it("Exact JSON may have as many levels as an event", () => {
    const text = `${"[".repeat(1_101)}1.0${"]".repeat(1_101)}`;
    assert.equal(JSON.stringify(parseExactly(text)), text);
  });

  it("Exact JSON has the last of the members that share a name", () => {
    assert.equal(JSON.stringify(parseExactly('{"a":1.50,"a":2.50}')), '{"a":2.50}');
  });

  for (const text of ["", "1.2.3", "[1.0", "01", "{1.0:2}", '["a]', "1.0 2.0", "--1"]) {
    it(`Text that is no JSON is refused: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseExactly(text), SyntaxError);
    });
  }

  const shapes: readonly [what: string, make: (bytes: number) => string][] = [
    ["a list of whole numbers", (bytes) => `[${"1,".repeat(bytes / 2)}1]`],
    ["a list of fractions", (bytes) => `[${"1.5,".repeat(bytes / 4)}1]`],
    ["a list of numbers that a double changes", (bytes) => `[${"1.0,".repeat(bytes / 4)}1]`],
    ["one long number", (bytes) => "1".repeat(bytes)],
    ["a long text", (bytes) => `"${"x".repeat(bytes)}"`],
    ["a text of escapes", (bytes) => `"${'\\"'.repeat(bytes / 2)}"`],
    ["nothing but quotes", (bytes) => '"'.repeat(bytes)],
  ];
  for (const [what, make] of shapes) {
    it(`Reading exact JSON takes linear time: ${what}`, async () => {
      // No event is longer.
      const text = make(MIB);
      await assertBoundedWork(what, MIB, () => parseExactly(text));
    });
  }

  it("Reading exact JSON takes linear time: members that share a name", async () => {
    const same = `{${'"a":1.0,'.repeat(MIB / 8)}"a":1}`;
    await assertBoundedWork("members that share a name", MIB, () => parseExactly(same));
  });
});
