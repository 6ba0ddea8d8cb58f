import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Json } from "../../../src/json/json.ts";
import { parsePath, selectPath } from "../../../src/json/json-path.ts";

const event = JSON.parse(`{
  "detail-type": "OrderPlaced",
  "resources": ["first", "second"],
  "detail": {
    "order_id": 7,
    "nothing": null,
    "a.b": "dotted",
    "it's": "quoted",
    "back\\\\slash": "escaped",
    "path/to": "slashed",
    "__proto__": { "polluted": true },
    "items": [
      { "sku": "A", "tags": ["x", "y"] },
      { "name": "no sku" },
      { "sku": "C", "tags": ["z"] }
    ],
    "prices": { "net": 10, "gross": 12 },
    "empty": []
  }
}`) as Json;

function select(text: string): Json | undefined {
  const parsed = parsePath(text);
  assert.ok(parsed.ok, `${text} ${parsed.ok ? "" : parsed.reason}`);
  return selectPath(parsed.path, event);
}

describe("JSON paths", () => {
  const findings: [path: string, value: Json][] = [
    ["$", event],
    ["$.detail-type", "OrderPlaced"],
    ["$.detail.order_id", 7],
    ["$.detail.nothing", null],
    ["$.detail.path/to", "slashed"],
    ["$.resources[1]", "second"],
    ["$.detail.items[2].sku", "C"],
    ["$['detail-type']", "OrderPlaced"],
    ["$.detail['a.b']", "dotted"],
    ["$['detail']['it\\'s']", "quoted"],
    ["$.detail['back\\\\slash']", "escaped"],
    ["$.detail.__proto__", { polluted: true }],
    ["$.resources[*]", ["first", "second"]],
    ["$.resources.*", ["first", "second"]],
    ["$.detail.prices.*", [10, 12]],
    ["$.detail.prices[*]", [10, 12]],
    ["$.detail.items[*].sku", ["A", "C"]],
    ["$.detail.items[*].tags[*]", ["x", "y", "z"]],
    ["$.detail.items[*].missing", []],
    ["$.detail.empty[*]", []],
    ["$.detail.order_id[*]", []],
  ];
  for (const [path, value] of findings) {
    it(`The path ${path} finds ${JSON.stringify(value).slice(0, 40)}`, () => assert.deepEqual(select(path), value));
  }

  const misses = [
    "$.missing",
    "$.detail.missing.deeper",
    "$.detail.order_id.digits",
    "$.detail-type[0]",
    "$.detail-type.length",
    "$.resources.length",
    "$.resources[2]",
    "$.detail[0]",
    "$.missing[*]",
    "$.constructor",
    "$.toString",
    "$.__proto__",
    "$.detail.prices.__proto__",
    "$.detail.__proto__.constructor",
  ];
  for (const path of misses) {
    it(`The path ${path} finds nothing`, () => assert.equal(select(path), undefined));
  }

  const refusals: [path: string, reason: string][] = [
    ["", "must start with $"],
    ["detail.total", "must start with $"],
    ["$detail", 'cannot be read from "detail" on'],
    ["$.", 'cannot be read from "." on'],
    ["$..total", 'cannot be read from "..total" on'],
    ["$.detail.", 'cannot be read from "." on'],
    ["$.a b", 'cannot be read from " b" on'],
    ["$.items[-1]", 'cannot be read from "[-1]" on'],
    ["$.items[0:2]", 'cannot be read from "[0:2]" on'],
    ["$.items[?(@.sku)]", 'cannot be read from "[?(@.sku)]" on'],
    ["$.items[]", 'cannot be read from "[]" on'],
    ["$['']", "cannot be read from \"['']\" on"],
    ["$['open", 'cannot be read from "[\'open" on'],
    [`$.${"x".repeat(255)}`, "is longer than 256 characters"],
    [`$${".x".repeat(65)}`, "has more than 64 steps"],
  ];
  for (const [path, reason] of refusals) {
    it(`The path ${path.slice(0, 24)} is refused: it ${reason.slice(0, 40)}`, () =>
      assert.deepEqual(parsePath(path), { ok: false, reason }));
  }

  it("A JSON path may be 256 characters long and have 64 steps", () => {
    assert.ok(parsePath(`$.${"x".repeat(254)}`).ok);
    assert.ok(parsePath(`$${".x".repeat(64)}`).ok);
  });
});
