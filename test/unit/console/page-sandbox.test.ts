import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { jsonMistakeAt, tokenEnd } from "../../../console/src/logic/text/json-mistake.ts";
import { ruleFilterOf, rulesPath, targetPath } from "../../../console/src/logic/rules/rules.ts";
import {
  fieldMarks,
  indentedExactly,
  missesIn,
  patternLike,
  readEvent,
  readPattern,
} from "../../../console/src/logic/event/sandbox.ts";
import { patternYaml } from "../../../console/src/logic/text/yaml.ts";
import { parseExactly } from "../../../src/json/exact-json.ts";
import { parseJson, type JsonObject } from "../../../src/json/json.ts";

const EVENT = '{"source":"shop","detail-type":"Paid","detail":{"total":40,"id":12345678901234567890}}';

function misses(eventJson: string, patternJson: string) {
  const [event, pattern] = [readEvent(eventJson), readPattern(patternJson)];
  assert.ok(event.ok && pattern.ok);
  return missesIn(pattern.pattern, event.event);
}

const reasonOf = (read: { readonly ok: boolean; readonly reason?: string }) => (read.ok ? "read" : read.reason);

describe("The sandbox", () => {
  it("names no missing field where the event matches, long numbers compared digit by digit", () => {
    assert.deepEqual(misses(EVENT, '{"source":["shop"],"detail":{"id":[12345678901234567890]}}'), []);
    assert.equal(misses(EVENT, '{"detail":{"id":[12345678901234567891]}}').length, 1);
  });

  it("names each field that keeps the event from the pattern, with what would fit and what there is", () => {
    assert.deepEqual(
      misses(EVENT, '{"source":["shop"],"detail":{"total":[{"numeric":[">=",100]}],"approver":["ann"]}}'),
      [
        { field: "detail.approver", expected: ['"ann"'], found: [], hints: [] },
        { field: "detail.total", expected: ['{"numeric":[">=",100]}'], found: [40], hints: [] },
      ],
    );
  });

  it("marks each field of the pattern, of the branch that the event comes nearest to, with what it has and what is asked", () => {
    const pattern = readPattern(
      '{"source":["shop"],"$or":[{"detail":{"total":[{"numeric":[">=",100]}]}},{"a":[1],"b":[2]}]}',
    );
    const event = readEvent(EVENT);
    assert.ok(event.ok && pattern.ok);
    assert.deepEqual(fieldMarks(pattern.pattern, event.event), [
      { field: "detail.total", holds: false, expected: ['{"numeric":[">=",100]}'], found: ["40"] },
      { field: "source", holds: true, expected: ['"shop"'], found: ['"shop"'] },
    ]);
    const long = readPattern('{"detail":{"id":[12345678901234567890]}}');
    assert.ok(long.ok);
    assert.deepEqual(
      fieldMarks(long.pattern, event.event).map(({ holds, found }) => [holds, ...found]),
      [[true, "12345678901234567890"]],
    );
  });

  it("gives up on an event that takes too many steps, and says neither yes nor no", () => {
    const list = Array.from({ length: 3_000 }, (_, a) => ({ a, b: -a }));
    const pattern = '{"detail":{"x":{"a":[{"exists":true}]},"y":{"a":[{"exists":true}]},"x.b":[1],"y.b":[1]}}';
    const event = JSON.stringify({ detail: { x: [list, list, list], "x.b": list, y: Array(40).fill(list) } });
    assert.equal(misses(event, pattern), "too costly");
  });

  it("says what is wrong with an event", () => {
    assert.equal(reasonOf(readEvent(" ")), "is missing.");
    assert.match(String(reasonOf(readEvent('{"a":}'))), /^is not JSON: Unexpected token '}'/);
    assert.match(String(reasonOf(readEvent("[1]"))), /^must be a JSON object/);
    assert.match(String(reasonOf(readEvent(`{"a":${"[".repeat(1_200)}${"]".repeat(1_200)}}`))), /1101 levels/);
  });

  it("says what is wrong with a pattern in the router's words, and warns of one that no event matches", () => {
    assert.equal(reasonOf(readPattern("")), "is missing.");
    assert.equal(reasonOf(readPattern('{"source":"shop"}')), 'is not valid: "source" must be an object or an array');
    assert.match(String(reasonOf(readPattern('{"source":["a"'))), /^is not valid: Unexpected end-of-input/);
    const read = readPattern('{"sorce":["a"]}');
    assert.ok(read.ok);
    assert.match(read.warnings.join(), /matches no event: .*did you mean "source"/);
  });

  it("begins with a pattern for events of the same source and type", () => {
    assert.deepEqual(JSON.parse(patternLike(EVENT)), { source: ["shop"], "detail-type": ["Paid"] });
    assert.deepEqual(misses(EVENT, patternLike(EVENT)), []);
    assert.equal(patternLike('{"detail":1}'), "");
    assert.equal(patternLike("no event"), "");
  });

  it("indents JSON without changing a number, and leaves any other text as it is", () => {
    assert.equal(indentedExactly('{"a":[1.50,1e400]}'), '{\n  "a": [\n    1.50,\n    1e400\n  ]\n}');
    assert.equal(indentedExactly('{"a":"\u202e"}'), '{\n  "a": "\\u202e"\n}');
    assert.equal(indentedExactly("{"), "{");
  });
});

describe("A pattern as YAML", () => {
  const yamlOf = (json: string) => patternYaml(parseExactly(json) as JsonObject);

  it("reads as people write it", () => {
    const json =
      '{"source":["shop.checkout"],"detail":{"total":[{"numeric":[">=",100]}],"$or":[{"a":[null]},{"no":["no"]}]}}';
    assert.equal(
      yamlOf(json),
      `eventPattern:
  source: [shop.checkout]
  detail:
    total: [{ numeric: [">=", 100] }]
    $or: [{ a: [null] }, { "no": ["no"] }]`,
    );
  });

  it("has a line for each item of a long list, and every number as it was written", () => {
    const items = Array.from({ length: 20 }, (_, n) => `order-${n}`);
    const yaml = yamlOf(JSON.stringify({ a: items }));
    assert.ok(yaml.startsWith("eventPattern:\n  a:\n    - order-0\n    - order-1\n"));
    assert.deepEqual(parse(yaml), { eventPattern: { a: items } });
    assert.equal(yamlOf('{"a":[12345678901234567890,1.50]}'), "eventPattern:\n  a: [12345678901234567890, 1.50]");
  });

  it("is read as the same JSON, whatever stands in it", () => {
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "grapheme" }),
        fc.constantFrom(
          "yes",
          "Null",
          "e0",
          "E-12",
          "~",
          "1",
          "0x1",
          "a: b",
          "# c",
          "- d",
          "<<",
          "\n",
          "\u2028",
          "a\\",
        ),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 12 }), tie("json"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    const keys = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("$or", "on", "e7", "detail-type", "a.b"));
    fc.assert(
      fc.property(fc.dictionary(keys, json, { maxKeys: 4, noNullPrototype: true }), (pattern) => {
        for (const version of ["1.1", "1.2"] as const) {
          assert.deepEqual(parse(patternYaml(pattern as JsonObject), { version, merge: true }), {
            eventPattern: pattern,
          });
        }
      }),
    );
  });
});

describe("A mistake in JSON", () => {
  it("has a place exactly where a browser cannot read the text", () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", '"', "}", "x", "\\", "-", "\n"))
      .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1));
    let wrong = 0;
    fc.assert(
      fc.property(damaged, (text) => {
        const at = jsonMistakeAt(text);
        if (at !== undefined) wrong += 1;
        // Without any token there is none that is wrong.
        if (text.trim() !== "") assert.equal(at === undefined, parseJson(text) !== undefined, JSON.stringify(text));
        assert.ok(at === undefined || (at >= 0 && at <= text.length));
      }),
    );
    assert.ok(wrong > 20, `${wrong} were wrong`);
  });

  it("is at the token that does not belong there, which ends with its quote, its line or its word", () => {
    for (const [text, token] of [
      ['{"a": 1 "b \\" c": 2}', '"b \\" c"'],
      ['{"a": tru, "b": 2}', "tru"],
      ['{"a": "x\n, "b": 2}', '"x'],
      ["[1, 2}", "}"],
      ["[1, 01]", "01"],
      ["[1, 2", ""],
    ] as const) {
      const at = jsonMistakeAt(text) ?? assert.fail(text);
      assert.equal(text.slice(at, tokenEnd(text, at)), token);
    }
  });
});

describe("The address of rules", () => {
  it("has the filter, and leaves out what is empty or unknown", () => {
    const filter = { bus: "a&b", destination: "function/crm", rule: "big orders" };
    const path = rulesPath(filter);
    assert.deepEqual(ruleFilterOf(Object.fromEntries(new URL(path, "http://page").searchParams)), filter);
    assert.equal(rulesPath({ bus: " " }), "rules");
    assert.deepEqual(ruleFilterOf({ bus: " x ", limit: "5" }), { bus: "x" });
  });

  it("of a target is the page that shows it", () => {
    assert.equal(targetPath({ kind: "event-bus", name: "audit" }), "rules?bus=audit");
    assert.equal(targetPath({ kind: "queue", name: "a/b" }), "queues/a%2Fb");
    assert.equal(targetPath({ kind: "function", name: "crm" }), "destinations#function%2Fcrm");
    assert.equal(targetPath({ kind: "api-destination", name: "crm" }), "destinations#api-destination%2Fcrm");
  });
});
