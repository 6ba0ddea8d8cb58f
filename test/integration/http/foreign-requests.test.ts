import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import request from "supertest";
import type { Credentials } from "../../../src/domain/access/credentials.ts";
import { BareRouter } from "../../support/router/bare-router.ts";
import { authenticatorOf } from "../../support/http/authenticator.ts";
import { invocation, poll, startGateway } from "../../support/functions/runtime-api-client.ts";

const AWS = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" };
const PUT = JSON.stringify({ Entries: [{ Source: "shop.checkout", DetailType: "OrderPlaced", Detail: "{}" }] });
const EVENT = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "shop.checkout", "ce-type": "OrderPlaced" };

/** A poll that is not refused waits: a test of it ends all the same. */
const POLL_MS_MAX = 10_000;

/** What a browser adds to the requests of a page that is not the router's. */
const PAGES: Readonly<Record<string, Record<string, string>>> = {
  "an image": { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
  "a form": { origin: "http://evil.example" },
  "a sandboxed page": { origin: "null" },
  "a page on another port": { origin: "http://localhost:3000", "sec-fetch-site": "same-site" },
  "a page whose name was pointed here": { host: "evil.example:8080", origin: "http://evil.example:8080" },
};

describe("a web page, where nobody is asked who they are", () => {
  let router: BareRouter;
  const { authenticator, audit } = authenticatorOf(undefined, { allowedHosts: ["*.busbar"] });
  before(async () => void (router = await BareRouter.start(authenticator)));
  after(() => router.stop());

  const depth = async () => (await router.broker.depth("orders"))?.ready;

  for (const [page, headers] of Object.entries(PAGES)) {
    it(`The router puts no event from ${page}`, async () => {
      const before = await depth();
      const put = await request(router.publicUrl).post("/").set(AWS).set(headers).send(PUT);
      assert.deepEqual([put.status, put.headers["x-amzn-errortype"]], [403, "AccessDeniedException"]);
      assert.equal((JSON.parse(put.text) as { __type: string }).__type, "AccessDeniedException");
      const event = await request(router.publicUrl).post("/events").set(EVENT).set(headers).send("{}");
      assert.deepEqual([event.status, event.type], [403, "application/problem+json"]);
      assert.equal(await depth(), before);
    });

    it(`The admin port reads and changes nothing for ${page}`, async () => {
      const admin = request(router.adminUrl);
      const asked = [
        admin.get("/api/v1/queues"),
        admin.get("/metrics"),
        admin.get("/readyz"),
        admin.post("/api/v1/queues/orders/purge"),
        admin.put("/api/v1/paused/function/stock"),
        admin.options("/api/v1/queues"),
      ];
      for (const each of asked) {
        const { status, type } = await each.set(headers);
        assert.deepEqual([status, type], [403, "application/problem+json"]);
      }
      assert.ok(!router.pauses.isPaused("function/stock"));
    });
  }

  it("A foreign request is audited by its reason", () => {
    assert.deepEqual(new Set(audit.map(({ outcome }) => outcome)), new Set(["web_page", "unknown_host"]));
  });

  it("Events are put by address, localhost and allowed hosts", async () => {
    for (const host of ["127.0.0.1:8080", "10.0.0.7", "[::1]:8080", "localhost:8080", "router.busbar"]) {
      const { status } = await request(router.publicUrl).post("/").set(AWS).set({ host }).send(PUT);
      assert.equal(status, 200, host);
      assert.equal((await request(router.adminUrl).get("/metrics").set({ host })).status, 200, host);
    }
  });

  it("A router with credentials does not check what sent a request", async () => {
    const credentials: Credentials = { accessKeys: new Map(), bearerTokens: new Map(), issuers: new Map() };
    const asking = await BareRouter.start(authenticatorOf(credentials).authenticator);
    const { status } = await request(asking.publicUrl)
      .post("/events")
      .set({ ...EVENT, host: "events.example" });
    assert.equal(status, 401);
    await asking.stop();
  });
});

describe("a web page that polls for a function", () => {
  for (const [page, { host: _host, ...headers }] of Object.entries(PAGES)) {
    if (Object.keys(headers).length === 0) continue;
    it(`A function without a secret gives no event to ${page}`, async (t) => {
      const refused: unknown[] = [];
      const gateway = await startGateway(t, { onRefused: (...facts) => refused.push(facts) });
      const answer = await poll(gateway.port, {
        signal: AbortSignal.timeout(POLL_MS_MAX),
        host: "audit.localhost:9001",
        headers,
      });
      assert.equal(answer?.status, 403);
      assert.equal((JSON.parse(answer.text) as { errorType: string }).errorType, "AccessDenied");
      assert.deepEqual(refused, [["audit", "127.0.0.1", "web_page"]]);
      const given = invocation();
      void gateway.give(given);
      assert.equal(
        (await poll(gateway.port, { signal: AbortSignal.timeout(POLL_MS_MAX), host: "audit.localhost:9001" }))?.status,
        200,
      );
    });
  }

  it("A function gives no event by a name that was pointed at the router", async (t) => {
    const refused: unknown[] = [];
    const gateway = await startGateway(t, { onRefused: (...facts) => refused.push(facts) });
    const answer = await poll(gateway.port, {
      signal: AbortSignal.timeout(POLL_MS_MAX),
      host: "audit.evil.example:9001",
    });
    assert.equal(answer?.status, 403);
    assert.match(answer.text, /BUSBAR_ALLOWED_HOSTS/);
    assert.deepEqual(refused, [["audit", "127.0.0.1", "unknown_host"]]);
  });

  it("A page gains nothing from a secret that the function does not ask for", async (t) => {
    const gateway = await startGateway(t, { onRefused: () => undefined });
    const options = {
      host: "audit.localhost:9001",
      secret: "a-secret-made-up",
      headers: { "sec-fetch-site": "cross-site" },
    };
    assert.equal((await poll(gateway.port, { ...options, signal: AbortSignal.timeout(POLL_MS_MAX) }))?.status, 403);
  });
});
