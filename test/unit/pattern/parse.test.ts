import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";

function reasonFor(pattern: string): string | undefined {
  const parsed = parsePattern(pattern);
  return parsed.ok ? undefined : parsed.reason;
}

const valueTokens = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const wrongAnythingBut = "Value of anything-but must be an array or single string/number value.";
const mixedList = "Inside anything but list, either all values are number or string, mixed type is not supported";
const tooComplex =
  "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character";

const structure: [pattern: string, reason: string][] = [
  ['{"source":"a"}', '"source" must be an object or an array'],
  ['{"detail":{"n":5}}', '"n" must be an object or an array'],
  ['["a"]', "Filter is not an object"],
  ['"a"', "Filter is not an object"],
  ["", "Filter is not an object"],
  ['{"a":[]}', "Empty arrays are not allowed"],
  ["{}", "Empty objects are not allowed"],
  ['{"a":{}}', "Empty objects are not allowed"],
  ['{"a":[["x"]]}', "Match value must be String, number, true, false, or null"],
  ['{"a":[{}]}', "Match expression name not found"],
  ['{"a":[{"regex":"x"}]}', "Unrecognized match type regex"],
  ['{"a":[{"Prefix":"x"}]}', "Unrecognized match type Prefix"],
  ['{"a":[{"prefix":"x","suffix":"y"}]}', "Only one key allowed in match expression"],
  ['{"a":[{"prefix":"x","prefix":"y"}]}', "Only one key allowed in match expression"],
  ['{"a":[{"numeric":["=",1],"prefix":"y"}]}', "Only one key allowed in match expression"],
  ['{"a":[{"anything-but":"x","prefix":"y"}]}', "Only one key allowed in match expression"],
  ['{"a":[{"anything-but":{"prefix":"x","suffix":"y"}}]}', "Only one key allowed in match expression"],
];

const text: [pattern: string, reason: string][] = [
  ['{"a":[{"prefix":5}]}', "prefix match pattern must be a string"],
  ['{"a":[{"prefix":["x"]}]}', "prefix match pattern must be a string"],
  ['{"a":[{"suffix":5}]}', "suffix match pattern must be a string"],
  ['{"a":[{"equals-ignore-case":["x"]}]}', "equals-ignore-case match pattern must be a string"],
  ['{"a":[{"prefix":{"equals-ignore-case":5}}]}', "equals-ignore-case match pattern must be a string"],
  ['{"a":[{"suffix":{"wildcard":"x"}}]}', "Unsupported suffix pattern: wildcard"],
  ['{"a":[{"exactly":5}]}', "exact match pattern must be a string"],
  ['{"a":[{"wildcard":5}]}', "wildcard match pattern must be a string"],
  ['{"a":[{"wildcard":"**"}]}', "Consecutive wildcard characters at pos 1"],
  ['{"a":[{"wildcard":"é**"}]}', "Consecutive wildcard characters at pos 3"],
  ['{"a":[{"wildcard":"ab\\\\c"}]}', "Invalid escape character at pos 3"],
  ['{"a":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}', tooComplex],
  ['{"a":[{"exists":"true"}]}', "exists match pattern must be either true or false."],
  ['{"a":[{"exists":null}]}', "exists match pattern must be either true or false."],
];

const anythingBut: [pattern: string, reason: string][] = [
  ['{"a":[{"anything-but":{"prefix":5}}]}', "prefix/suffix match pattern must be a string"],
  ['{"a":[{"anything-but":{"suffix":["x",5]}}]}', "prefix/suffix match pattern must be a string"],
  ['{"a":[{"anything-but":{"suffix":""}}]}', "Null prefix/suffix not allowed"],
  ['{"a":[{"anything-but":{"prefix":["x",""]}}]}', "Null prefix/suffix not allowed"],
  ['{"a":[{"anything-but":null}]}', wrongAnythingBut],
  ['{"a":[{"anything-but":{"prefix":{"suffix":"x"}}}]}', wrongAnythingBut],
  ['{"a":[{"anything-but":[null]}]}', "Inside anything but list, start|null|boolean is not supported."],
  ['{"a":[{"anything-but":[["x"]]}]}', "Inside anything but list, start|null|boolean is not supported."],
  ['{"a":[{"anything-but":["x",5]}]}', mixedList],
  ['{"a":[{"anything-but":[]}]}', mixedList],
  [
    '{"a":[{"anything-but":{"equals-ignore-case":["x",5]}}]}',
    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
  ],
  ['{"a":[{"anything-but":{"wildcard":5}}]}', "wildcard match pattern must be a string"],
  ['{"a":[{"anything-but":{"wildcard":["a**"]}}]}', "Consecutive wildcard characters at pos 2"],
  ['{"a":[{"anything-but":{"wildcard":"*:*:*:*:*:event-bus/*"}}]}', tooComplex],
  ['{"a":[{"anything-but":{"numeric":["=",5]}}]}', "Unsupported anything-but pattern: numeric"],
];

const numbers: [pattern: string, reason: string][] = [
  ['{"a":[{"numeric":5}]}', "Value of numeric must be an array."],
  ['{"a":[{"numeric":[]}]}', "Invalid member in numeric match: ]"],
  ['{"a":[{"numeric":[5]}]}', "Invalid member in numeric match: 5"],
  ['{"a":[{"numeric":["!=",5]}]}', "Unrecognized numeric range operator: !="],
  ['{"a":[{"numeric":["=","5"]}]}', "Value of equals must be numeric"],
  ['{"a":[{"numeric":["<","5"]}]}', "Value of < must be numeric"],
  ['{"a":[{"numeric":[">",1,">",5]}]}', "Bad numeric range operator: >"],
  ['{"a":[{"numeric":[">",1,5]}]}', "Bad value in numeric range: 5"],
  ['{"a":[{"numeric":[">",1,"<","x"]}]}', "Value of < must be numeric"],
  ['{"a":[{"numeric":[">",5,"<=",5]}]}', "Bottom must be less than top"],
  ['{"a":[{"numeric":["<",5,">",1]}]}', "Too many elements in numeric expression"],
  ['{"a":[{"numeric":[">",1,"<",5,6]}]}', "Too many terms in numeric range expression"],
];

const addresses: [pattern: string, reason: string][] = [
  ['{"a":[{"cidr":["10.0.0.0/8"]}]}', "prefix match pattern must be a string"],
  ['{"a":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR, one '/' required"],
  ['{"a":[{"cidr":"10.0.0.0/8/8"}]}', "Malformed CIDR, one '/' required"],
  ['{"a":[{"cidr":"10.0.0.0/x"}]}', "Malformed CIDR, mask bits must be an integer"],
  ['{"a":[{"cidr":"10.0.0.0/-1"}]}', "Malformed CIDR, mask bits must not be negative"],
  ['{"a":[{"cidr":"10.0.0.0/32"}]}', "IPv4 mask bits must be < 32"],
  ['{"a":[{"cidr":"2001:db8::/128"}]}', "IPv6 mask bits must be < 128"],
  ['{"a":[{"cidr":"example.com/8"}]}', "Nonstandard IP address: example.com"],
  ['{"a":[{"cidr":"10.0.0.256/8"}]}', "Invalid IP address: 10.0.0.256"],
];

const syntax: [pattern: string, reason: string][] = [
  ["hello", `Unrecognized token 'hello': was expecting ${valueTokens}`],
  ['{"a":[yes]}', `Unrecognized token 'yes': was expecting ${valueTokens}`],
  ['{"a":[truest]}', `Unrecognized token 'truest': was expecting ${valueTokens}`],
  ["{'a':[1]}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"],
  ['{"a":[1],}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"],
  ["{a:[1]}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"],
  ['{"a" [1]}', "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value"],
  ['{"a":[1 2]}', "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"],
  ['{"a":[1,]}', `Unexpected character (']' (code 93)): expected a valid value ${valueTokens}`],
  [
    '{"a":[1}',
    `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"a":[1}"; line: 1, column: 6])`,
  ],
  ['{"a":[01]}', "Invalid numeric value: Leading zeroes not allowed"],
  ['{"a":["\\x"]}', "Unrecognized character escape 'x' (code 120)"],
  ['{"a":["x', "Unexpected end-of-input: was expecting closing quote for a string value"],
  [
    '{\n "a":["x"',
    'Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"{\n "a":["x""; line: 2, column: 6])',
  ],
  ['{"a":["x"]} {', "Unexpected character ('{' (code 123)): expected end of input"],
];

describe("A bad pattern is refused in AWS's words", () => {
  const tables = { structure, text, anythingBut, numbers, addresses, syntax };
  for (const [table, rows] of Object.entries(tables)) {
    describe(table, () => {
      for (const [pattern, reason] of rows) it(pattern, () => assert.equal(reasonFor(pattern), reason));
    });
  }

  it("A pattern's reason is the mistake that comes first in the text, a wrong match before an open bracket", () => {
    assert.equal(reasonFor('{"a":"x"'), '"a" must be an object or an array');
  });

  it("A pattern's mistake is placed at the token that is wrong, and nowhere where the whole is", () => {
    const placeIn = (pattern: string): string | undefined => {
      const parsed = parsePattern(pattern);
      assert.ok(!parsed.ok, pattern);
      return parsed.at === undefined ? undefined : pattern.slice(parsed.at);
    };
    for (const [pattern, place] of [
      ['{"source": "a", "b": ["x"]}', '"a", "b": ["x"]}'],
      ['{"a": ["x", {"regex": "y"}]}', '"regex": "y"}]}'],
      ['{"a": [{"prefix": "x", "suffix": "y"}]}', '"suffix": "y"}]}'],
      ['{"a": [] }', "] }"],
      ['{"a": ["x"] "b": ["y"]}', '"b": ["y"]}'],
      ['{"a": ["x", tru]}', "tru]}"],
      ['{"a": ["x"', ""],
      ["", ""],
      ['{"$or": [{"a": ["x"]}, {"b": [{"numeric": ["<", "1"]}]}]}', '"1"]}]}]}'],
    ] as const) {
      assert.equal(placeIn(pattern), place, pattern);
    }
    assert.equal(placeIn(`{"a": [{"wildcard": "${"*a*b".repeat(40)}"}]}`), undefined);
  });

  it("A pattern nested more deeply than 100 levels is refused, by brackets or by dots", () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}["x"]${"}".repeat(levels)}`;
    const dotted = (levels: number) => JSON.stringify({ [Array(levels).fill("a").join(".")]: ["x"] });
    const tooDeep = "Event pattern is nested too deeply: at most 100 levels are supported";
    for (const shape of [nested, dotted]) {
      assert.equal(reasonFor(shape(100)), undefined);
      assert.equal(reasonFor(shape(101)), tooDeep);
      assert.equal(reasonFor(shape(20_000)), tooDeep);
    }
  });

  it("A pattern of more than 1,000 combinations of the branches of $or is refused", () => {
    const branches = (name: string) =>
      `{"$or":[${Array.from({ length: 10 }, (_, i) => `{"${name}${i}":["x"]}`).join()}]}`;
    const three = `{"a":${branches("a")},"b":${branches("b")},"c":${branches("c")}}`;
    assert.equal(reasonFor(three), undefined);
    const four = `${three.slice(0, -1)},"d":${branches("d")}}`;
    assert.equal(reasonFor(four), "Event pattern contains more than 1000 rule combinations");
  });
});

describe("$or as a name of a field", () => {
  it("$or is a field's name when one of its objects holds a name that operators have", () => {
    const parsed = parsePattern('{"$or":[{"exists":true},{"prefix":"x"}]}');
    assert.ok(parsed.ok);
    assert.equal(parsed.pattern.alternatives[0]?.fields[0]?.name, "$or");
  });

  it("$or is a field's name when it is not an array", () => {
    const parsed = parsePattern('{"$or":{"a":["x"]}}');
    assert.ok(parsed.ok);
    assert.equal(parsed.pattern.alternatives[0]?.fields[0]?.name, "$or.a");
  });

  it("$or is no field's name when an entry of a list in it is wrong, which is the reason then", () => {
    const reasons: readonly [entry: string, reason: string][] = [
      ['{"cidr":"10.0.0.1/32"}', "IPv4 mask bits must be < 32"],
      ['{"prefix":1}', "prefix match pattern must be a string"],
      ['{"wildcard":"a**b"}', "Consecutive wildcard characters at pos 2"],
      ['{"numeric":[">",5,"<",5]}', "Bottom must be less than top"],
      ['["x"]', "Match value must be String, number, true, false, or null"],
    ];
    for (const [entry, reason] of reasons) {
      assert.equal(reasonFor(`{"$or":[{"ip":[${entry}]},{"a":[1]}]}`), reason);
      assert.equal(reasonFor(`{"$or":[{"a":[1]},{"b":{"$or":[{"c":[2]},{"ip":[1,${entry}]}]}}]}`), reason);
    }
  });

  it("$or that is a field's name is one in the whole pattern, so that a mistake elsewhere is reported of the first branch", () => {
    assert.equal(reasonFor('{"$or":[{"a":["x"]},{"b":["y"]}],"c":"z"}'), "Unrecognized match type a");
  });
});
