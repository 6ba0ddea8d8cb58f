import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { RequestListener } from "node:http";
import request from "supertest";
import { listen } from "../../../src/edge/http/server.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { eventually } from "../../contract/waiting.ts";
import { publicApp } from "../../support/http/public-app.ts";

const MEDIA_TYPE = "application/x-amz-json-1.1";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ENTRY = { Source: "shop", DetailType: "OrderPlaced", Detail: '{"total":1.50}' };

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

async function call(
  app: RequestListener,
  operation: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return post(app, Buffer.from(text), { "x-amz-target": `AWSEvents.${operation}`, ...headers });
}

async function post(app: RequestListener, body: Buffer, headers: Record<string, string>): Promise<Answer> {
  const response = await request(app)
    .post("/")
    .set({ "content-type": MEDIA_TYPE, ...headers })
    .serialize((value) => value as unknown as string)
    .buffer(true)
    .parse((stream, done) => {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => done(null, JSON.parse(text)));
    })
    .send(body);
  return response;
}

function assertRefused(answer: Answer, status: number, code: string, message?: string | RegExp): void {
  assert.equal(answer.body["__type"], code);
  assert.equal(answer.status, status);
  assert.equal(answer.headers["x-amzn-errortype"], code);
  assert.match(answer.headers["x-amzn-requestid"] ?? "", UUID);
  assert.equal(answer.headers["content-type"], MEDIA_TYPE);
  if (typeof message === "string") assert.equal(answer.body["message"], message);
  else if (message !== undefined) assert.match(String(answer.body["message"]), message);
}

describe("PutEvents", () => {
  it("PutEvents passes every member of an entry to the flow and answers with its event id", async () => {
    const { app, fakePut } = publicApp();
    const answer = await call(app, "PutEvents", {
      Entries: [{ ...ENTRY, EventBusName: "orders", Resources: ["a", "b"], Time: 1767323045.678 }],
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["content-type"], MEDIA_TYPE);
    assert.match(answer.headers["x-amzn-requestid"] ?? "", UUID);
    const [{ EventId: eventId } = {}] = answer.body["Entries"] as { EventId?: string }[];
    assert.match(eventId ?? "", UUID);
    assert.deepEqual(answer.body, { FailedEntryCount: 0, Entries: [{ EventId: eventId }] });
    assert.deepEqual(fakePut.entries, [
      {
        source: "shop",
        detailType: "OrderPlaced",
        detail: '{"total":1.50}',
        eventBusName: "orders",
        resources: ["a", "b"],
        timeMs: 1767323045678,
      },
    ]);
  });

  it("PutEvents accepts a time in every form that clients send", async () => {
    const { app, fakePut } = publicApp();
    const times = [1767323045, 1767323045.5, "2026-01-02T03:04:05Z", "2026-01-02T04:04:05.250+01:00", null];
    const answer = await call(app, "PutEvents", { Entries: times.map((Time) => ({ ...ENTRY, Time })) });
    assert.equal(answer.status, 200);
    const expected = [1767323045000, 1767323045500, 1767323045000, 1767323045250, undefined];
    assert.deepEqual(
      fakePut.entries.map((entry) => entry.timeMs),
      expected,
    );
  });

  it("PutEvents refuses a time that is malformed or that an event cannot show", async () => {
    const { app, fakePut } = publicApp();
    const otherDays = ["2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z", "2026-01-02T24:00:00Z"];
    for (const Time of ["yesterday", ...otherDays, 1e15, true, {}]) {
      const answer = await call(app, "PutEvents", { Entries: [{ ...ENTRY, Time }] });
      assertRefused(answer, 400, "SerializationException", /^Entries\[0\]\.Time must be epoch seconds/);
    }
    assert.deepEqual(fakePut.entries, []);
  });

  it("PutEvents answers failed entries in their places and counts them", async () => {
    const { app, fakePut } = publicApp();
    fakePut.answerWith(() => ({
      kind: "answered",
      entries: [
        { ok: true, eventId: "1" },
        { ok: false, code: "MalformedDetail", message: "Detail is malformed." },
        { ok: false, code: "InternalFailure", message: "not confirmed" },
      ],
    }));
    const answer = await call(app, "PutEvents", { Entries: [ENTRY, ENTRY, ENTRY] });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, {
      FailedEntryCount: 2,
      Entries: [
        { EventId: "1" },
        { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." },
        { ErrorCode: "InternalFailure", ErrorMessage: "not confirmed" },
      ],
    });
  });

  it("PutEvents answers ServiceUnavailable when no entry could be stored", async () => {
    const { app, fakePut } = publicApp();
    const failure = { ok: false, code: "InternalFailure", message: "not confirmed" } as const;
    fakePut.answerWith(() => ({ kind: "answered", entries: [failure, failure] }));
    const answer = await call(app, "PutEvents", { Entries: [ENTRY, ENTRY] });
    assertRefused(answer, 503, "ServiceUnavailable", "not confirmed");
    assert.equal(answer.headers["retry-after"], "1");
  });

  it("PutEvents answers with the reason why the flow refused a request", async () => {
    const { app, fakePut } = publicApp();
    fakePut.answerWith(() => ({ kind: "refused", message: "too big" }));
    assertRefused(await call(app, "PutEvents", { Entries: [ENTRY] }), 400, "ValidationException", "too big");

    fakePut.answerWith(() => ({ kind: "busy", reason: "throttled", message: "full", retryAfterSeconds: 2 }));
    const throttled = await call(app, "PutEvents", { Entries: [ENTRY] });
    assertRefused(throttled, 429, "ThrottlingException", "full");
    assert.equal(throttled.headers["retry-after"], "2");

    fakePut.answerWith(() => ({ kind: "busy", reason: "unavailable", message: "down", retryAfterSeconds: 3 }));
    const unavailable = await call(app, "PutEvents", { Entries: [ENTRY] });
    assertRefused(unavailable, 503, "ServiceUnavailable", "down");
    assert.equal(unavailable.headers["retry-after"], "3");
  });

  it("PutEvents refuses a request without entries", async () => {
    const { app } = publicApp();
    const none = "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: ";
    const empty = await call(app, "PutEvents", { Entries: [] });
    assertRefused(empty, 400, "ValidationException", `${none}Member must have length greater than or equal to 1`);
    const absent =
      "1 validation error detected: Value null at 'entries' failed to satisfy constraint: Member must not be null";
    assertRefused(await call(app, "PutEvents", {}), 400, "ValidationException", absent);
  });

  it("PutEvents refuses a bus name that is empty or longer than 1,600 characters, and puts nothing", async () => {
    const { app, fakePut } = publicApp();
    const wrong: readonly (readonly [string, string])[] = [
      ["", "greater than or equal to 1"],
      ["b".repeat(1_601), "less than or equal to 1600"],
    ];
    for (const [EventBusName, bound] of wrong) {
      const answer = await call(app, "PutEvents", { Entries: [ENTRY, { ...ENTRY, EventBusName }] });
      assertRefused(answer, 400, "ValidationException", /at 'entries\.2\.member\.eventBusName' failed/);
      assert.ok(String(answer.body["message"]).endsWith(`Member must have length ${bound}`));
    }
    assert.deepEqual(fakePut.entries, []);
    const longest = await call(app, "PutEvents", { Entries: [{ ...ENTRY, EventBusName: "b".repeat(1_600) }] });
    assert.equal(longest.status, 200);
  });

  it("PutEvents refuses eleven entries and repeats them in AWS's words", async () => {
    const { app, fakePut } = publicApp();
    const answer = await call(app, "PutEvents", { Entries: Array<object>(11).fill({ ...ENTRY, EventBusName: "b" }) });
    const entry =
      'PutEventsRequestEntry(time=null, source=shop, resources=null, detailType=OrderPlaced, detail={"total":1.50}, eventBusName=b, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)';
    const list = Array<string>(11).fill(entry).join(", ");
    assertRefused(
      answer,
      400,
      "ValidationException",
      `1 validation error detected: Value '[${list}]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10`,
    );
    assert.deepEqual(fakePut.entries, []);
  });

  it("PutEvents does not repeat a huge request to its sender", async () => {
    const { app } = publicApp();
    const huge = await call(app, "PutEvents", { Entries: Array<object>(20).fill({ Detail: "x".repeat(100_000) }) });
    assertRefused(huge, 400, "ValidationException");
    assert.ok(String(huge.body["message"]).length < 40_000);
    const many = await call(app, "PutEvents", { Entries: Array<object>(40_000).fill({}) });
    assertRefused(many, 400, "ValidationException", /, …\]' at 'entries'/);
    assert.ok(String(many.body["message"]).length < 40_000);
  });

  it("PutEvents refuses members of the wrong JSON type by name", async () => {
    const { app, fakePut } = publicApp();
    const wrong: readonly (readonly [object, string])[] = [
      [{ Entries: {} }, "Entries must be a list."],
      [{ Entries: ["x"] }, "Entries[0] must be an object."],
      [{ Entries: [ENTRY, { ...ENTRY, Source: 5 }] }, "Entries[1].Source must be a string."],
      [{ Entries: [{ ...ENTRY, Detail: { a: 1 } }] }, "Entries[0].Detail must be a string."],
      [{ Entries: [{ ...ENTRY, Resources: "arn" }] }, "Entries[0].Resources must be a list."],
      [{ Entries: [{ ...ENTRY, Resources: [null] }] }, "Entries[0].Resources[0] must be a string."],
    ];
    for (const [body, message] of wrong) {
      assertRefused(await call(app, "PutEvents", body), 400, "SerializationException", message);
    }
    assert.deepEqual(fakePut.entries, []);
  });

  it("PutEvents takes the trace from the entry, else from the request's headers", async () => {
    const { app, fakePut } = publicApp();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const xRay = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    await call(app, "PutEvents", { Entries: [ENTRY, { ...ENTRY, TraceHeader: xRay }] }, { traceparent });
    await call(app, "PutEvents", { Entries: [ENTRY] }, { "x-amzn-trace-id": xRay });
    await call(app, "PutEvents", { Entries: [{ ...ENTRY, TraceHeader: "nonsense" }] }, { traceparent: "nonsense" });
    const fromXRay = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    assert.deepEqual(
      fakePut.entries.map((entry) => entry.traceparent),
      [traceparent, fromXRay, fromXRay, undefined],
    );
  });
});

describe("the EventBridge endpoint", () => {
  it("The EventBridge API refuses a body that is not a JSON object in UTF-8", async () => {
    const { app } = publicApp();
    for (const body of ["", "{", "[]", "null", '"text"', "5"]) {
      assertRefused(await call(app, "PutEvents", body), 400, "SerializationException");
    }
    const latin1 = Buffer.from(JSON.stringify({ Entries: [{ ...ENTRY, Source: "Zürich" }] }), "latin1");
    const answer = await post(app, latin1, { "x-amz-target": "AWSEvents.PutEvents" });
    assertRefused(answer, 400, "SerializationException", "The request body is not UTF-8.");
  });

  it("The EventBridge API refuses every other content type, charset and content encoding", async () => {
    const { app, fakePut } = publicApp();
    const body = { Entries: [ENTRY] };
    for (const type of ["application/json", "application/x-amz-json-1.0", `${MEDIA_TYPE}; charset=latin1`]) {
      assertRefused(await call(app, "PutEvents", body, { "content-type": type }), 415, "UnsupportedMediaTypeException");
    }
    const gzipped = await call(app, "PutEvents", body, { "content-encoding": "gzip" });
    assertRefused(gzipped, 415, "UnsupportedMediaTypeException", /Content-Encoding/);
    assert.deepEqual(fakePut.entries, []);
    const plain = await call(app, "PutEvents", body, { "content-type": `${MEDIA_TYPE}; charset=UTF-8` });
    assert.equal(plain.status, 200);
  });

  it("The EventBridge API refuses a body over 4 MiB, whether its length is announced or not", async () => {
    const { app, fakePut, met } = publicApp();
    const body = Buffer.alloc(4 * 1_048_576 + 1, " ");
    const headers = { "x-amz-target": "AWSEvents.PutEvents" };
    assertRefused(await post(app, body, headers), 413, "RequestEntityTooLarge");

    const server = await listen(app, { host: "127.0.0.1", port: 0 });
    const chunked = await fetch(server.url, {
      method: "POST",
      headers: { ...headers, "content-type": MEDIA_TYPE },
      body: new Blob([body]).stream(),
      duplex: "half",
    });
    assert.equal(chunked.status, 413);
    assert.match(await chunked.text(), /"__type":"RequestEntityTooLarge"/);
    await server.close(0);
    assert.deepEqual(fakePut.entries, []);
    assert.deepEqual(met, ["body", "body"]);
  });

  it("The EventBridge API keeps the limits of its settings and counts the requests that they refuse", async () => {
    const { app, met } = publicApp({ limits: { body: 2_000, entries: 2 } });
    assert.equal((await call(app, "PutEvents", { Entries: [ENTRY, ENTRY] })).status, 200);
    const three = await call(app, "PutEvents", { Entries: [ENTRY, ENTRY, ENTRY] });
    assertRefused(three, 400, "ValidationException", /Member must have length less than or equal to 2$/);
    const long = await call(app, "PutEvents", { Entries: [{ ...ENTRY, Detail: "x".repeat(2_000) }] });
    assertRefused(long, 413, "RequestEntityTooLarge", "The request body is longer than 2000 bytes.");
    assert.deepEqual(met, ["entries", "body"]);
  });

  it("The EventBridge API refuses a request while its body has no room, and releases the room of each body", async () => {
    const inFlight = new InFlightBytes(2_000);
    const { app } = publicApp({ inFlight });
    const tooMuch = await call(app, "PutEvents", { Entries: [{ ...ENTRY, Detail: "x".repeat(2_000) }] });
    assertRefused(tooMuch, 429, "ThrottlingException", "Too much is in flight.");
    assert.equal(tooMuch.headers["retry-after"], "1");
    for (let count = 0; count < 20; count += 1) {
      assert.equal((await call(app, "PutEvents", { Entries: [ENTRY] })).status, 200);
    }
    await eventually("the last body is paid back", () => inFlight.usedBytes === 0);
  });

  it("The EventBridge API answers UnknownOperationException to a missing, foreign or unknown target", async () => {
    const { app } = publicApp();
    for (const target of ["", "PutEvents", "DynamoDB.PutItem", "AWSEvents.putEvents", "AWSEvents.constructor"]) {
      const answer = await post(app, Buffer.from("{}"), { "x-amz-target": target });
      assertRefused(answer, 400, "UnknownOperationException");
    }
    assertRefused(await post(app, Buffer.from("{}"), {}), 400, "UnknownOperationException", /X-Amz-Target/);
  });

  const Name = "aws.partner/example.com/shop";
  for (const [operation, input, output] of [
    ["ListEndpoints", { MaxResults: 10 }, { Endpoints: [] }],
    ["ListEventSources", {}, { EventSources: [] }],
    ["ListPartnerEventSources", { NamePrefix: "aws.partner/example.com/" }, { PartnerEventSources: [] }],
  ] as const) {
    it(`${operation} lists nothing, and refuses a token of another listing`, async () => {
      const { app } = publicApp();
      const answer = await call(app, operation, input);
      assert.deepEqual([answer.status, answer.body], [200, output]);
      const token = await call(app, operation, { ...input, NextToken: "other" });
      assertRefused(token, 400, "ValidationException", "Parameter NextToken is not valid.");
    });
  }

  for (const [operation, input, code, message] of [
    ["DescribeEndpoint", { Name: "e" }, "ResourceNotFoundException", "Endpoint e does not exist."],
    ["UpdateEndpoint", { Name: "e" }, "ResourceNotFoundException", "Endpoint e does not exist."],
    ["DeleteEndpoint", { Name: "e" }, "ResourceNotFoundException", "Endpoint e does not exist."],
    ["CreateEndpoint", { Name: "e" }, "OperationDisabledException", /^CreateEndpoint is disabled: .* two regions/],
    ["DescribeEventSource", { Name }, "ResourceNotFoundException", `Event source ${Name} does not exist.`],
    ["ActivateEventSource", { Name }, "ResourceNotFoundException", `Event source ${Name} does not exist.`],
    ["DeactivateEventSource", { Name }, "ResourceNotFoundException", `Event source ${Name} does not exist.`],
    ["DescribePartnerEventSource", { Name }, "ResourceNotFoundException", `Event source ${Name} does not exist.`],
    ["ListPartnerEventSourceAccounts", { EventSourceName: Name }, "ResourceNotFoundException", /does not exist/],
    ["CreatePartnerEventSource", { Name, Account: "000000000000" }, "OperationDisabledException", /^CreatePartner/],
    ["DeletePartnerEventSource", { Name, Account: "000000000000" }, "OperationDisabledException", /^DeletePartner/],
    ["PutPartnerEvents", { Entries: [{}] }, "OperationDisabledException", /Put events with PutEvents\.$/],
    ["DescribeEventSource", { Name: "shop" }, "ValidationException", /at 'name' .* pattern: aws/],
    ["DescribeEndpoint", { Name: "a b" }, "ValidationException", /at 'name' failed/],
  ] as const) {
    it(`${operation} of ${JSON.stringify(input)} is answered with ${code}`, async () => {
      assertRefused(await call(publicApp().app, operation, input), 400, code, message);
    });
  }

  it("The EventBridge API answers a bug with InternalException without its cause, and reports it", async () => {
    const { app, fakePut, faults } = publicApp();
    const bug = new Error("secret detail");
    fakePut.answerWith(() => Promise.reject(bug));
    const answer = await call(app, "PutEvents", { Entries: [ENTRY] });
    assertRefused(answer, 500, "InternalException", "Internal error.");
    assert.deepEqual(faults, [bug]);
  });

  it("The public port answers other paths and methods with problem details, without a word of Express", async () => {
    const { app } = publicApp();
    for (const [method, path] of [
      ["get", "/"],
      ["post", "/nothing"],
      ["get", "/events"],
    ] as const) {
      const answer = await request(app)[method](path);
      assert.equal(answer.status, 404);
      assert.equal(answer.headers["content-type"], "application/problem+json");
      assert.deepEqual(JSON.parse(answer.text), {
        type: "about:blank",
        title: "Not Found",
        status: 404,
        detail: `there is no ${method.toUpperCase()} ${path} here`,
      });
      assert.equal(answer.headers["x-powered-by"], undefined);
    }
  });
});

describe("TestEventPattern", () => {
  const event = {
    id: "1",
    account: "0",
    source: "shop",
    time: "t",
    region: "us-east-1",
    "detail-type": "x",
    detail: { n: 5 },
  };
  const test = async (EventPattern: unknown, Event: unknown): Promise<Answer> =>
    call(publicApp().app, "TestEventPattern", { EventPattern, Event });

  it("TestEventPattern answers whether the event matches", async () => {
    const yes = await test('{"detail":{"n":[{"numeric":[">",4]}]}}', JSON.stringify(event));
    assert.deepEqual([yes.status, yes.body], [200, { Result: true }]);
    const no = await test('{"source":["bank"]}', JSON.stringify(event));
    assert.deepEqual([no.status, no.body], [200, { Result: false }]);
  });

  it("TestEventPattern refuses a bad pattern with the reason", async () => {
    const answer = await test('{"source":"shop"}', JSON.stringify(event));
    assertRefused(
      answer,
      400,
      "InvalidEventPatternException",
      /^Event pattern is not valid\. Reason: "source" must be an object or an array/,
    );
  });

  it("TestEventPattern refuses a text that is not an event", async () => {
    const lacking = Object.keys(event).filter((name) => name !== "detail");
    const bad = ["text", "[]", "null", ...lacking.map((name) => JSON.stringify({ ...event, [name]: undefined }))];
    for (const text of bad) {
      assertRefused(
        await test('{"source":["shop"]}', text),
        400,
        "ValidationException",
        "Parameter Event is not valid.",
      );
    }
  });

  it("TestEventPattern decides every recorded case as EventBridge does", async () => {
    const url = new URL("../../fixtures/pattern-semantics.json", import.meta.url);
    const cases = JSON.parse(readFileSync(url, "utf8")) as Record<"pattern" | "event" | "expect", string>[];
    const fields = JSON.stringify({ ...event, detail: undefined }).slice(0, -1);
    for (const { pattern, event: text, expect } of cases) {
      // The recorded events are bare: they get the fields that every event has.
      const whole = text.startsWith("{") ? (text === "{}" ? `${fields}}` : `${fields},${text.slice(1)}`) : text;
      const { body } = await test(pattern, whole);
      const { __type = "", Result } = body as { __type?: string; Result?: boolean };
      const answers = { InvalidEventPatternException: "pattern error", ValidationException: "event error" };
      const found = Result === undefined ? answers[__type as keyof typeof answers] : Result ? "match" : "no match";
      assert.equal(found, expect, `${pattern} on ${text}`);
    }
    assert.ok(cases.length > 100);
  });

  it("TestEventPattern requires both members, as texts", async () => {
    assertRefused(await test(undefined, "{}"), 400, "ValidationException", /Value null at 'eventPattern'/);
    assertRefused(await test("{}", undefined), 400, "ValidationException", /Value null at 'event'/);
    assertRefused(await test({ source: ["shop"] }, "{}"), 400, "SerializationException");
  });
});
