import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, it } from "node:test";
import { HTTP } from "cloudevents";
import { composeEvent } from "../../../src/domain/event/event.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import type { Invocation } from "../../../src/ports/functions/functions.ts";
import type { Failure, Outcome } from "../../../src/domain/failure/outcome.ts";
import { httpInvoker } from "../../../src/edge/targets/http-function.ts";
import { testLimits } from "../../support/limits.ts";
import type { TestServer } from "../../support/http/http-target.ts";
import {
  closedPort,
  functionConfig,
  invocation,
  NEVER,
  readBody,
  serveHttp,
  serveTcp,
} from "../../support/http/http-target.ts";

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** Calls a function at a URL once. */
async function callUrl(url: string, what: Partial<Invocation> = {}): Promise<Outcome> {
  const invoker = httpInvoker(functionConfig({ kind: "http", url, format: "event" }));
  try {
    return await invoker.invoke(invocation(what), NEVER);
  } finally {
    await invoker.close();
  }
}

/** Calls a function once that answers in the given way. */
async function call(answering: Answering, what: Partial<Invocation> = {}): Promise<Outcome> {
  const server = await serveHttp(answering);
  try {
    return await callUrl(`${server.url}/events?shop=1`, what);
  } finally {
    await server.stop();
  }
}

const answer =
  (statusCode: number, body = "", headers: Record<string, string> = {}): Answering =>
  (_request, response) =>
    response.writeHead(statusCode, headers).end(body);

function failureOf(outcome: Outcome): Failure {
  assert.ok(!outcome.ok, JSON.stringify(outcome));
  return outcome;
}

async function reasonAt(server: TestServer): Promise<Failure> {
  try {
    return failureOf(await callUrl(server.url));
  } finally {
    await server.stop();
  }
}

describe("an HTTP function", () => {
  it("An HTTP function is sent the payload, the delivery's id and attempt, and the trace", async () => {
    let seen: IncomingMessage | undefined;
    let body = "";
    const traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    const outcome = await call(
      (request, response) => {
        seen = request;
        void readBody(request).then((text) => {
          body = text;
          response.end();
        });
      },
      { attempt: 3, traceparent },
    );
    assert.deepEqual(outcome, { ok: true, statusCode: 200 });
    assert.equal(body, '{"total":1.50}');
    assert.equal(`${seen?.method ?? ""} ${seen?.url ?? ""}`, "POST /events?shop=1");
    assert.equal(seen?.headers["content-type"], "application/json");
    assert.equal(seen.headers["busbar-delivery-id"], "4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11");
    assert.equal(seen.headers["busbar-attempt"], "3");
    assert.equal(seen.headers["traceparent"], traceparent);
    assert.match(String(seen.headers["x-amzn-trace-id"]), /^Root=1-5759e988-bd862e3fe1be46a994272793;Parent=/);
  });

  it("An HTTP function is called without a trace when the caller's is malformed", async () => {
    const outcome = await call(
      (request, response) => response.end(JSON.stringify(request.headers["traceparent"] ?? "none")),
      { traceparent: "00-\n" },
    );
    assert.deepEqual(outcome, { ok: true, statusCode: 200, responseJson: '"none"' });
  });

  it("An HTTP function is sent a CloudEvent when its format says so", async () => {
    const { json } = composeEvent({
      id: "e-1",
      detailType: "OrderPlaced",
      source: "shop.checkout",
      account: "000000000000",
      timeMs: 0,
      region: "us-east-1",
      resources: [],
      detailJson: '{"total":1}',
    });
    const fields = JSON.parse(json) as JsonObject;
    const server = await serveHttp((request, response) => {
      void readBody(request).then((body) => {
        const event = HTTP.toEvent<unknown>({ headers: request.headers, body });
        response.end(JSON.stringify(event));
      });
    });
    const invoker = httpInvoker(functionConfig({ kind: "http", url: server.url, format: "cloudevents" }));
    const outcome = await invoker.invoke(invocation({ payload: Buffer.from(json), event: fields }), NEVER);
    await invoker.close();
    await server.stop();
    assert.ok(outcome.ok);
    const { id, type, data } = JSON.parse(outcome.responseJson ?? "") as Record<string, unknown>;
    assert.deepEqual({ id, type, data }, { id: "e-1", type: "OrderPlaced", data: { total: 1 } });
  });

  it("An HTTP function reuses its connections", async () => {
    const ports = new Set<number | undefined>();
    const server = await serveHttp((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });
    const invoker = httpInvoker(functionConfig({ kind: "http", url: server.url, format: "event" }));
    for (let count = 0; count < 20; count++) await invoker.invoke(invocation(), NEVER);
    await invoker.close();
    await server.stop();
    // A connection is free a moment after its answer was read: the next call may already have a second one.
    assert.ok(ports.size <= 2, `${ports.size} connections for 20 calls`);
  });

  const responses: [string, string, string | undefined][] = [
    ["JSON as it stands", '{"total": 1.50}', '{"total": 1.50}'],
    ["text as a JSON string", "thank you", '"thank you"'],
    ["nothing as nothing", "", undefined],
  ];
  for (const [what, body, responseJson] of responses) {
    it(`An HTTP function gives back ${what}`, async () => {
      const outcome = await call(answer(201, body));
      assert.deepEqual(outcome, { ok: true, statusCode: 201, ...(responseJson === undefined ? {} : { responseJson }) });
    });
  }

  const statuses: [number, Failure["reason"]][] = [
    [302, "client_error"],
    [400, "client_error"],
    [404, "client_error"],
    [408, "server_error"],
    [409, "client_error"],
    [429, "throttled"],
    [500, "server_error"],
    [503, "server_error"],
  ];
  for (const [statusCode, reason] of statuses) {
    it(`An HTTP function fails as ${reason} when it answers ${statusCode}`, async () => {
      const failure = failureOf(await call(answer(statusCode, '{"no":1}', { location: "/elsewhere" })));
      assert.equal(failure.reason, reason);
      assert.equal(failure.statusCode, statusCode);
      assert.equal(failure.responseJson, '{"no":1}');
      assert.match(failure.message, /^127\.0\.0\.1:\d+ answered/);
    });
  }

  it("An HTTP function may ask to wait some seconds", async () => {
    assert.equal(failureOf(await call(answer(503, "", { "retry-after": "7" }))).retryAfterMs, 7_000);
  });

  it("An HTTP function may ask to wait until a date", async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs = 0 } = failureOf(await call(answer(429, "", { "retry-after": date })));
    assert.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000, String(retryAfterMs));
  });

  it("An HTTP function cannot ask to wait for more than a day, or for nonsense", async () => {
    assert.equal(failureOf(await call(answer(429, "", { "retry-after": "999999999999" }))).retryAfterMs, 86_400_000);
    assert.equal(failureOf(await call(answer(429, "", { "retry-after": "soon" }))).retryAfterMs, undefined);
  });
});

describe("an HTTP function that misbehaves", () => {
  it("An HTTP function that misbehaves times out when it never answers", async () => {
    const failure = failureOf(await call(() => undefined));
    assert.equal(failure.reason, "timeout");
    assert.match(failure.message, /^127\.0\.0\.1:\d+ gave no complete answer within 1 s$/);
  });

  it("An HTTP function that misbehaves times out when its body never ends", async () => {
    assert.equal(failureOf(await call((_request, response) => response.write("{"))).reason, "timeout");
  });

  it("An HTTP function that misbehaves may answer as much as its limit says, and what is more is counted", async () => {
    const { limits, met } = testLimits({ response: 100 });
    const server = await serveHttp(answer(200, `"${"x".repeat(99)}"`));
    const fn = functionConfig({ kind: "http", url: server.url, format: "event" });
    const invoker = httpInvoker(fn, limits.response);
    assert.equal(failureOf(await invoker.invoke(invocation(), NEVER)).reason, "invalid_response");
    assert.deepEqual(met, ["response"]);
    await invoker.close();
    await server.stop();
  });

  it("An HTTP function that misbehaves fails as invalid_response when it does not speak HTTP", async () => {
    const server = await serveTcp((socket) => socket.once("data", () => socket.end("220 mail ready\r\n\r\n")));
    const failure = await reasonAt(server);
    assert.equal(failure.reason, "invalid_response");
    assert.match(failure.message, /HTTPParserError|HPE_/);
  });

  it("An HTTP function that misbehaves fails as connection when nothing listens", async () => {
    const port = await closedPort();
    const failure = failureOf(await callUrl(`http://127.0.0.1:${port}`));
    assert.equal(failure.reason, "connection");
    assert.ok(failure.message.startsWith(`127.0.0.1:${port}: ECONNREFUSED`), failure.message);
  });

  it("An HTTP function that misbehaves fails as connection when it hangs up", async () => {
    const server = await serveTcp((socket) => socket.once("data", () => socket.resetAndDestroy()));
    assert.equal((await reasonAt(server)).reason, "connection");
  });

  it("An HTTP function that misbehaves fails as connection when its name does not resolve", async () => {
    // An empty label is refused before any name server is asked.
    const failure = failureOf(await callUrl("http://no..such.name:8080"));
    assert.equal(failure.reason, "connection");
    assert.match(failure.message, /^no\.\.such\.name:8080: E/);
  });

  it("An HTTP function that misbehaves fails as connection when it does not speak TLS", async () => {
    const server = await serveHttp(answer(200));
    const failure = failureOf(await callUrl(`https://127.0.0.1:${server.port}`));
    await server.stop();
    assert.equal(failure.reason, "connection");
  });
});

describe("a call of an HTTP function that is called off", () => {
  it("A call of an HTTP function that is called off rejects with the signal's reason and drops the connection", async () => {
    const stop = new AbortController();
    const dropped = Promise.withResolvers<boolean>();
    const server = await serveHttp((request) => {
      request.socket.once("close", () => dropped.resolve(true));
      stop.abort(new Error("the router stops"));
    });
    const invoker = httpInvoker(functionConfig({ kind: "http", url: server.url, format: "event" }));
    await assert.rejects(invoker.invoke(invocation(), stop.signal), /the router stops/);
    assert.ok(await dropped.promise);
    await invoker.close();
    await server.stop();
  });

  it("A call of an HTTP function that is called off is not made at all when it is aborted before", async () => {
    let calls = 0;
    const server = await serveHttp((_request, response) => {
      calls++;
      response.end();
    });
    const invoker = httpInvoker(functionConfig({ kind: "http", url: server.url, format: "event" }));
    await assert.rejects(invoker.invoke(invocation(), AbortSignal.abort()));
    await invoker.invoke(invocation(), NEVER);
    await invoker.close();
    await server.stop();
    assert.equal(calls, 1);
  });
});
