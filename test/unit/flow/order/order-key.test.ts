import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { orderKeyOf } from "../../../../src/flow/order/order-key.ts";

const keyOf = (json: string, path = "$.detail.id"): string | undefined => orderKeyOf({ body: Buffer.from(json) }, path);

describe("The key of an event", () => {
  it("is what the path finds, and tells numbers from texts and long numbers from each other", () => {
    assert.equal(keyOf('{"detail":{"id":"o-1"}}'), '"o-1"');
    assert.notEqual(keyOf('{"detail":{"id":"1"}}'), keyOf('{"detail":{"id":1}}'));
    assert.notEqual(keyOf('{"detail":{"id":12345678901234567890}}'), keyOf('{"detail":{"id":12345678901234567891}}'));
    assert.equal(keyOf('{"resources":["a"]}', "$.resources[0]"), '"a"');
  });

  it("is none where the path finds nothing, or null, or what is no JSON", () => {
    for (const json of ['{"detail":{}}', '{"detail":{"id":null}}', "no JSON"]) assert.equal(keyOf(json), undefined);
  });

  it("is bounded, and a long one stays a key of its own", () => {
    const long = (end: string): string | undefined => keyOf(`{"detail":{"id":"${"x".repeat(10_000)}${end}"}}`);
    assert.ok((long("a")?.length ?? 0) < 100);
    assert.notEqual(long("a"), long("b"));
    assert.equal(long("a"), long("a"));
  });

  it("of a payload that is redriven is that of the event beside it", () => {
    const body = Buffer.from('{"total":1}');
    const rendered = { eventJson: '{"detail":{"id":"o-1"}}' };
    assert.equal(orderKeyOf({ body, rendered }, "$.detail.id"), '"o-1"');
  });
});
