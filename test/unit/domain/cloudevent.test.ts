import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CloudEvent, HTTP } from "cloudevents";
import { CLOUDEVENT_CONTENT_TYPE, composeCloudEvent } from "../../../src/domain/event/cloudevent.ts";
import type { EventParts } from "../../../src/domain/event/event.ts";
import { composeEvent } from "../../../src/domain/event/event.ts";
import type { JsonObject } from "../../../src/json/json.ts";

function eventOf(detailJson: string, overrides: Partial<EventParts> = {}) {
  return composeEvent({
    id: "e-1",
    detailType: "OrderPlaced",
    source: "shop.checkout",
    account: "000000000000",
    timeMs: Date.parse("2026-01-02T03:04:05.678Z"),
    region: "us-east-1",
    resources: ["order/17", "customer/3"],
    detailJson,
    ...overrides,
  });
}

/** The CloudEvent of an event that is delivered as it is. */
function composedOf(event: { json: string }): string {
  const fields = JSON.parse(event.json) as JsonObject;
  return composeCloudEvent({ deliveryId: "d-1", payloadJson: event.json, event: fields });
}

/** Reads a CloudEvent in structured mode as a receiver does, which also checks it against the specification. */
function received(json: string): CloudEvent<unknown> {
  const event = HTTP.toEvent({ headers: { "content-type": CLOUDEVENT_CONTENT_TYPE }, body: json });
  assert.ok(event instanceof CloudEvent);
  event.validate();
  return event as CloudEvent<unknown>;
}

const OWN = {
  specversion: "1.0",
  id: "ce-9",
  source: "/cars/4",
  type: "com.example.opened",
  time: "2026-01-02T03:04:05.678901Z",
  subject: "door",
  datacontenttype: "application/json",
  dataschema: "https://example.com/door",
  lane: "left",
  hops: 3,
};

describe("a CloudEvent made of an event", () => {
  it("A CloudEvent made of an event has its id, source, detail-type, time, first resource and detail", () => {
    const event = received(composedOf(eventOf('{"total":100}')));
    assert.equal(event.id, "e-1");
    assert.equal(event.source, "shop.checkout");
    assert.equal(event.type, "OrderPlaced");
    assert.equal(Date.parse(event.time ?? ""), Date.parse("2026-01-02T03:04:05Z"));
    assert.equal(event.subject, "order/17");
    assert.deepEqual(event.data, { total: 100 });
  });

  it("A CloudEvent made of an event keeps the spelling of the detail's numbers", () => {
    const json = composedOf(eventOf('{"total":1.50, "id":12345678901234567890}'));
    assert.ok(json.endsWith('"data":{"total":1.50, "id":12345678901234567890}}'), json);
  });

  it("A CloudEvent made of an event without resources has no subject", () => {
    assert.equal(received(composedOf(eventOf("{}", { resources: [] }))).subject, undefined);
  });

  it("A CloudEvent's source percent-encodes what a URI-reference cannot hold", () => {
    assert.equal(received(composedOf(eventOf("{}", { source: "my shop <ü>" }))).source, "my%20shop%20%3C%C3%BC%3E");
  });

  it("A CloudEvent's data is what an input transformer made", () => {
    const fields = JSON.parse(eventOf('{"total":100}').json) as JsonObject;
    const event = received(composeCloudEvent({ deliveryId: "d-1", payloadJson: '"order 17"', event: fields }));
    assert.equal(event.id, "e-1");
    assert.equal(event.data, "order 17");
  });
});

describe("a CloudEvent made of an event that came as one", () => {
  it("An event that came as a CloudEvent gets its own attributes and extensions again", () => {
    const json = composedOf(eventOf('{"door":"open"}', { id: "e-1", cloudevent: OWN }));
    assert.deepEqual(JSON.parse(json), { ...OWN, data: { door: "open" } });
    assert.deepEqual(received(json).data, { door: "open" });
  });

  it("An event that came as a CloudEvent gains no time and no subject", () => {
    const cloudevent = { id: "ce-9", source: "/cars/4", type: "opened" };
    const composed = JSON.parse(composedOf(eventOf("{}", { cloudevent }))) as JsonObject;
    assert.deepEqual(composed, { specversion: "1.0", ...cloudevent, data: {} });
  });

  const wrapped: [string, string, JsonObject][] = [
    ["text", '{"data":"open"}', { data: "open" }],
    ["a list", '{"data":[1,{"a":2}]}', { data: [1, { a: 2 }] }],
    ["null", '{"data":null}', { data: null }],
    ["binary data", '{"data_base64":"AAEC"}', { data_base64: "AAEC" }],
    ["an object with an object named data", '{"data":{"a":1}}', { data: { data: { a: 1 } } }],
    ["an object with data among others", '{"data":1,"b":2}', { data: { data: 1, b: 2 } }],
    ["an object whose data_base64 is no text", '{"data_base64":1}', { data: { data_base64: 1 } }],
  ];
  for (const [what, detailJson, members] of wrapped) {
    it(`An event that came as a CloudEvent gets ${what} back as it was`, () => {
      const json = composedOf(eventOf(detailJson, { cloudevent: OWN }));
      assert.deepEqual(JSON.parse(json), { ...OWN, ...members });
      assert.equal(received(json).id, "ce-9");
    });
  }

  it("A CloudEvent describes a payload made by an input transformer as JSON, under its own identity", () => {
    const { json: eventJson } = eventOf('{"data":"<door/>"}', {
      cloudevent: { ...OWN, datacontenttype: "application/xml" },
    });
    const fields = JSON.parse(eventJson) as JsonObject;
    const json = composeCloudEvent({ deliveryId: "d-1", payloadJson: '{"id":"17"}', event: fields });
    const event = received(json);
    assert.deepEqual(
      { id: event.id, lane: event["lane"], type: event.datacontenttype, schema: event.dataschema, data: event.data },
      { id: "ce-9", lane: "left", type: "application/json", schema: undefined, data: { id: "17" } },
    );
  });
});

describe("a CloudEvent made of a function's record", () => {
  for (const [condition, result] of [
    ["Success", "Success"],
    ["RetriesExhausted", "Failure"],
  ]) {
    it(`A CloudEvent made of a record says that the invocation ended as ${String(result)}`, () => {
      const record = { version: "1.0", requestContext: { condition, functionArn: "arn:aws:lambda:f" } };
      const payloadJson = JSON.stringify(record);
      const event = received(composeCloudEvent({ deliveryId: "d-1", payloadJson, event: undefined }));
      assert.equal(event.id, "d-1");
      assert.equal(event.source, "lambda");
      assert.equal(event.type, `Lambda Function Invocation Result - ${String(result)}`);
      assert.equal(event.subject, "arn:aws:lambda:f");
      assert.deepEqual(event.data, record);
    });
  }
});
