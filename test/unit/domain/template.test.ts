import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { parseExactly } from "../../../src/json/exact-json.ts";
import type { TemplateContext } from "../../../src/domain/rule/template.ts";
import { parseTemplate, renderTemplate } from "../../../src/domain/rule/template.ts";

const event = {
  version: "0",
  id: "7bf73129",
  "detail-type": "OrderPlaced",
  source: "shop.checkout",
  account: "000000000000",
  time: "2026-01-02T03:04:05Z",
  region: "us-east-1",
  resources: ["arn:one"],
  detail: {
    text: "plain",
    hard: 'say "hi" \\ <text>\n',
    number: 12.5,
    yes: true,
    nothing: null,
    object: { acc_id: "0a78", sf_id: "baz" },
    list: ["ACTIVE", "INACTIVE"],
    empty: "",
  },
};
const eventJson = JSON.stringify(event);

const context: TemplateContext = {
  event,
  eventJson,
  ruleArn: "arn:aws:events:us-east-1:000000000000:rule/orders/big",
  ruleName: "big",
  ingestionTimeMs: Date.parse("2026-01-02T03:04:06.789Z"),
};

/** A variable of the same name for each member of the detail, and one that finds nothing. */
const paths: Record<string, string> = { missing: "$.detail.nowhere" };
for (const name of Object.keys(event.detail)) paths[name] = `$.detail.${name}`;

function render(inputTemplate: string, inputPathsMap = paths, using = context) {
  const parsed = parseTemplate(inputPathsMap, inputTemplate);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.reason);
  return renderTemplate(parsed.template, using);
}

describe("JSON templates", () => {
  const cases: [template: string, json: string][] = [
    ['{"a": <text>}', '{"a":"plain"}'],
    ['{"a": <hard>}', '{"a":"say \\"hi\\" \\\\ <text>\\n"}'],
    ['{"a": <number>, "b": [9, <yes>, <nothing>]}', '{"a":12.5,"b":[9,true,null]}'],
    ['{"a": <object>, "b": <list>}', '{"a":{"acc_id":"0a78","sf_id":"baz"},"b":["ACTIVE","INACTIVE"]}'],
    ['{"a": <missing>, "b": "<missing>", "c": <empty>}', '{"a":"","b":"","c":""}'],
    ['{"a": "<text>", "b": "is <number>, <yes>, <nothing>"}', '{"a":"plain","b":"is 12.5, true, null"}'],
    ['{"a": "the \\"<hard>\\""}', '{"a":"the \\"say \\"hi\\" \\\\ <text>\\n\\""}'],
    ['{\n  "spaced out" : [ 1 , "a : b" ]\n}', '{"spaced out":[1,"a : b"]}'],
    ["<object>", '{"acc_id":"0a78","sf_id":"baz"}'],
    ["[<text>, <text>]", '["plain","plain"]'],
    ["true", "true"],
    ['{"a": "", "b": " "}', '{"a":"","b":" "}'],
    ['{"arn": <aws.events.rule-arn>}', '{"arn":"arn:aws:events:us-east-1:000000000000:rule/orders/big"}'],
    ['{"at": <aws.events.event.ingestion-time>}', '{"at":"2026-01-02T03:04:06Z"}'],
    ['{"at": "<aws.events.event.ingestion-time> by <aws.events.rule-name>"}', '{"at":"2026-01-02T03:04:06Z by big"}'],
    ['{"event": <aws.events.event.json>}', `{"event":${eventJson}}`],
  ];
  for (const [template, json] of cases) {
    it(`The JSON template ${JSON.stringify(template)} gives ${json.slice(0, 60)}`, () =>
      assert.deepEqual(render(template), { ok: true, json }));
  }

  it("A JSON template is given the event without its detail and with keys in camelCase as <aws.events.event>", () => {
    const rendered = render('{"event": <aws.events.event>}');
    assert.ok(rendered.ok);
    const { version, id, source, account, time, region, resources } = event;
    assert.deepEqual(JSON.parse(rendered.json), {
      event: { version, id, detailType: "OrderPlaced", source, account, time, region, resources },
    });
  });

  for (const name of ["object", "list"]) {
    it(`A JSON template fails on an event that has a value of kind ${name} for a placeholder in quotes`, () =>
      assert.deepEqual(render(`{"a": "<${name}>"}`), {
        ok: false,
        message: `<${name}> is in quotes, and what the event has for it is an object or a list`,
      }));
  }
});

describe("text templates", () => {
  const cases: [template: string, text: string][] = [
    ['"order <number> is <text>"', "order 12.5 is plain"],
    ['  "<text>"\n', "plain"],
    ['"instance \\"<text>\\" is \\u0041"', 'instance "plain" is A'],
    ['"<hard>"', 'say "hi" \\ <text>\n'],
    ['"<object> and <list>"', "{acc_id:0a78,sf_id:baz} and [ACTIVE,INACTIVE]"],
    ['"<yes>, <nothing>, <missing>."', "true, null, ."],
    ['"{[/starts strangely: <text>"', "{[/starts strangely: plain"],
    ['"<aws.events.rule-name> triggered"', "big triggered"],
    ['"1 < 2 and <text>"', "1 < 2 and plain"],
    ['"first <text>"\n"second <number>"', "first plain\nsecond 12.5"],
    ['""', ""],
  ];
  for (const [template, text] of cases) {
    it(`The text template ${JSON.stringify(template)} gives one string: ${JSON.stringify(text)}`, () => {
      const rendered = render(template);
      assert.ok(rendered.ok);
      assert.equal(JSON.parse(rendered.json), text);
    });
  }
});

describe("rendering", () => {
  it("A rendered template keeps numbers as they were written when the event was parsed exactly", () => {
    const exactly = '{"detail":{"big":12345678901234567890,"price":1.50}}';
    const map = { big: "$.detail.big", all: "$.detail" };
    const using = { ...context, event: parseExactly(exactly) as JsonObject };
    assert.deepEqual(render('{"a":<big>,"b":"<big>","c":<all>}', map, using), {
      ok: true,
      json: '{"a":12345678901234567890,"b":"12345678901234567890","c":{"big":12345678901234567890,"price":1.50}}',
    });
  });

  it("A template fails on a result longer than 6 MiB, however few characters that are", () => {
    for (const detail of ["x".repeat(1024 * 1024), "世".repeat(350_000)]) {
      const rendered = render(`[${"<x>,".repeat(6)}1]`, { x: "$.detail" }, { ...context, event: { detail } });
      assert.deepEqual(rendered, { ok: false, message: "the input is longer than 6291456 bytes" });
    }
  });

  it("A template fails on a value nested more deeply than can be printed", () => {
    const using = { ...context, event: { detail: JSON.parse("[".repeat(100_000) + "]".repeat(100_000)) as Json } };
    assert.deepEqual(render("<x>", { x: "$.detail" }, using), { ok: false, message: "the event is nested too deeply" });
  });
});

describe("parsing a template", () => {
  const refusals: [why: string, template: string, reason: string][] = [
    ["unknown placeholder", '{"a": <b>}', "contains invalid placeholder b"],
    ["unknown placeholder in text", '"<b> and <text>"', "contains invalid placeholder b"],
    ["unknown reserved name", '"<aws.events.event.id>"', "contains invalid placeholder aws.events.event.id"],
    ["inherited name", '"<constructor>"', "contains invalid placeholder constructor"],
    ["empty name", '"<>"', "contains invalid placeholder "],
    ["placeholder as a key", "{<text>: 1}", "is neither JSON nor text in double quotes"],
    ["placeholder in a key", '{"<text>-id": 1}', "has the placeholder <text> in a key"],
    ["event in quotes", '{"a": "<aws.events.event>"}', "has <aws.events.event> in quotes, where no object can stand"],
    ["text without quotes", "order <text>", "is neither JSON nor text in double quotes"],
    ["empty template", "", "is neither JSON nor text in double quotes"],
    ["open quote", '"order <text>', "is neither JSON nor text in double quotes"],
    ["open brace", '{"a": <text>', "is neither JSON nor text in double quotes"],
    ["two numbers that only white space parts", '{"a": 1 2}', "is neither JSON nor text in double quotes"],
    ["two values in one place", '{"a": <text><text>}', "is neither JSON nor text in double quotes"],
    ["a value that completes a number", '{"a": 1<text>}', "is neither JSON nor text in double quotes"],
    ["a value that completes an escape", '"\\<text>n"', "is neither JSON nor text in double quotes"],
    ["a line break in a string", '"one\ntwo"', "is neither JSON nor text in double quotes"],
    ["a template of 8193 characters", `"${"x".repeat(8191)}"`, "is longer than 8192 characters"],
  ];
  for (const [why, template, reason] of refusals) {
    it(`A template is refused for ${why}`, () =>
      assert.deepEqual(parseTemplate(paths, template), { ok: false, reason }));
  }

  it("A template's variable with a path that cannot be read is refused", () =>
    assert.deepEqual(parseTemplate({ x: "$..id" }, "<x>"), {
      ok: false,
      reason: 'takes <x> from the path "$..id", which cannot be read from "..id" on',
    }));

  it("A template's variable with a reserved or otherwise strange name is refused", () => {
    for (const name of ["aws.events.rule-arn", "a b", "", "x".repeat(257)]) {
      assert.equal(parseTemplate({ [name]: "$.id" }, '"x"').ok, false, name);
    }
  });

  it("A template may have 100 variables, and is refused with 101", () => {
    const variables = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`v${i}`, "$.id"]));
    assert.ok(parseTemplate(variables(100), '"<v0><v99>"').ok);
    assert.deepEqual(parseTemplate(variables(101), '"<v0>"'), { ok: false, reason: "has more than 100 variables" });
  });
});

describe("a template and its definition", () => {
  // The definition: a JSON value that holds markers, and what each marker stands for.
  const scalar = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const value = fc.jsonValue() as fc.Arbitrary<Json>;

  it("A template and its definition agree on values in JSON", () =>
    fc.assert(
      fc.property(value, value, fc.string({ unit: "binary" }), (a, b, fixed) => {
        const label = fixed.replaceAll("<", "");
        const template = `{"label": ${JSON.stringify(label)}, "a": <a>, "in": [<b>, {"a": <a>}]}`;
        const rendered = render(
          template,
          { a: "$.detail.a", b: "$.detail.b" },
          { ...context, event: { detail: { a, b } } },
        );
        assert.ok(rendered.ok);
        const expected = JSON.parse(JSON.stringify({ label, a, in: [b, { a }] })) as Json;
        assert.deepEqual(JSON.parse(rendered.json), expected);
      }),
    ));

  it("A template and its definition agree on values in text, within JSON and as a whole", () =>
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const text = `${text_(a)}, "${text_(b)}"\n`;
        const using = { ...context, event: { detail: { a, b } } };
        for (const [template, expected] of [
          ['{"t": "<a>, \\"<b>\\"\\n"}', { t: text }],
          ['"<a>, \\"<b>\\"\\n"', text],
        ] as const) {
          const rendered = render(template, { a: "$.detail.a", b: "$.detail.b" }, using);
          assert.ok(rendered.ok);
          assert.deepEqual(JSON.parse(rendered.json), expected);
        }
      }),
    ));

  it("A text template always makes JSON, whatever the values", () =>
    fc.assert(
      fc.property(value, (a) => {
        const rendered = render('"<a>"', { a: "$.detail.a" }, { ...context, event: { detail: { a } } });
        assert.ok(rendered.ok);
        assert.equal(typeof JSON.parse(rendered.json), "string");
      }),
    ));

  function text_(scalarValue: string | number | boolean | null): string {
    return typeof scalarValue === "string" ? scalarValue : JSON.stringify(scalarValue);
  }
});
