import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CloudEvent, HTTP } from "cloudevents";
import type { RequestListener } from "node:http";
import request from "supertest";
import { BATCH_EVENTS_MAX } from "../../../src/edge/cloudevents/handler.ts";
import { publicApp } from "../../support/http/public-app.ts";

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

const ATTRIBUTES = { specversion: "1.0", id: "e-1", source: "/shop/checkout", type: "OrderPlaced" };
const BINARY = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/shop/checkout", "ce-type": "OrderPlaced" };

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

async function post(
  app: RequestListener,
  headers: Readonly<Record<string, unknown>>,
  body: unknown,
  path = "/events",
): Promise<Answer> {
  const {
    status,
    headers: answered,
    text,
  } = await request(app)
    .post(path)
    .set(headers as Record<string, string>)
    .serialize((value) => value as unknown as string)
    .buffer(true)
    .send(Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
  return { status, headers: answered, body: JSON.parse(text) };
}

async function structured(app: RequestListener, event: unknown): Promise<Answer> {
  return post(app, { "content-type": STRUCTURED }, event);
}

async function batch(app: RequestListener, events: unknown): Promise<Answer> {
  return post(app, { "content-type": BATCH }, events);
}

function assertProblem({ status, headers, body }: Answer, expected: number, detail: string | RegExp): void {
  const problem = body as { status: number; title: string; detail: string; type: string };
  if (typeof detail === "string") assert.equal(problem.detail, detail);
  else assert.match(problem.detail, detail);
  assert.equal(status, expected);
  assert.equal(problem.status, expected);
  assert.equal(problem.type, "about:blank");
  assert.equal(headers["content-type"], "application/problem+json");
}

describe("CloudEvents as the cloudevents package sends them", () => {
  const event = new CloudEvent({
    id: "e-1",
    source: "/shop/checkout",
    type: "OrderPlaced",
    time: "2026-01-02T03:04:05.678Z",
    subject: "order 7: 50% größer",
    tenant: "blue",
    data: { total: 250 },
  });
  const attributes = {
    specversion: "1.0",
    id: "e-1",
    source: "/shop/checkout",
    type: "OrderPlaced",
    time: "2026-01-02T03:04:05.678Z",
    subject: "order 7: 50% größer",
    tenant: "blue",
  };
  const entry = {
    id: "e-1",
    source: "/shop/checkout",
    detailType: "OrderPlaced",
    detail: '{"total":250}',
    resources: ["order 7: 50% größer"],
    timeMs: Date.parse("2026-01-02T03:04:05.678Z"),
  };

  it("CloudEvents of the cloudevents package are accepted in structured mode", async () => {
    const { app, fakePut } = publicApp();
    const message = HTTP.structured(event);
    const answer = await post(app, message.headers, message.body);
    assert.deepEqual([answer.status, answer.body], [202, { eventId: "e-1" }]);
    assert.deepEqual(fakePut.entries, [{ ...entry, cloudevent: attributes }]);
  });

  it("CloudEvents of the cloudevents package are accepted in binary mode", async () => {
    const { app, fakePut } = publicApp();
    // The package leaves the percent-encoding of headers to its caller.
    const { headers, body } = HTTP.binary(event);
    const encoded = Object.entries(headers).map(([name, value]) => [
      name,
      name.startsWith("ce-") ? encodeURIComponent(String(value)) : value,
    ]);
    const answer = await post(app, Object.fromEntries(encoded) as Record<string, string>, body);
    assert.deepEqual([answer.status, answer.body], [202, { eventId: "e-1" }]);
    const datacontenttype = HTTP.binary(event).headers["content-type"];
    assert.deepEqual(fakePut.entries, [{ ...entry, cloudevent: { ...attributes, datacontenttype } }]);
  });

  it("CloudEvents of the cloudevents package are accepted as a batch", async () => {
    const { app, fakePut } = publicApp();
    const answer = await batch(app, [event, event.cloneWith({ id: "e-2" })]);
    assert.deepEqual([answer.status, answer.body], [200, [{ eventId: "e-1" }, { eventId: "e-2" }]]);
    assert.deepEqual(fakePut.entries, [
      { ...entry, cloudevent: attributes },
      { ...entry, id: "e-2", cloudevent: { ...attributes, id: "e-2" } },
    ]);
  });

  it("CloudEvents go to the bus that the path names, known or not", async () => {
    const { app, fakePut } = publicApp();
    const { headers, body } = HTTP.structured(event);
    assert.equal((await post(app, headers, body, "/event-buses/no-such%20bus/events")).status, 202);
    assert.equal(fakePut.entries[0]?.eventBusName, "no-such bus");
    assertProblem(await post(app, headers, body, "/event-buses/%zz/events"), 400, /percent-encoded/);
  });
});

describe("a CloudEvent's data", () => {
  const detailOf = async (event: object): Promise<string | undefined> => {
    const { app, fakePut } = publicApp();
    assert.equal((await structured(app, { ...ATTRIBUTES, ...event })).status, 202);
    return fakePut.entries[0]?.detail;
  };
  const binaryDetailOf = async (body: string | Buffer, contentType?: string): Promise<string | undefined> => {
    const { app, fakePut } = publicApp();
    const headers = contentType === undefined ? BINARY : { ...BINARY, "content-type": contentType };
    assert.equal((await post(app, headers, body)).status, 202);
    return fakePut.entries[0]?.detail;
  };

  it("A CloudEvent's data is the detail when it is an object, and is wrapped when it is not", async () => {
    assert.equal(await detailOf({ data: { a: [1] } }), '{"a":[1]}');
    assert.equal(await detailOf({}), "{}");
    assert.equal(await detailOf({ data: "text" }), '{"data":"text"}');
    assert.equal(await detailOf({ data: [1, 2] }), '{"data":[1,2]}');
    assert.equal(await detailOf({ data: 5 }), '{"data":5}');
    assert.equal(await detailOf({ data: null }), '{"data":null}');
    assert.equal(await detailOf({ data_base64: "AQID" }), '{"data_base64":"AQID"}');
  });

  it("A CloudEvent's data keeps the spelling of its numbers", async () => {
    const { app, fakePut } = publicApp();
    const head = JSON.stringify(ATTRIBUTES).slice(0, -1);
    await structured(app, `${head},"data":{"n":12345678901234567890,"m":1.50}}`);
    await structured(app, `${head},"data":12345678901234567890}`);
    await post(app, { ...BINARY, "content-type": "application/json" }, '{ "n": 1.50 }');
    assert.deepEqual(
      fakePut.entries.map((entry) => entry.detail),
      ['{"n":12345678901234567890,"m":1.50}', '{"data":12345678901234567890}', '{ "n": 1.50 }'],
    );
  });

  it("A CloudEvent's data is read by its content type in binary mode", async () => {
    assert.equal(await binaryDetailOf('{"a":1}', "application/json; charset=utf-8"), '{"a":1}');
    assert.equal(await binaryDetailOf('{"a":1}', "application/vnd.shop+json"), '{"a":1}');
    assert.equal(await binaryDetailOf('{"a":1}'), '{"a":1}');
    assert.equal(await binaryDetailOf("[1]", "application/json"), '{"data":[1]}');
    assert.equal(await binaryDetailOf("", "application/json"), "{}");
    assert.equal(await binaryDetailOf("größer", "text/plain"), '{"data":"größer"}');
    assert.equal(await binaryDetailOf("<a/>", "application/xml"), '{"data":"<a/>"}');
    const bytes = Buffer.from([0, 1, 254, 255]);
    assert.equal(await binaryDetailOf(bytes, "application/octet-stream"), '{"data_base64":"AAH+/w=="}');
    assert.equal(await binaryDetailOf(bytes, "text/plain"), '{"data_base64":"AAH+/w=="}');
  });

  it("A CloudEvent's data is refused when its content type is wrong", async () => {
    const { app, fakePut } = publicApp();
    const json = { ...BINARY, "content-type": "application/json" };
    for (const body of ["{", "text", Buffer.from([34, 255, 34])]) {
      assertProblem(await post(app, json, body), 400, "the data is not JSON, which its content type promises");
    }
    for (const base64 of ["AQI", "A=", "*", 5, {}]) {
      assertProblem(await structured(app, { ...ATTRIBUTES, data_base64: base64 }), 400, "data_base64 must be base64");
    }
    const both = { ...ATTRIBUTES, data: 1, data_base64: "AQID" };
    assertProblem(await structured(app, both), 400, "data and data_base64 cannot stand in one CloudEvent");
    assert.deepEqual(fakePut.entries, []);
  });
});

describe("a CloudEvent's attributes", () => {
  it("A CloudEvent's required attributes must be present and valid", async () => {
    const { app, fakePut } = publicApp();
    const wrong: readonly (readonly [object, string])[] = [
      [{ specversion: undefined }, 'the attribute "specversion" is missing'],
      [{ id: null }, 'the attribute "id" is missing'],
      [{ specversion: "0.3" }, 'the attribute "specversion" must be "1.0"'],
      [{ id: "" }, 'the attribute "id" must be a text that is not empty'],
      [{ id: 7 }, 'the attribute "id" must be a text that is not empty'],
      [{ source: "not a uri" }, 'the attribute "source" must be a URI reference that is not empty'],
      [{ source: "100%" }, 'the attribute "source" must be a URI reference that is not empty'],
      [{ type: "" }, 'the attribute "type" must be a text that is not empty'],
      [{ subject: "" }, 'the attribute "subject" must be a text that is not empty'],
      [{ time: "yesterday" }, 'the attribute "time" must be a date and time (RFC 3339)'],
      [{ time: "2026-02-30T03:04:05Z" }, 'the attribute "time" must be a date and time (RFC 3339)'],
      [{ time: "2026-01-02" }, 'the attribute "time" must be a date and time (RFC 3339)'],
      [{ datacontenttype: "json" }, 'the attribute "datacontenttype" must be a media type (RFC 2046)'],
      [{ dataschema: "/relative" }, 'the attribute "dataschema" must be an absolute URI'],
      [{ Tenant: "x" }, 'the attribute name "Tenant" has other characters than a-z and 0-9'],
      [{ tenant: { a: 1 } }, 'the attribute "tenant" must be a text, a boolean or a 32-bit integer'],
      [{ tenant: 2 ** 31 }, 'the attribute "tenant" must be a text, a boolean or a 32-bit integer'],
      [{ tenant: 1.5 }, 'the attribute "tenant" must be a text, a boolean or a 32-bit integer'],
      [{ tenant: "a\nb" }, 'the attribute "tenant" holds characters that CloudEvents do not allow'],
    ];
    for (const [change, detail] of wrong) {
      assertProblem(await structured(app, { ...ATTRIBUTES, ...change }), 400, detail);
    }
    assert.deepEqual(fakePut.entries, []);
  });

  it("A CloudEvent may have no attribute of the name of its data", async () => {
    const { app, fakePut } = publicApp();
    const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-data": "x" };
    const answer = await post(app, { ...headers, "content-type": "application/json" }, "{}");
    assertProblem(answer, 400, 'no attribute may be named "data"');
    assert.deepEqual(fakePut.entries, []);
  });

  it("A CloudEvent's extensions may have every type, and count as absent when null", async () => {
    const { app, fakePut } = publicApp();
    const given = { ...ATTRIBUTES, flag: true, count: -5, tenant: "blue", subject: null, other: null };
    assert.equal((await structured(app, given)).status, 202);
    assert.deepEqual(fakePut.entries[0]?.cloudevent, { ...ATTRIBUTES, flag: true, count: -5, tenant: "blue" });
  });

  it("A CloudEvent's attributes are decoded from headers: quotes first, then one round of percent-encoding", async () => {
    const { app, fakePut } = publicApp();
    const headers = { ...BINARY, "ce-euro": "Euro%20%E2%82%AC%20%2525", "ce-quoted": '"say \\"hi\\" %41"' };
    assert.equal((await post(app, headers, "")).status, 202);
    assert.deepEqual(fakePut.entries[0]?.cloudevent, { ...ATTRIBUTES, euro: "Euro € %25", quoted: 'say "hi" A' });
    assertProblem(
      await post(app, { ...BINARY, "ce-x": "100%" }, ""),
      400,
      /header ce-x is not correctly percent-encoded/,
    );
    assertProblem(
      await post(app, { ...BINARY, "ce-x": "%FF" }, ""),
      400,
      /header ce-x is not correctly percent-encoded/,
    );
    assertProblem(await post(app, { ...BINARY, "ce-my-x": "1" }, ""), 400, /attribute name "my-x"/);
    assertProblem(await post(app, { ...BINARY, "ce-datacontenttype": "text/plain" }, ""), 400, /Content-Type/);
  });

  it("A CloudEvent's traceparent comes before the request's headers", async () => {
    const { app, fakePut } = publicApp();
    const own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const request = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    await post(app, { "content-type": STRUCTURED, traceparent: request }, { ...ATTRIBUTES, traceparent: own });
    await post(app, { "content-type": STRUCTURED, traceparent: request }, ATTRIBUTES);
    assert.deepEqual(
      fakePut.entries.map((entry) => entry.traceparent),
      [own, request],
    );
  });
});

describe("a batch of CloudEvents", () => {
  it("A batch of CloudEvents is answered event by event, in order, and puts the valid ones", async () => {
    const { app, fakePut } = publicApp();
    fakePut.answerWith(() => ({
      kind: "answered",
      entries: [
        { ok: true, eventId: "e-1" },
        { ok: false, code: "InternalFailure", message: "not confirmed" },
      ],
    }));
    const answer = await batch(app, [{ ...ATTRIBUTES, id: "" }, ATTRIBUTES, 5, { ...ATTRIBUTES, id: "e-2" }]);
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, [
      { error: "InvalidArgument", message: 'the attribute "id" must be a text that is not empty' },
      { eventId: "e-1" },
      { error: "InvalidArgument", message: "a CloudEvent must be a JSON object" },
      { error: "InternalFailure", message: "not confirmed" },
    ]);
    assert.deepEqual(
      fakePut.entries.map((entry) => entry.id),
      ["e-1", "e-2"],
    );
  });

  it("A batch of CloudEvents may be empty", async () => {
    const { app } = publicApp();
    const answer = await batch(app, []);
    assert.deepEqual([answer.status, answer.body], [200, []]);
  });

  it("A batch of CloudEvents is bounded, and is a list", async () => {
    const { app, fakePut } = publicApp();
    const full = Array<object>(BATCH_EVENTS_MAX).fill(ATTRIBUTES);
    assert.equal((await batch(app, full)).status, 200);
    fakePut.entries.length = 0;
    assertProblem(await batch(app, [...full, ATTRIBUTES]), 400, "a batch may hold 100 CloudEvents, got 101");
    assertProblem(await batch(app, ATTRIBUTES), 400, "a batch must be a JSON array of CloudEvents");
    assert.deepEqual(fakePut.entries, []);
  });
});

describe("POST /events", () => {
  it("POST /events refuses a request that is no CloudEvent", async () => {
    const { app } = publicApp();
    for (const body of ["{", "", "[]", "5"]) assert.equal((await structured(app, body)).status, 400);
    assertProblem(await structured(app, Buffer.from([0xff])), 400, "the body is not UTF-8");
    const nested = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
    assertProblem(await batch(app, nested), 400, "the body is not JSON, or is nested too deeply");
    assertProblem(await post(app, { "content-type": "application/json" }, ATTRIBUTES), 415, /^send a CloudEvent as/);
    assertProblem(
      await post(app, { "content-type": "application/cloudevents+xml" }, "<a/>"),
      415,
      /^send a CloudEvent/,
    );
    assertProblem(await post(app, { "content-type": `${STRUCTURED}; charset=latin1` }, ATTRIBUTES), 415, /UTF-8/);
    const gzip = { "content-type": STRUCTURED, "content-encoding": "gzip" };
    assertProblem(await post(app, gzip, ATTRIBUTES), 415, /^Content-Encoding/);
    assertProblem(await structured(app, Buffer.alloc(4 * 1_048_576 + 1, " ")), 413, /4194304 bytes/);
  });

  it("POST /events answers with the reason why the flow refused a request", async () => {
    const { app, fakePut } = publicApp();
    fakePut.answerWith(() => ({ kind: "refused", message: "over the limit" }));
    assertProblem(await structured(app, ATTRIBUTES), 413, "over the limit");
    fakePut.answerWith(() => ({ kind: "busy", reason: "throttled", message: "full", retryAfterSeconds: 2 }));
    const throttled = await structured(app, ATTRIBUTES);
    assertProblem(throttled, 429, "full");
    assert.equal(throttled.headers["retry-after"], "2");
    fakePut.answerWith(() => ({ kind: "busy", reason: "unavailable", message: "down", retryAfterSeconds: 3 }));
    const unavailable = await batch(app, [ATTRIBUTES]);
    assertProblem(unavailable, 503, "down");
    assert.equal(unavailable.headers["retry-after"], "3");
  });

  it("POST /events answers a bad event with 400, and 503 when the broker did not confirm", async () => {
    const { app, fakePut } = publicApp();
    fakePut.answerWith(() => ({ kind: "answered", entries: [{ ok: false, code: "MalformedDetail", message: "bad" }] }));
    assertProblem(await structured(app, ATTRIBUTES), 400, "bad");
    fakePut.answerWith(() => ({
      kind: "answered",
      entries: [{ ok: false, code: "InternalFailure", message: "late" }],
    }));
    for (const answer of [await structured(app, ATTRIBUTES), await batch(app, [ATTRIBUTES])]) {
      assertProblem(answer, 503, "the broker did not confirm the events");
      assert.equal(answer.headers["retry-after"], "1");
    }
  });

  it("POST /events answers a bug with problem details without its cause, and reports it", async () => {
    const { app, fakePut, faults } = publicApp();
    const bug = new Error("secret detail");
    fakePut.answerWith(() => Promise.reject(bug));
    assertProblem(await structured(app, ATTRIBUTES), 500, "internal error");
    assert.deepEqual(faults, [bug]);
  });
});
