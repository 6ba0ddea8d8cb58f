import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import request from "supertest";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { functionError, sandboxTimeout } from "../../../../src/domain/failure/lambda-failure.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import type { AskedCall, InvokeEnd, WaitingCall } from "../../../../src/ports/functions/function-calls.ts";
import { eventually } from "../../../contract/waiting.ts";
import { authenticatorOf, credentialsOf, TOKEN } from "../../../support/http/authenticator.ts";
import { publicApp } from "../../../support/http/public-app.ts";
import { NO_CALLS } from "../../../support/no-calls.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const HERE = "us-east-1:000000000000";
const ARN = `arn:aws:lambda:${HERE}:function`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SUCCESS: Outcome = { ok: true, statusCode: 200, responseJson: '{"done":true}' };

interface Asked {
  readonly name?: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** The public port, with a function `work` that answers what `end` says. */
function lambda(end: InvokeEnd = { kind: "called", outcome: SUCCESS, log: undefined }) {
  const calls: WaitingCall[] = [];
  const queued: AskedCall[] = [];
  const state = { isBrokerAway: false };
  const functionCalls = {
    canWaitFor: ({ name }: { name: string }) => name !== "boxed",
    call: (asked: WaitingCall) => {
      calls.push(asked);
      return Promise.resolve(end);
    },
    queue: (asked: AskedCall) => {
      if (state.isBrokerAway) return Promise.reject(new PublishError([{ index: 0, reason: "disconnected" }]));
      queued.push(asked);
      return Promise.resolve();
    },
  };
  const { app } = publicApp({
    config: sampleConfig({ functions: [sampleFunction("work"), sampleFunction("boxed")] }),
    functionCalls,
  });
  const invoke = ({ name = "work", query = "", headers = {}, body = "{}" }: Asked = {}) =>
    request(app)
      .post(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations${query}`)
      .set({ "content-type": "application/octet-stream", ...headers })
      .send(body);
  const invokeAsync = (name: string, body: string) =>
    request(app).post(`/2014-11-13/functions/${name}/invoke-async/`).type("application/json").send(body);
  return { invoke, invokeAsync, calls, queued, state };
}

/** What a caller sees of an error. */
async function errorOf(asked: Asked, end?: InvokeEnd) {
  const { status, headers, text } = await lambda(end).invoke(asked);
  assert.match(String(headers["x-amzn-requestid"]), UUID);
  assert.equal(headers["x-amz-function-error"], undefined);
  return { status, code: headers["x-amzn-errortype"], body: JSON.parse(text) as unknown };
}

describe("Invoke over the Lambda API", () => {
  it("A caller who waits gets the function's answer, and the id that the function saw", async () => {
    const { invoke, calls } = lambda();
    const { status, headers, text } = await invoke({ body: '{"a":1}' });
    assert.deepEqual([status, text], [200, '{"done":true}']);
    assert.equal(headers["content-type"], "application/json");
    assert.equal(headers["x-amz-executed-version"], "$LATEST");
    assert.equal(headers["x-amz-function-error"], undefined);
    const [call] = calls;
    assert.deepEqual([call?.id, call?.payload.toString()], [headers["x-amzn-requestid"], '{"a":1}']);
    assert.deepEqual([call?.qualifier, call?.clientContext, call?.wantsLog], [undefined, undefined, false]);
  });

  it("An event by the older InvokeAsync is queued as one of Invoke", async () => {
    const { invokeAsync, queued } = lambda();
    const { status, text, headers } = await invokeAsync("work", '{"a":1}');
    assert.deepEqual([status, text], [202, '{"Status":202}']);
    assert.deepEqual([queued[0]?.id, queued[0]?.payload.toString()], [headers["x-amzn-requestid"], '{"a":1}']);
    assert.deepEqual([(await invokeAsync("none", "{}")).status, (await invokeAsync("work", "{")).status], [404, 400]);
    assert.equal((await invokeAsync("work", JSON.stringify("x".repeat(1_048_576)))).status, 413);
    assert.equal(queued.length, 1);
  });

  it("An empty payload is an empty object to the function, and no answer is null to its caller", async () => {
    const { invoke, calls } = lambda({ kind: "called", outcome: { ok: true, statusCode: 204 }, log: undefined });
    const { status, text } = await invoke({ body: "" });
    assert.deepEqual([status, text, calls[0]?.payload.toString()], [200, "null", "{}"]);
  });

  it("Any JSON value is a payload, and is passed on byte by byte", async () => {
    for (const body of ["true", "null", " 1.0 ", "[1]", '"é"', '{"n":12345678901234567890}']) {
      const { invoke, calls } = lambda();
      assert.equal((await invoke({ body })).status, 200, body);
      assert.equal(calls[0]?.payload.toString(), body);
    }
  });

  it("Client context, trace, qualifier and the wish for a log go on to the function", async () => {
    const { invoke, calls } = lambda({ kind: "called", outcome: SUCCESS, log: Buffer.from("END\n") });
    const context = { custom: { é: 'a "quoted"\nline' } };
    const headers = {
      "x-amz-client-context": Buffer.from(JSON.stringify(context)).toString("base64"),
      "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
      "x-amz-log-type": "Tail",
    };
    const answered = await invoke({ headers, query: "?Qualifier=$LATEST" });
    const [call] = calls;
    assert.match(call?.clientContext ?? "", /^[\x20-\x7e]+$/);
    assert.deepEqual(JSON.parse(call?.clientContext ?? ""), context);
    assert.equal(call?.trace?.traceparent, "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
    assert.deepEqual([call.qualifier, call.wantsLog], ["$LATEST", true]);
    assert.equal(answered.headers["x-amzn-trace-id"], headers["x-amzn-trace-id"]);
    assert.equal(answered.headers["x-amz-log-result"], Buffer.from("END\n").toString("base64"));
  });

  it("A function is named as Lambda's callers name it", async () => {
    const names = ["work", "function:work", "000000000000:function:work", `${ARN}:work`, `${ARN}:work:$LATEST`];
    for (const name of names) assert.equal((await lambda().invoke({ name })).status, 200, name);
    assert.equal((await lambda().invoke({ name: "work:$LATEST", query: "?Qualifier=$LATEST" })).status, 200);
  });

  it("DryRun makes the checks and calls nobody", async () => {
    const { invoke, calls, queued } = lambda();
    const headers = { "x-amz-invocation-type": "DryRun" };
    const { status, text, headers: answered } = await invoke({ headers });
    assert.deepEqual([status, text, answered["x-amz-executed-version"]], [204, "", undefined]);
    assert.equal((await invoke({ headers, name: "none" })).status, 404);
    assert.deepEqual([calls.length, queued.length], [0, 0]);
  });

  it("Event is answered once it is in the function's queue, with 404 for a function that is not there", async () => {
    const { invoke, calls, queued, state } = lambda();
    const headers = { "x-amz-invocation-type": "Event" };
    const { status, text, headers: answered } = await invoke({ headers, body: "[1]" });
    assert.deepEqual([status, text, answered["content-length"]], [202, "", "0"]);
    assert.deepEqual([queued[0]?.id, queued[0]?.payload.toString()], [answered["x-amzn-requestid"], "[1]"]);
    assert.equal((await invoke({ headers, name: "none" })).status, 404);
    assert.equal((await invoke({ headers, body: "{" })).status, 400);
    const long = JSON.stringify("x".repeat(1_048_575));
    const tooLong = await invoke({ headers, body: long });
    assert.deepEqual(
      [tooLong.status, tooLong.headers["x-amzn-errortype"], JSON.parse(tooLong.text)],
      [
        413,
        "RequestEntityTooLargeException",
        {
          Type: "User",
          message: "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        },
      ],
    );
    state.isBrokerAway = true;
    const refused = await invoke({ headers });
    assert.deepEqual([refused.status, refused.headers["x-amzn-errortype"]], [500, "ServiceException"]);
    assert.deepEqual([calls.length, queued.length], [0, 1]);
  });

  it("Errors before the call have Lambda's codes, statuses and bodies", async () => {
    const validation = (message: string) => ({ message: `1 validation error detected: ${message}` });
    const notFound = (what: string) => ({ Type: "User", Message: what });
    const user = (message: string) => ({ Type: "User", message });
    const parse = "Could not parse request body into json: Could not parse payload into json";
    const table: readonly (readonly [Asked, number, string, unknown])[] = [
      [{ name: "none" }, 404, "ResourceNotFoundException", notFound(`Function not found: ${ARN}:none:$LATEST`)],
      [{ name: "work:live" }, 404, "ResourceNotFoundException", notFound(`Function not found: ${ARN}:work:live`)],
      [{ query: "?Qualifier=1" }, 404, "ResourceNotFoundException", notFound(`Function not found: ${ARN}:work:1`)],
      [
        { name: "work:1", query: "?Qualifier=2" },
        400,
        "InvalidParameterValueException",
        user("The derived qualifier from the function name does not match the specified qualifier."),
      ],
      [
        { name: "arn:aws:lambda:eu-west-1:000000000000:function:work" },
        404,
        "ResourceNotFoundException",
        notFound("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
      ],
      [
        { name: "arn:aws:lambda:us-east-1:111122223333:function:work" },
        403,
        "AccessDeniedException",
        user("There are no functions of account 111122223333 here."),
      ],
      [
        { name: "x".repeat(170) },
        404,
        "ResourceNotFoundException",
        notFound(`Function not found: ${ARN}:${"x".repeat(170)}:$LATEST`),
      ],
      [
        { query: "?Qualifier=invalid!" },
        400,
        "ValidationException",
        validation(
          "Value 'invalid!' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
        ),
      ],
      [
        { headers: { "x-amz-invocation-type": "Later" } },
        400,
        "ValidationException",
        validation(
          "Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
        ),
      ],
      [{ body: "{" }, 400, "InvalidRequestContentException", user(`${parse}: it is not JSON`)],
      [
        { body: Buffer.from([0x22, 0x87, 0x22]) },
        400,
        "InvalidRequestContentException",
        user(`${parse}: it is not UTF-8`),
      ],
      [
        { headers: { "x-amz-client-context": "!" } },
        400,
        "InvalidRequestContentException",
        { Type: null, message: "Client context must be a valid Base64-encoded JSON object." },
      ],
      [
        { body: JSON.stringify("x".repeat(6_291_456)) },
        413,
        "RequestEntityTooLargeException",
        user("Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
      ],
    ];
    for (const [asked, status, code, body] of table) assert.deepEqual(await errorOf(asked), { status, code, body });
    const pattern = await errorOf({ name: "a b" });
    assert.deepEqual([pattern.status, pattern.code], [400, "ValidationException"]);
    assert.match(
      JSON.stringify(pattern.body),
      /Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy/,
    );
  });

  it("A payload counts among its caller's bytes until the call has ended, also when the caller hangs up", async (t) => {
    const inFlight = new InFlightBytes(256 * 1_048_576);
    const ending = Promise.withResolvers<InvokeEnd>();
    const payload = JSON.stringify("x".repeat(100_000));
    let isCalled = false;
    const { app } = publicApp({
      inFlight,
      config: sampleConfig({ functions: [sampleFunction("work")] }),
      functionCalls: {
        ...NO_CALLS,
        call: () => {
          isCalled = true;
          return ending.promise;
        },
      },
    });
    let isClosed = false;
    const server = createServer((incoming, response) => {
      response.once("close", () => (isClosed = true));
      app(incoming, response);
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const hangUp = new AbortController();
    const url = `http://127.0.0.1:${port}/2015-03-31/functions/work/invocations`;
    const headers = { "content-type": "application/octet-stream" };
    const asking = fetch(url, { method: "POST", headers, body: payload, signal: hangUp.signal }).catch(() => undefined);
    await eventually("it is called", () => isCalled);
    hangUp.abort();
    await asking;
    await eventually("the connection is closed", () => isClosed);
    assert.equal(inFlight.usedBytes, payload.length);
    ending.resolve({ kind: "called", outcome: SUCCESS, log: undefined });
    await eventually("its bytes are free", () => inFlight.usedBytes === 0);
  });

  it("A call that was not made is throttled, with a reason of Lambda's and when to try again", async () => {
    const table = [
      ["no_slot", "ReservedFunctionConcurrentInvocationLimitExceeded", "Rate Exceeded."],
      ["paused", "ReservedFunctionConcurrentInvocationLimitExceeded", "Rate Exceeded. The function is paused."],
      [
        "circuit_open",
        "FunctionInvocationRateLimitExceeded",
        "Rate Exceeded. The function's circuit is open: its last calls failed.",
      ],
      [
        "no_environment",
        "ConcurrentInvocationLimitExceeded",
        "Rate Exceeded. None of the function's environments asked for work.",
      ],
    ] as const;
    for (const [reason, Reason, message] of table) {
      const { invoke } = lambda({ kind: "refused", reason });
      const { status, headers, text } = await invoke();
      assert.deepEqual(
        [status, headers["x-amzn-errortype"], headers["retry-after"], JSON.parse(text)],
        [429, "TooManyRequestsException", "1", { Type: "User", Reason, message }],
      );
    }
    const stopped = await errorOf({}, { kind: "refused", reason: "stopped" });
    assert.deepEqual([stopped.status, stopped.code], [500, "ServiceException"]);
  });

  it("A function that failed is answered with 200, the header that says so, and its error", async () => {
    const ended = async (outcome: Outcome) => {
      const { status, headers, text } = await lambda({ kind: "called", outcome, log: undefined }).invoke();
      assert.deepEqual([status, headers["x-amz-function-error"]], [200, "Unhandled"]);
      assert.equal(headers["x-amz-executed-version"], "$LATEST");
      return JSON.parse(text.replaceAll(String(headers["x-amzn-requestid"]), "ID")) as unknown;
    };
    const own = { errorType: "ValueError", errorMessage: "no such order", stackTrace: [] };
    assert.deepEqual(await ended(functionError(Buffer.from(JSON.stringify(own)))), own);
    const timeout = {
      errorType: "Sandbox.Timedout",
      errorMessage: "RequestId: ID Error: Task timed out after 3.00 seconds",
    };
    assert.deepEqual(await ended({ ok: false, reason: "timeout", message: "h:80 gave no complete answer" }), timeout);
    const { responseJson = "" } = sandboxTimeout("ID", 3_000);
    assert.deepEqual(await ended({ ok: false, reason: "timeout", message: "", responseJson }), timeout);
    const failed = { ok: false, message: "h:80 answered 500" } as const;
    assert.deepEqual(await ended({ ...failed, reason: "server_error", responseJson: '"oh"' }), {
      errorType: "Function.ServerError",
      errorMessage: "RequestId: ID Error: h:80 answered 500",
    });
    assert.deepEqual(await ended({ ...failed, reason: "server_error", responseJson: JSON.stringify(own) }), own);
    assert.deepEqual(await ended({ ...failed, reason: "connection", message: "h:80: ECONNREFUSED" }), {
      errorType: "Function.ConnectionFailure",
      errorMessage: "RequestId: ID Error: h:80: ECONNREFUSED",
    });
  });

  it("A function that puts a call off is answered with when to come again", async () => {
    const outcome = { ok: false, reason: "throttled", message: "h:80 answered 429", retryAfterMs: 6_400 } as const;
    const { status, headers } = await lambda({ kind: "called", outcome, log: undefined }).invoke();
    assert.deepEqual([status, headers["retry-after"]], [429, "7"]);
  });

  it("A function for which nobody can wait takes events, and says so to whoever would wait", async () => {
    const { invoke, calls, queued } = lambda();
    for (const type of ["RequestResponse", "DryRun"]) {
      const { status, headers, text } = await invoke({ name: "boxed", headers: { "x-amz-invocation-type": type } });
      assert.deepEqual([status, headers["x-amzn-errortype"]], [400, "InvalidParameterValueException"], type);
      assert.match(text, /Use the invocation type Event\./);
    }
    assert.equal((await invoke({ name: "boxed", headers: { "x-amz-invocation-type": "Event" } })).status, 202);
    assert.deepEqual([calls.length, queued.length], [0, 1]);
  });

  it("A caller needs lambda:InvokeFunction on the ARN that it named, for every type of call", async () => {
    const allowed = credentialsOf({
      effect: "Allow",
      actions: ["lambda:InvokeFunction"],
      resources: [`${ARN}:work`],
      conditions: [],
    });
    const { authenticator, audit } = authenticatorOf(allowed);
    const config = sampleConfig({ functions: [sampleFunction("work"), sampleFunction("other")] });
    const { app } = publicApp({ authenticator, config });
    const invoke = async (name: string, type: string, token: string | undefined = TOKEN) => {
      const { status } = await request(app)
        .post(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations`)
        .set({ "x-amz-invocation-type": type, ...(token === "" ? {} : { authorization: `Bearer ${token}` }) })
        .send("{}");
      return status;
    };
    for (const type of ["RequestResponse", "Event", "DryRun"]) {
      assert.notEqual(await invoke("work", type), 403, type);
      assert.equal(await invoke("other", type), 403, type);
      assert.equal(await invoke("none", type), 403, "who may not call it does not learn whether it is there");
      assert.equal(await invoke("work:$LATEST", type), 403, type);
      assert.equal(await invoke("work", type, ""), 403, type);
    }
    const [refused] = audit;
    assert.deepEqual([refused?.action, refused?.resource], ["lambda:InvokeFunction", `${ARN}:other`]);
  });
});
