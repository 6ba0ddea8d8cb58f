import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import type { JsonObject } from "../../src/core/json.ts";
import { createAdminApp } from "../../src/edge/http/admin/admin-app.ts";
import type { Explain } from "../../src/edge/http/admin/explain-router.ts";
import { openDoor } from "../support/door.ts";
import { IDENTITY, sampleConfig } from "../support/sample.ts";

function adminApp(explain: Explain) {
  return createAdminApp({
    metrics: () => assert.fail(),
    readiness: () => ({ ready: true }),
    broker: () => undefined,
    pauses: () => undefined,
    deadLetters: () => undefined,
    config: () => sampleConfig({}),
    explain,
    door: openDoor(),
    identity: IDENTITY,
    report: (error) => assert.fail(String(error)),
  });
}

const known = adminApp((event: JsonObject, bus) => (bus === "orders" ? Promise.resolve({ bus, event }) : undefined));
const post = (path: string, body: string) => request(known).post(`/api/v1/explain${path}`).type("json").send(body);

describe("POST /api/v1/explain", () => {
  it("explains the event of its body on the bus that is named", async () => {
    const answer = await post("?bus=orders", '{"source":"shop"}');
    assert.deepEqual([answer.status, answer.body], [200, { bus: "orders", event: { source: "shop" } }]);
  });

  it("does not know other buses, and says so", async () => {
    const { status, body } = (await post("", "{}")) as { status: number; body: { detail: string } };
    assert.deepEqual([status, body.detail], [404, 'there is no event bus "default"']);
  });

  it("refuses what is no event, and what is too long", async () => {
    assert.equal((await post("?bus=orders", "[]")).status, 400);
    assert.equal((await post("?bus=orders", "{")).status, 400);
    assert.equal((await post("?bus=orders&bus=b", "{}")).status, 400);
    assert.equal((await post("?bus=orders", JSON.stringify({ a: "x".repeat(1_048_576) }))).status, 413);
  });
});
