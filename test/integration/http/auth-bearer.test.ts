import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type { AccessFacts } from "../../../src/ports/access-observer.ts";
import type { Principal, Statement } from "../../../src/domain/access/access.ts";
import { tokenDigest } from "../../../src/config/access/load-access.ts";
import { listen, type Listening } from "../../../src/edge/http/server.ts";
import { authenticatorOf } from "../../support/http/authenticator.ts";
import { publicApp } from "../../support/http/public-app.ts";

const MAY_PUT: Statement = { effect: "Allow", actions: ["events:PutEvents"], resources: ["*"], conditions: [] };
const SHOP: Principal = { id: "bearer-token/shop", statements: [MAY_PUT] };
const READER: Principal = { id: "bearer-token/reader", statements: [{ ...MAY_PUT, actions: ["events:List*"] }] };
const SLOW: Principal = { id: "bearer-token/slow", statements: [MAY_PUT], requestsPerSecond: 2 };

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An OpenID Connect issuer with keys that can be exchanged. */
class Issuer {
  url = "";
  readonly keys = new Map<string, KeyPair>();
  fetched = 0;
  isUp = true;
  readonly #server = createServer((request, response) => {
    if (!this.isUp) return void response.writeHead(503).end();
    if (request.url === "/.well-known/openid-configuration") {
      return void response.end(JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/keys` }));
    }
    this.fetched += 1;
    void this.#jwks().then((keys) => response.end(JSON.stringify({ keys })));
  });

  async start(): Promise<void> {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    await this.newKey("first");
  }

  async newKey(kid: string): Promise<void> {
    this.keys.set(kid, await generateKeyPair("ES256"));
  }

  token(claims: Record<string, unknown>, { kid = "first", issuer = this.url, expires = "5m" } = {}): Promise<string> {
    return new SignJWT({ sub: "alice", aud: "busbar", ...claims })
      .setProtectedHeader({ alg: "ES256", kid })
      .setIssuer(issuer)
      .setExpirationTime(expires)
      .sign(this.keys.get(kid)!.privateKey);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #jwks(): Promise<readonly object[]> {
    const all = [...this.keys].map(async ([kid, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: "ES256",
    }));
    return Promise.all(all);
  }
}

describe("CloudEvents, where credentials are asked for", () => {
  const issuer = new Issuer();
  let server: Listening;
  let audit: AccessFacts[];

  before(async () => {
    await issuer.start();
    const tokens = { shop: SHOP, reader: READER, slow: SLOW };
    const asked = authenticatorOf({
      accessKeys: new Map(),
      bearerTokens: new Map(Object.entries(tokens).map(([name, who]) => [tokenDigest(`the-token-of-${name}`), who])),
      issuers: new Map([
        [
          issuer.url,
          {
            name: "people",
            issuer: issuer.url,
            audience: ["busbar"],
            clockToleranceSeconds: 30,
            nameClaim: "sub",
            grants: [{ claim: "groups", values: ["shop", "till"], statements: [MAY_PUT] }],
          },
        ],
      ]),
    });
    audit = asked.audit;
    server = await listen(publicApp({ authenticator: asked.authenticator }).app, { host: "127.0.0.1", port: 0 });
  });
  after(async () => {
    await server.close(0);
    issuer.close();
  });

  function put(authorization: string | undefined): Promise<Response> {
    return fetch(`${server.url}/events`, {
      method: "POST",
      headers: {
        "content-type": "application/cloudevents+json",
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify({ specversion: "1.0", id: "1", source: "shop", type: "OrderPlaced", data: {} }),
    });
  }

  async function putWith(token: string): Promise<{ status: number; detail: unknown; outcome: string | undefined }> {
    audit.length = 0;
    const response = await put(`Bearer ${token}`);
    const { detail } = (await response.json()) as { detail?: unknown };
    return { status: response.status, detail, outcome: audit.at(-1)?.outcome };
  }

  it("CloudEvents are accepted with a listed token", async () => {
    assert.equal((await putWith("the-token-of-shop")).status, 202);
  });

  it("CloudEvents are refused without a token, and the answer names the scheme", async () => {
    const response = await put(undefined);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    assert.equal(response.headers.get("content-type"), "application/problem+json");
  });

  it("CloudEvents are refused with an unknown token", async () => {
    assert.deepEqual(await putWith("the-token-of-nobody"), {
      status: 401,
      detail: "The bearer token is not valid.",
      outcome: "bad_token",
    });
  });

  it("CloudEvents are refused to a caller whose policies allow no put", async () => {
    const { status, detail } = await putWith("the-token-of-reader");
    assert.equal(status, 403);
    assert.match(
      String(detail),
      /^User: bearer-token\/reader is not authorized to perform: events:PutEvents on resource: arn:aws:events/,
    );
  });

  it("CloudEvents are refused to a principal beyond its rate, until later", async () => {
    // All at once: its rate allows more with time.
    const putting = Array.from({ length: 4 }, () => put("Bearer the-token-of-slow"));
    const [first, second, third, refused] = (await Promise.all(putting)).sort(
      (one, other) => one.status - other.status,
    );
    assert.deepEqual([first?.status, second?.status, third?.status, refused?.status], [202, 202, 429, 429]);
    assert.equal(refused?.headers.get("retry-after"), "1");
    assert.equal((await putWith("the-token-of-shop")).status, 202);
  });

  it("CloudEvents of an issuer's user have a rate and a name of their own, though a token has the same name", async () => {
    const asSlow = await issuer.token({ groups: "shop", sub: "slow" });
    const putting = Array.from({ length: 5 }, () => put("Bearer the-token-of-slow"));
    assert.ok((await Promise.all(putting)).some(({ status }) => status === 429));
    assert.equal((await putWith(asSlow)).status, 202);
    const { detail } = await putWith(await issuer.token({ groups: "people", sub: "bearer-token/slow" }));
    assert.match(String(detail), /^User: issuer\/people\/bearer-token\/slow is not/);
  });

  it("CloudEvents are refused with a token whose subject is too long to log, or has control characters", async () => {
    for (const sub of ["a".repeat(257), "two\nlines", "\u001b[2Jgone"]) {
      assert.equal((await putWith(await issuer.token({ groups: "shop", sub }))).outcome, "bad_token", sub);
    }
    assert.equal((await putWith(await issuer.token({ groups: "shop", sub: "a".repeat(256) }))).status, 202);
  });

  it("CloudEvents are refused with a signature, which is for the AWS APIs", async () => {
    const response = await put(
      "AWS4-HMAC-SHA256 Credential=a/20260101/r/events/aws4_request, SignedHeaders=host, Signature=0",
    );
    assert.equal(response.status, 401);
  });

  it("CloudEvents are accepted with a token of the issuer, as its claims grant", async () => {
    assert.equal((await putWith(await issuer.token({ groups: ["people", "till"] }))).status, 202);
    assert.equal((await putWith(await issuer.token({ groups: "shop" }))).status, 202);
    const { status, detail } = await putWith(await issuer.token({ groups: ["people"] }));
    assert.equal(status, 403);
    assert.match(String(detail), /^User: issuer\/people\/alice is not/);
  });

  it("CloudEvents are accepted when the issuer's clock is a little off", async () => {
    assert.equal((await putWith(await issuer.token({ groups: "shop" }, { expires: "-20s" }))).status, 202);
    assert.equal((await putWith(await issuer.token({ groups: "shop" }, { expires: "-40s" }))).outcome, "expired_token");
  });

  it("CloudEvents are refused with a forged token", async () => {
    const stranger = new Issuer();
    await stranger.newKey("first");
    const good = await issuer.token({ groups: "shop" });
    const [head = "", , signature = ""] = good.split(".");
    const claims = Buffer.from(
      JSON.stringify({ iss: issuer.url, sub: "mallory", aud: "busbar", exp: 9e9, groups: "shop" }),
    );
    const publicJwk = await exportJWK(issuer.keys.get("first")!.publicKey);
    const confused = new SignJWT({ sub: "mallory", aud: "busbar", groups: "shop" })
      .setProtectedHeader({ alg: "HS256", kid: "first" })
      .setIssuer(issuer.url)
      .setExpirationTime("5m")
      .sign(Buffer.from(JSON.stringify(publicJwk)));
    const unsigned = new UnsecuredJWT({ aud: "busbar", groups: "shop" })
      .setSubject("m")
      .setIssuer(issuer.url)
      .setExpirationTime("5m");
    const wrong: Record<string, string> = {
      "signed by another": await stranger.token({ groups: "shop" }, { issuer: issuer.url }),
      "of another issuer": await issuer.token({ groups: "shop" }, { issuer: "https://elsewhere.example" }),
      "for another audience": await issuer.token({ groups: "shop", aud: "others" }),
      "with other claims": `${head}.${claims.toString("base64url")}.${signature}`,
      "signed with the public key as a secret": await confused,
      "not signed": unsigned.encode(),
      "with no end": await new SignJWT({ aud: "busbar", groups: "shop" })
        .setProtectedHeader({ alg: "ES256", kid: "first" })
        .setSubject("alice")
        .setIssuer(issuer.url)
        .sign(issuer.keys.get("first")!.privateKey),
      "with no name": await issuer.token({ groups: "shop", sub: undefined }),
      "that is three dots": "..",
    };
    for (const [how, token] of Object.entries(wrong)) {
      const { status, outcome } = await putWith(token);
      assert.equal(status, 401, how);
      assert.equal(outcome, "bad_token", how);
    }
  });

  it("CloudEvents are refused with a token that is too long", async () => {
    const response = await put(`Bearer ${"a".repeat(16_385)}`);
    assert.ok([401, 431].includes(response.status), `${response.status}`);
  });
});

describe("an issuer's keys", () => {
  async function startAsking(t: TestContext) {
    const issuer = new Issuer();
    await issuer.start();
    t.after(() => issuer.close());
    let nowMs = 0;
    const properties = { name: "people", audience: ["busbar"], clockToleranceSeconds: 0, nameClaim: "sub", grants: [] };
    const credentials = {
      accessKeys: new Map(),
      bearerTokens: new Map(),
      issuers: new Map([[issuer.url, { ...properties, issuer: issuer.url }]]),
    };
    const { authenticator, issuerKeys } = authenticatorOf(credentials, { steadyMs: () => nowMs });
    const admit = async (token: string) => {
      const request = { headers: { authorization: `Bearer ${token}` }, socket: { remoteAddress: "127.0.0.1" } };
      return authenticator.authenticateToken(request as never, "events:PutEvents");
    };
    const stranger = new Issuer();
    await stranger.newKey("nobody's");
    const madeUp = () => stranger.token({}, { kid: "nobody's", issuer: issuer.url });
    return { issuer, admit, madeUp, issuerKeys, pass: (ms: number) => (nowMs += ms) };
  }

  it("An issuer's keys are fetched once for many tokens that come at once", async (t) => {
    const { issuer, admit } = await startAsking(t);
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.token({})));
    await Promise.all(tokens.map(admit));
    assert.equal(issuer.fetched, 1);
    await admit(await issuer.token({}));
    assert.equal(issuer.fetched, 1);
  });

  it("An issuer's keys are fetched at once when a token names a new key", async (t) => {
    const { issuer, admit } = await startAsking(t);
    await admit(await issuer.token({}));
    for (const kid of ["second", "third"]) {
      await issuer.newKey(kid);
      await admit(await issuer.token({}, { kid }));
    }
    assert.equal(issuer.fetched, 3);
  });

  it("An issuer's keys are fetched at a bounded rate for made-up key ids", async (t) => {
    const { issuer, admit, madeUp, pass } = await startAsking(t);
    await admit(await issuer.token({}));
    for (let n = 0; n < 30; n++) await assert.rejects(admit(await madeUp()), { reason: "bad_token" });
    assert.ok(issuer.fetched <= 5, `fetched ${issuer.fetched} times`);
    const before = issuer.fetched;
    await issuer.newKey("second");
    pass(5_000);
    await admit(await issuer.token({}, { kid: "second" }));
    assert.equal(issuer.fetched, before + 1);
  });

  it("An issuer's keys stay in use for a day while the issuer is away", async (t) => {
    const { issuer, admit, madeUp, issuerKeys, pass } = await startAsking(t);
    await admit(await issuer.token({}));
    issuer.isUp = false;
    for (const ms of [11 * 60_000, 3_600_000, 22 * 3_600_000]) {
      pass(ms);
      await admit(await issuer.token({}, { expires: "2d" }));
      await assert.rejects(admit(await madeUp()), { reason: "issuer_unavailable" });
      await admit(await issuer.token({}, { expires: "2d" }));
    }
    assert.ok(issuerKeys.slice(1).every(({ ok }) => !ok) && issuerKeys.length > 3);
    pass(3_600_000);
    await assert.rejects(admit(await issuer.token({}, { expires: "2d" })), { reason: "issuer_unavailable" });
    issuer.isUp = true;
    pass(5_000);
    await admit(await issuer.token({}));
  });

  it("An issuer's keys are unavailable before their first fetch, and are fetched at a bounded rate then, too", async (t) => {
    const { issuer, admit, issuerKeys } = await startAsking(t);
    issuer.isUp = false;
    for (let n = 0; n < 20; n++) {
      await assert.rejects(admit(await issuer.token({})), { reason: "issuer_unavailable" });
    }
    assert.ok(issuerKeys.length <= 5, `${issuerKeys.length} fetches`);
  });
});
