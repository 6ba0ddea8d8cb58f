import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { describe, it } from "node:test";
import type { ApiDestination } from "../../../src/domain/target/function.ts";
import type { HttpParameters } from "../../../src/domain/target/http-parameters.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { ApiDestinationOptions } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { apiDestinationInvoker } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { RateLimit } from "../../../src/async/rate-limit.ts";
import { CALL_BURST } from "../../../src/edge/targets/api-destination/rate-limit.ts";
import { invocation, NEVER, readBody, serveHttp } from "../../support/http/http-target.ts";

function crm(url: string, overrides: Partial<ApiDestination> = {}): ApiDestination {
  return {
    name: "crm",
    url,
    method: "POST",
    auth: { kind: "none" },
    invocationRateLimitPerSecond: 300,
    concurrency: 10,
    ...overrides,
  };
}

interface Request {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Calls an API destination once; answers what it was sent. */
async function requestOf(
  overrides: Partial<ApiDestination>,
  { path = "/hooks?a=1", http }: { readonly path?: string; readonly http?: HttpParameters } = {},
): Promise<Request> {
  const seen = Promise.withResolvers<Request>();
  const server = await serveHttp((request, response) => {
    const line = `${request.method ?? ""} ${request.url ?? ""}`;
    void readBody(request).then((body) => {
      seen.resolve({ line, headers: request.headers, body });
      response.end();
    });
  });
  const invoker = apiDestinationInvoker(crm(`${server.url}${path}`, overrides));
  const outcome = await invoker.invoke({ ...invocation(), ...(http === undefined ? {} : { http }) }, NEVER);
  await invoker.close();
  await server.stop();
  assert.ok(outcome.ok);
  return seen.promise;
}

async function answered(
  statusCode: number,
  headers: Record<string, string>,
  options?: ApiDestinationOptions,
): Promise<Outcome> {
  const server = await serveHttp((_request, response) => {
    if (statusCode > 0) response.writeHead(statusCode, headers).end();
  });
  const invoker = apiDestinationInvoker(crm(server.url), options);
  const outcome = await invoker.invoke(invocation(), NEVER);
  await invoker.close();
  await server.stop();
  return outcome;
}

describe("an API destination", () => {
  it("An API destination is called with its method, the payload, the delivery's id and a user agent", async () => {
    const { line, headers, body } = await requestOf({ method: "PUT" });
    assert.equal(line, "PUT /hooks?a=1");
    assert.equal(body, '{"total":1.50}');
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
    assert.equal(headers["user-agent"], "busbar");
    assert.equal(headers["busbar-delivery-id"], "4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11");
    assert.equal(headers.authorization, undefined);
  });

  it("Path parameters of a target take the places of the stars in the path, encoded, and no others", async () => {
    const http = { path: ["a/b?c", "ü"], headers: {}, query: {} };
    const { line } = await requestOf({}, { path: "/users/*/orders/*/*?star=*", http });
    assert.equal(line, "POST /users/a%2Fb%3Fc/orders/%C3%BC/*?star=*");
  });

  it("What a connection adds to a call comes before what a target adds, and neither sets what HTTP needs", async () => {
    const http = {
      path: [],
      headers: { "X-A": "target", "x-b": "zeile\r\nü", Host: "evil" },
      query: { q: "target", r: "&" },
    };
    const parameters = {
      headers: { "x-a": "connection", "Content-Type": "application/vnd.crm+json", "User-Agent": "other" },
      query: { q: "connection" },
      body: { tenant: "t1" },
    };
    const { line, headers, body } = await requestOf({ parameters }, { http });
    assert.equal(line, "POST /hooks?a=1&q=connection&r=%26");
    assert.deepEqual([headers["x-a"], headers["x-b"]], ["connection", "zeile%0D%0A%C3%BC"]);
    assert.deepEqual([headers["content-type"], headers["user-agent"]], ["application/vnd.crm+json", "busbar"]);
    assert.match(headers.host ?? "", /^127/);
    assert.equal(body, '{"total":1.50,"tenant":"t1"}');
  });

  it("An API destination whose connection is not usable is not called, and tried again", async () => {
    const invoker = apiDestinationInvoker(
      crm("http://127.0.0.1:1", { auth: { kind: "unusable", reason: "connection crm is DEAUTHORIZED" } }),
    );
    const outcome = await invoker.invoke(invocation(), NEVER);
    await invoker.close();
    assert.deepEqual(outcome, { ok: false, reason: "unauthorized", message: "connection crm is DEAUTHORIZED" });
  });

  it("An API destination is given its API key", async () => {
    const { headers } = await requestOf({ auth: { kind: "apiKey", header: "X-Api-Key", value: "k1" } });
    assert.equal(headers["x-api-key"], "k1");
  });

  it("An API destination is given its user name and password", async () => {
    const { headers } = await requestOf({ auth: { kind: "basic", username: "jo", password: "pä:ss" } });
    assert.equal(headers.authorization, `Basic ${Buffer.from("jo:pä:ss").toString("base64")}`);
  });

  it("An API destination is given its bearer token", async () => {
    const { headers } = await requestOf({ auth: { kind: "bearer", token: "t1" } });
    assert.equal(headers.authorization, "Bearer t1");
  });

  const statuses = [
    [401, "unauthorized"],
    [407, "unauthorized"],
    [403, "client_error"],
    [409, "throttled"],
    [429, "throttled"],
    [500, "server_error"],
  ] as const;
  for (const [statusCode, reason] of statuses) {
    it(`An API destination fails as ${reason} when it answers ${statusCode}`, async () => {
      const outcome = await answered(statusCode, { "retry-after": "2" });
      assert.ok(!outcome.ok);
      assert.deepEqual([outcome.reason, outcome.retryAfterMs], [reason, 2_000]);
    });
  }

  it("An API destination times out", async () => {
    const outcome = await answered(0, {}, { timeoutMs: 100 });
    assert.equal(!outcome.ok && outcome.reason, "timeout");
  });

  it("An API destination does not show its secret when a header cannot be sent", async () => {
    const invoker = apiDestinationInvoker(crm("http://127.0.0.1:1", { auth: { kind: "bearer", token: "se\ncret" } }));
    const outcome = await invoker.invoke(invocation(), NEVER);
    await invoker.close();
    assert.ok(!outcome.ok);
    assert.equal(outcome.reason, "client_error");
    assert.doesNotMatch(outcome.message, /cret/);
  });
});

describe("an API destination's rate limit", () => {
  it("An API destination's rate limit spaces the calls evenly over two seconds", async () => {
    const arrivals: number[] = [];
    const server = await serveHttp((_request, response) => {
      arrivals.push(performance.now());
      response.end();
    });
    const invoker = apiDestinationInvoker(crm(server.url, { invocationRateLimitPerSecond: 20, concurrency: 100 }));
    // The bucket begins empty: 42 that are 50 ms apart.
    await Promise.all(Array.from({ length: 42 }, () => invoker.invoke(invocation(), NEVER)));
    await invoker.close();
    await server.stop();
    const first = arrivals[0] ?? 0;
    const lastMs = (arrivals.at(-1) ?? 0) - first;
    const inFirstSecond = arrivals.filter((arrival) => arrival - first < 1_000).length;
    assert.ok(lastMs > 2_000 && lastMs < 4_000, `the last came after ${lastMs} ms`);
    assert.ok(inFirstSecond <= 21, `${inFirstSecond} came in the first second`);
  });

  it("An API destination's rate limit takes no more calls at once than it can begin in about as long as a call may take", async () => {
    for (const [rate, concurrency, expected] of [
      [1, 10, 6],
      [5, 100, 30],
      [300, 10, 10],
    ] as const) {
      const invoker = apiDestinationInvoker(
        crm("http://127.0.0.1:1", { invocationRateLimitPerSecond: rate, concurrency }),
      );
      assert.equal(invoker.capacity?.current(), expected);
      await invoker.close();
    }
  });

  it("An API destination's rate limit lets a waiting call be aborted", async () => {
    const server = await serveHttp((_request, response) => response.end());
    const invoker = apiDestinationInvoker(crm(server.url, { invocationRateLimitPerSecond: 0.001 }));
    const stop = new AbortController();
    const waiting = invoker.invoke(invocation(), stop.signal);
    stop.abort();
    await assert.rejects(waiting);
    await invoker.close();
    await server.stop();
  });

  it("An API destination's rate limit lets at most a tenth of a second's worth come at once, also after a pause", () => {
    const limit = new RateLimit(100, 0, CALL_BURST);
    const waits = (nowMs: number) => Array.from({ length: 12 }, () => limit.take(nowMs));
    const expected = [...Array<number>(10).fill(0), 10, 20];
    assert.deepEqual(waits(1_000), expected);
    assert.deepEqual(waits(60_000), expected);
  });
});
