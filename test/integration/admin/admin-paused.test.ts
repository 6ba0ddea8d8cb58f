import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import request from "supertest";
import { ANYONE } from "../../../src/domain/access/access.ts";
import type { Credentials } from "../../../src/domain/access/credentials.ts";
import { tokenDigest } from "../../../src/config/access/load-access.ts";
import { adminAppOf } from "../../support/http/admin-app.ts";
import { BareRouter } from "../../support/router/bare-router.ts";
import { authenticatorOf } from "../../support/http/authenticator.ts";

describe("/api/v1/paused", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());

  const admin = () => request(router.adminUrl);

  it("a PUT pauses a destination and a DELETE resumes it", async () => {
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

  it("a pause names its principal, whatever name the request gives", async () => {
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

  it("a destination that the configuration pauses cannot be resumed over the API", async () => {
    const { status, text } = await admin().delete("/api/v1/paused/function/held");
    assert.equal(status, 409);
    assert.match((JSON.parse(text) as { detail: string }).detail, /^function\/held is paused by the configuration/);
    assert.ok(router.pauses.isPaused("function/held"));
  });

  it("a pause of an unknown destination, or with a wrong reason or name, is refused", async () => {
    const refused = async (path: string) => (await admin().put(`/api/v1/paused/${path}`)).status;
    assert.equal(await refused("function/nobody"), 404);
    assert.equal(await refused("queue/orders"), 404);
    assert.equal(await refused(`function/stock?reason=${"r".repeat(257)}`), 400);
    assert.equal(await refused(`function/stock?reason=${"r".repeat(256)}`), 200);
    assert.equal(await refused("function/stock?reason=two%0Alines"), 400);
    assert.equal(await refused("function/stock?by=a&by=b"), 400);
    await admin().delete("/api/v1/paused/function/stock");
  });

  it("a page in a browser cannot pause a destination", async () => {
    const { status } = await admin().put("/api/v1/paused/function/stock").set("origin", "http://evil.example");
    assert.equal(status, 403);
    assert.ok(!router.pauses.isPaused("function/stock"));
  });

  it("the paused destinations are unavailable while the router starts", async () => {
    const { status, text } = await request(adminAppOf({})).get("/api/v1/paused");
    assert.equal(status, 503);
    assert.match(text, /"detail":"the router is starting: it waits for the broker"/);
  });

  it("a pause is answered with 503 while the broker cannot store it", async () => {
    const other = await BareRouter.start();
    await other.broker.close();
    const { status, headers } = await request(other.adminUrl).put("/api/v1/paused/function/stock");
    assert.deepEqual([status, headers["retry-after"]], [503, "1"]);
    await other.stop();
  });
});
