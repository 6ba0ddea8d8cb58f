import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderHttpParameters } from "../../../src/domain/target/http-parameters.ts";
import type { JsonObject } from "../../../src/json/json.ts";

const EVENT: JsonObject = { source: "shop", detail: { id: "a/1", total: 1.5, tags: ["x"], dots: ".." } };
const NONE = { path: [], headers: {}, query: {} };

describe("parameters of a target for the call of an API destination", () => {
  it("A parameter that is a path stands for what it finds in the event, and any other for itself", () => {
    const rendered = renderHttpParameters(
      {
        path: ["$.detail.id", "$ 5"],
        headers: { "X-S": "$.source" },
        query: { t: "$.detail.total", l: "$.detail.tags" },
      },
      () => EVENT,
    );
    assert.deepEqual(rendered, {
      ok: true,
      parameters: { path: ["a/1", "$ 5"], headers: { "X-S": "shop" }, query: { t: "1.5", l: '["x"]' } },
    });
  });

  it("An event is read only where a parameter is taken from it", () => {
    const rendered = renderHttpParameters({ ...NONE, query: { a: "b" } }, () => assert.fail("not read"));
    assert.ok(rendered.ok);
  });

  for (const [what, path, event, message] of [
    ["finds nothing", "$.detail.none", EVENT, /\$\.detail\.none of httpParameters finds nothing/],
    ["is of an event that is not known", "$.source", undefined, /finds nothing/],
    ["leads to another path", "$.detail.dots", EVENT, /would lead to another path/],
  ] as const) {
    it(`A path parameter that ${what} fails`, () => {
      const rendered = renderHttpParameters({ ...NONE, path: [path] }, () => event);
      assert.ok(!rendered.ok);
      assert.match(rendered.message, message);
    });
  }
});
