import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TokenReader } from "../../../src/pattern/parse/json-tokens.ts";

/** Builds the value of a text out of its tokens. */
function read(text: string): unknown {
  const reader = new TokenReader(text);
  const value = build(reader);
  assert.equal(reader.next().type, "end");
  return value;
}

function build(reader: TokenReader, token = reader.next()): unknown {
  switch (token.type) {
    case "{": {
      const entries: [string, unknown][] = [];
      for (let name = reader.next(); name.type !== "}"; name = reader.next()) entries.push([name.text, build(reader)]);
      return Object.fromEntries(entries);
    }
    case "[": {
      const items: unknown[] = [];
      for (let item = reader.next(); item.type !== "]"; item = reader.next()) items.push(build(reader, item));
      return items;
    }
    case "string":
      return token.text;
    default:
      return JSON.parse(token.text);
  }
}

describe("the reader of a pattern's text", () => {
  it("The pattern reader reads what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("", " ", "\n\t"), (text, space) => {
        const spaced = JSON.stringify(JSON.parse(text), null, space);
        assert.deepEqual(read(spaced), JSON.parse(spaced));
      }),
    );
  });

  it("The pattern reader reads and refuses what JSON.parse does, whatever is broken", () => {
    const unit = fc.constantFrom(
      ...Array.from('{}[],:"\\u1a0-+.eE tnl'),
      "true",
      "false",
      "null",
      '"a"',
      '{"a":',
      "[1,",
      "\u0001",
    );
    const broken = fc.string({ unit, maxLength: 8 });
    fc.assert(
      fc.property(broken, (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          assert.throws(() => read(text), text);
          return;
        }
        assert.deepEqual(read(text), expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it("The pattern reader gives every member of an object, in the order of the text, names that repeat and numbers included", () => {
    const reader = new TokenReader('{"b":1,"2":2,"b":3}');
    const names = Array.from({ length: 8 }, () => reader.next()).filter((token) => token.type === "name");
    assert.deepEqual(
      names.map((token) => token.text),
      ["b", "2", "b"],
    );
  });
});
