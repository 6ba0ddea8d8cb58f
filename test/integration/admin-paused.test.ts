import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import request from "supertest";
import { ANYONE } from "../../src/domain/access/access.ts";
import type { Credentials } from "../../src/domain/access/credentials.ts";
import { tokenDigest } from "../../src/config/access/load-access.ts";
import { adminAppOf } from "../support/admin-app.ts";
import { BareRouter } from "../support/bare-router.ts";
import { authenticatorOf } from "../support/authenticator.ts";

describe("the admin port's list of what is paused", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());

  const admin = () => request(router.adminUrl);

  it("takes a destination in and lets it go", async () => {
    const put = await admin().put("/api/v1/paused/function/stock?reason=stocktaking&by=ada");
    const pause = {
      destination: "function/stock",
      configured: false,
      since: "1970-01-01T00:00:00.000Z",
      by: "ada",
      reason: "stocktaking",
    };
    assert.deepEqual([put.status, put.body], [200, pause]);
    assert.ok(router.pauses.isPaused("function/stock"));
    const held = { destination: "function/held", configured: true };
    assert.deepEqual((await admin().get("/api/v1/paused")).body, { paused: [held, pause] });
    const deleted = await admin().delete("/api/v1/paused/function/stock");
    assert.deepEqual([deleted.status, deleted.body], [200, { destination: "function/stock" }]);
    assert.deepEqual((await admin().get("/api/v1/paused")).body, { paused: [held] });
  });

  it("names the principal that pauses whatever name the request gives", async () => {
    const credentials: Credentials = {
      accessKeys: new Map(),
      bearerTokens: new Map([[tokenDigest("the-token-of-operators"), { ...ANYONE, id: "bearer-token/operators" }]]),
      issuers: new Map(),
    };
    const other = await BareRouter.start(authenticatorOf(credentials).authenticator);
    const pausedBy = async (query: string) => {
      const path = `/api/v1/paused/function/stock${query}`;
      const put = request(other.adminUrl).put(path).set("authorization", "Bearer the-token-of-operators");
      return ((await put).body as { by?: string }).by;
    };
    assert.equal(await pausedBy(""), "bearer-token/operators");
    assert.equal(await pausedBy("?by=ada"), "bearer-token/operators (ada)");
    await other.stop();
  });

  it("leaves what the configuration pauses to the configuration", async () => {
    const { status, text } = await admin().delete("/api/v1/paused/function/held");
    assert.equal(status, 409);
    assert.match((JSON.parse(text) as { detail: string }).detail, /^function\/held is paused by the configuration/);
    assert.ok(router.pauses.isPaused("function/held"));
  });

  it("refuses what it cannot take", async () => {
    const refused = async (path: string) => (await admin().put(`/api/v1/paused/${path}`)).status;
    assert.equal(await refused("function/nobody"), 404);
    assert.equal(await refused("queue/orders"), 404);
    assert.equal(await refused(`function/stock?reason=${"r".repeat(257)}`), 400);
    assert.equal(await refused(`function/stock?reason=${"r".repeat(256)}`), 200);
    assert.equal(await refused("function/stock?reason=two%0Alines"), 400);
    assert.equal(await refused("function/stock?by=a&by=b"), 400);
    await admin().delete("/api/v1/paused/function/stock");
  });

  it("does nothing for a page in a browser", async () => {
    const { status } = await admin().put("/api/v1/paused/function/stock").set("origin", "http://evil.example");
    assert.equal(status, 403);
    assert.ok(!router.pauses.isPaused("function/stock"));
  });

  it("is unavailable until it is known what is paused", async () => {
    const { status, text } = await request(adminAppOf({})).get("/api/v1/paused");
    assert.equal(status, 503);
    assert.match(text, /"detail":"the router is starting: it waits for the broker"/);
  });

  it("is unavailable while the broker cannot store a change", async () => {
    const other = await BareRouter.start();
    await other.broker.close();
    const { status, headers } = await request(other.adminUrl).put("/api/v1/paused/function/stock");
    assert.deepEqual([status, headers["retry-after"]], [503, "1"]);
    await other.stop();
  });
});
