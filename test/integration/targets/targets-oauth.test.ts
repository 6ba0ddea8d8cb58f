import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { describe, it, type TestContext } from "node:test";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import { createAddressGuard } from "../../../src/edge/targets/http/address-guard.ts";
import type { ApiDestinationOptions } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { apiDestinationInvoker } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { authorizationOf } from "../../../src/edge/targets/api-destination/authorization.ts";
import { invocation, NEVER, readBody, serveHttp } from "../../support/http/http-target.ts";

const BY_FORM = { method: "POST", clientAuthentication: "basic", headers: {}, query: {} } as const;

/** An authorization server that numbers its tokens, and an API that takes those that are not revoked. */
class Api {
  readonly asked: { headers: IncomingMessage["headers"]; form: Record<string, string> }[] = [];
  readonly calledWith: (string | undefined)[] = [];
  expiresIn: number | undefined = 3_600;
  tokenStatus = 200;
  readonly revoked = new Set<string>();
  tokenUrl = "";
  url = "";

  async start(t: TestContext): Promise<this> {
    const tokens = await serveHttp((request, response) => {
      void readBody(request).then((body) => {
        this.asked.push({ headers: request.headers, form: Object.fromEntries(new URLSearchParams(body)) });
        const answer = { access_token: `token-${this.asked.length}`, token_type: "Bearer", expires_in: this.expiresIn };
        response.writeHead(this.tokenStatus).end(JSON.stringify(answer));
      });
    });
    const api = await serveHttp((request, response) => {
      const token = request.headers.authorization;
      this.calledWith.push(token);
      response.writeHead(this.revoked.has(token ?? "") ? 401 : 200).end();
    });
    t.after(() => Promise.all([tokens.stop(), api.stop()]));
    this.tokenUrl = `${tokens.url}/token`;
    this.url = api.url;
    return this;
  }

  /** Calls the API some times over one destination. */
  caller(t: TestContext, options: ApiDestinationOptions = {}): () => Promise<Outcome> {
    const invoker = apiDestinationInvoker(
      {
        name: "crm",
        url: this.url,
        method: "POST",
        auth: {
          kind: "oauth",
          tokenUrl: this.tokenUrl,
          clientId: "a client",
          clientSecret: "pä:ss",
          scope: "read write",
          parameters: { audience: "crm" },
          ...BY_FORM,
        },
        invocationRateLimitPerSecond: 300,
        concurrency: 10,
      },
      options,
    );
    t.after(() => invoker.close());
    return () => invoker.invoke(invocation(), NEVER);
  }
}

describe("an API destination with OAuth client credentials", () => {
  it("An API destination with OAuth is called with a token that is requested as the standard says, once for all calls", async (t) => {
    const api = await new Api().start(t);
    const call = api.caller(t);
    const outcomes = await Promise.all([call(), call(), call()]);
    outcomes.push(await call());
    assert.ok(outcomes.every(({ ok }) => ok));
    assert.equal(api.asked.length, 1);
    const [{ headers, form }] = api.asked as [(typeof api.asked)[0]];
    assert.equal(headers.authorization, `Basic ${Buffer.from("a%20client:p%C3%A4%3Ass").toString("base64")}`);
    assert.deepEqual(form, { grant_type: "client_credentials", scope: "read write", audience: "crm" });
    assert.deepEqual(new Set(api.calledWith), new Set(["Bearer token-1"]));
  });

  it("An API destination with OAuth is called with a new token when the one before is about to end", async (t) => {
    for (const [expiresIn, usableMs] of [
      [3_600, 3_570_000],
      [40, 20_000],
      [1, 500],
      [undefined, 270_000],
    ] as const) {
      let nowMs = 1_000_000;
      const api = await new Api().start(t);
      api.expiresIn = expiresIn;
      const call = api.caller(t, { wallMs: () => nowMs });
      await call();
      nowMs += usableMs - 1;
      await call();
      nowMs += 1;
      await call();
      assert.deepEqual(api.calledWith, ["Bearer token-1", "Bearer token-1", "Bearer token-2"], String(expiresIn));
    }
  });

  it("An API destination with OAuth is called once more with a new token when the one before was revoked", async (t) => {
    const api = await new Api().start(t);
    const call = api.caller(t);
    await call();
    api.revoked.add("Bearer token-1");
    assert.equal((await call()).ok, true);
    assert.deepEqual(api.calledWith, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    api.revoked.add("Bearer token-2").add("Bearer token-3").add("Bearer token-4");
    const refused = await call();
    assert.equal(!refused.ok && refused.reason, "unauthorized");
    assert.deepEqual(api.calledWith.slice(3), ["Bearer token-2", "Bearer token-3"]);
    await call();
    // The token that was refused is not used again, and one that is refused when it is new not replaced at once.
    assert.deepEqual(api.calledWith.slice(5), ["Bearer token-4"]);
    assert.equal(api.asked.length, 4);
  });

  it("An API destination with OAuth is called at most twice in an attempt, also when another attempt got the new token", async (t) => {
    const api = await new Api().start(t);
    const { tokenUrl } = api;
    const auth = { kind: "oauth", tokenUrl, clientId: "a", clientSecret: "b", parameters: {}, ...BY_FORM } as const;
    const authorization = authorizationOf(auth, undefined, Date.now);
    t.after(() => authorization.close());
    const refused: Outcome = { ok: false, reason: "unauthorized", message: "no", statusCode: 401 };
    const success: Outcome = { ok: true, statusCode: 200 };
    await authorization.call(() => Promise.resolve(success), NEVER);
    const first = Promise.withResolvers<Outcome>();
    const used: (string | undefined)[] = [];
    const slow = authorization.call(({ authorization: token }) => {
      used.push(token);
      return used.length === 1 ? first.promise : Promise.resolve(refused);
    }, NEVER);
    // Another attempt finds the token refused, and gets the next one.
    let calls = 0;
    await authorization.call(() => Promise.resolve((calls += 1) === 1 ? refused : success), NEVER);
    first.resolve(refused);
    assert.deepEqual(await slow, refused);
    assert.deepEqual(used, ["Bearer token-1", "Bearer token-2"]);
  });

  it("An API destination with OAuth fails for a retry when there is no token, and the message has no secret", async (t) => {
    const api = await new Api().start(t);
    api.tokenStatus = 401;
    const requests: (string | undefined)[] = [];
    const call = api.caller(t, { onTokenRequest: (failure) => requests.push(failure?.message) });
    const outcome = await call();
    assert.ok(!outcome.ok);
    assert.deepEqual(requests, [outcome.message]);
    assert.equal(outcome.reason, "connection");
    assert.match(outcome.message, /^OAuth: 127\.0\.0\.1:\d+: no access token, HTTP 401$/);
    assert.deepEqual(api.calledWith, []);
    api.tokenStatus = 200;
    assert.equal((await call()).ok, true);
  });

  it("An API destination with OAuth requests no token at an address that it may not call, and is not retried", async (t) => {
    const api = await new Api().start(t);
    const outcome = await api.caller(t, { addressGuard: createAddressGuard([]) })();
    assert.equal(!outcome.ok && outcome.reason, "client_error");
    assert.equal(api.asked.length, 0);
  });

  for (const [what, changes, line, contentType, body] of [
    [
      "a form with the credentials in it",
      { clientAuthentication: "body", query: { tenant: "a b" } },
      "POST /token?tenant=a+b",
      "application/x-www-form-urlencoded",
      "audience=crm&grant_type=client_credentials&client_id=id&client_secret=pass",
    ],
    [
      "JSON, where its own header says so",
      { clientAuthentication: "body", method: "PUT", headers: { "Content-Type": "application/json" } },
      "PUT /token",
      "application/json",
      '{"audience":"crm","grant_type":"client_credentials","client_id":"id","client_secret":"pass"}',
    ],
    [
      "a GET with all of it in the query",
      { clientAuthentication: "body", method: "GET" },
      "GET /token?audience=crm&grant_type=client_credentials&client_id=id&client_secret=pass",
      "application/x-www-form-urlencoded",
      "",
    ],
  ] as const) {
    it(`An access token is asked for by ${what}`, async (t) => {
      let seen: unknown;
      const server = await serveHttp((request, response) => {
        void readBody(request).then((sent) => {
          seen = [`${request.method} ${request.url}`, request.headers["content-type"], sent];
          response.end('{"access_token":"t"}');
        });
      });
      t.after(() => server.stop());
      const credentials = { clientId: "id", clientSecret: "pass", parameters: { audience: "crm" } };
      const auth = { kind: "oauth", tokenUrl: `${server.url}/token`, ...credentials, ...BY_FORM, ...changes } as const;
      const authorization = authorizationOf(auth, undefined, Date.now);
      t.after(() => authorization.close());
      assert.ok((await authorization.call(() => Promise.resolve({ ok: true, statusCode: 200 }), NEVER)).ok);
      assert.deepEqual(seen, [line, contentType, body]);
    });
  }
});
