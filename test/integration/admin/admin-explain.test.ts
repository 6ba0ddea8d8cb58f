import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import request from "supertest";
import type { EventExplanation, RuleExplanation } from "../../../src/ports/admin/explain.ts";
import { eventBusArn } from "../../../src/domain/arn.ts";
import { explain } from "../../../src/flow/explain/explain-request.ts";
import type { Explain } from "../../../src/edge/admin/events/explain-router.ts";
import { LIST_CASES } from "../../support/aws/list-events.ts";
import { adminAppOf } from "../../support/http/admin-app.ts";
import { credentialsOf, authenticatorOf, allowEverybody, TOKEN } from "../../support/http/authenticator.ts";
import { IDENTITY, sampleConfig, sampleRule, sampleTarget } from "../../support/sample.ts";

function adminApp(explain: Explain, authenticator = allowEverybody()) {
  return adminAppOf({ explain, authenticator });
}

const paid = { ...sampleRule("paid", { source: ["shop"], "detail-type": ["Paid"] }, []), bus: "orders" };
const config = sampleConfig({ buses: ["orders"], rules: [paid] });
const means = { config, identity: IDENTITY, nowMs: 0, pause: () => Promise.resolve(), mayExplain: () => true };
const known = adminApp((asked) => explain(asked, means));
const post = (path: string, body: string) => request(known).post(`/api/v1/explain${path}`).type("json").send(body);

/** Explains to a caller who may do so on the given buses. */
function asCaller(buses: readonly string[], path: string, body: object) {
  const resources = buses.map((bus) => eventBusArn(IDENTITY, bus));
  const { authenticator, audit: audited } = authenticatorOf(
    credentialsOf({ effect: "Allow", actions: ["busbar:ExplainEvent"], resources, conditions: [] }),
  );
  const audit = { ...sampleRule("audit", { source: ["shop"] }, []), bus: "audit" };
  const copies = {
    ...sampleRule("copies", { source: ["shop"] }, [sampleTarget("copy", { kind: "event-bus", name: "audit" })]),
    bus: "orders",
  };
  const both = { ...means, config: sampleConfig({ buses: ["orders", "audit"], rules: [paid, copies, audit] }) };
  const app = adminApp((asked, mayExplain) => explain(asked, { ...both, mayExplain }), authenticator);
  const asked = request(app).post(`/api/v1/explain${path}`).set("authorization", `Bearer ${TOKEN}`).send(body);
  return asked.then(({ status, text }) => ({ status, text, audited }));
}

describe("POST /api/v1/explain, where credentials are asked for", () => {
  it("POST /api/v1/explain names no bus that the caller may not have explained", async () => {
    const alone = await asCaller(["orders"], "?bus=orders", { source: "shop" });
    assert.equal(alone.status, 200);
    const { matched, onOtherBuses } = JSON.parse(alone.text) as EventExplanation;
    assert.deepEqual(
      matched.map(({ targets }) => targets),
      [[{ id: "copy", kind: "event-bus", name: "audit" }]],
    );
    assert.deepEqual(onOtherBuses, []);
    const both = await asCaller(["orders", "audit"], "?bus=orders", { source: "shop" });
    assert.match(both.text, /"rules":\["audit\/audit"\].*"onOtherBuses":\["audit\/audit"\]/);
  });

  it("POST /api/v1/explain with credentials suggests no name of a bus that the caller may not have explained", async () => {
    for (const rule of ["audi", "audit"]) {
      assert.doesNotMatch(
        (await asCaller(["orders"], `?bus=orders&rule=${rule}`, { source: "shop" })).text,
        /audit\/audit/,
      );
    }
    assert.equal((await asCaller(["orders"], "?bus=audi", { source: "shop" })).status, 403);
  });

  it("POST /api/v1/explain checks the policy of the bus that an entry names, and writes a refusal to the audit log", async () => {
    const entry = { Source: "shop", DetailType: "Paid", Detail: "{}", EventBusName: "audit" };
    const { status, audited } = await asCaller(["orders"], "", entry);
    assert.deepEqual([status, audited.map(({ resource }) => resource)], [403, [eventBusArn(IDENTITY, "audit")]]);
    assert.equal((await asCaller(["audit"], "", entry)).status, 200);
    assert.equal((await asCaller([], "", entry)).status, 403);
  });
});

describe("POST /api/v1/explain", () => {
  it("POST /api/v1/explain explains the event of its body on the bus that is named", async () => {
    const answer = await post("?bus=orders", '{"source":"shop"}');
    const { missed } = answer.body as EventExplanation;
    assert.deepEqual([answer.status, missed.map(({ rule }) => rule)], [200, ["paid"]]);
  });

  it("POST /api/v1/explain explains one rule, when one is asked for", async () => {
    const answer = await post("?bus=orders&rule=paid", '{"source":"shop","detail-type":"Paid"}');
    assert.deepEqual([answer.status, (answer.body as RuleExplanation).matched], [200, true]);
    const unknown = (await post("?bus=orders&rule=pai", "{}")) as { status: number; body: { detail: string } };
    assert.deepEqual(
      [unknown.status, unknown.body.detail],
      [404, 'there is no rule "orders/pai", did you mean "orders/paid"?'],
    );
  });

  it("POST /api/v1/explain takes an entry of PutEvents, on the bus that it names unless the query names one", async () => {
    const entry = JSON.stringify({ Source: "shop", DetailType: "Paid", Detail: "{}", EventBusName: "orders" });
    assert.equal(((await post("?bus=orders", entry)).body as EventExplanation).matched.length, 1);
    assert.equal(((await post("", entry)).body as EventExplanation).bus, "orders");
    const elsewhere = (await post("?bus=default", entry)) as { status: number; body: { detail: string } };
    const detail = 'the entry is for the event bus "orders", and is to be explained on "default"';
    assert.deepEqual([elsewhere.status, elsewhere.body.detail], [400, detail]);
  });

  it("POST /api/v1/explain explains no more than four events at once", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = adminApp(async (asked) => {
      await held;
      return explain(asked, means);
    });
    const answers = Array.from({ length: 5 }, () => request(slow).post("/api/v1/explain").send("{}"));
    const statuses = answers.map(async (answer) => (await answer).status);
    assert.equal(await Promise.race(statuses), 429);
    release();
    assert.deepEqual((await Promise.all(statuses)).sort(), [200, 200, 200, 200, 429]);
  });

  it("POST /api/v1/explain takes one of its four places only when its body has been read", async (t) => {
    const server = createServer(known).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const headers = { "content-length": "100", expect: "100-continue", "content-type": "application/json" };
    const path = "/api/v1/explain?bus=orders";
    for (let sender = 0; sender < 4; sender++) {
      const slow = send({ host: "127.0.0.1", port, path, method: "POST", headers }).on("error", () => undefined);
      t.after(() => slow.destroy());
      slow.flushHeaders();
      await once(slow, "continue");
    }
    assert.equal((await request(server).post(path).send("{}")).status, 200);
  });

  it("POST /api/v1/explain says when explaining takes too many steps, and names no rule then", async () => {
    const multiplied = LIST_CASES.find(({ isMultiplied }) => isMultiplied);
    assert.ok(multiplied);
    const rule = { ...sampleRule("lists", multiplied.pattern, []), bus: "orders" };
    const lists = sampleConfig({ buses: ["orders"], rules: [rule] });
    const app = adminApp((asked) => explain(asked, { ...means, config: lists }));
    for (const [path, advice] of [
      ["?bus=orders", "ask for one rule, or shorten its lists"],
      ["?bus=orders&rule=lists", "shorten its lists"],
    ]) {
      const asked = request(app).post(`/api/v1/explain${path}`).send(multiplied.eventJson(500_000));
      const { status, body } = (await asked) as { status: number; body: { detail: string } };
      assert.deepEqual([status, body.detail], [400, `explaining the event takes too many steps: ${advice}`]);
    }
  });

  it("POST /api/v1/explain answers 404 for a bus that does not exist", async () => {
    const { status, body } = (await post("?bus=order", "{}")) as { status: number; body: { detail: string } };
    assert.deepEqual([status, body.detail], [404, 'there is no event bus "order", did you mean "orders"?']);
  });

  it("POST /api/v1/explain refuses a body that is no event or too long", async () => {
    assert.equal((await post("?bus=orders", "[]")).status, 400);
    assert.equal((await post("?bus=orders", "{")).status, 400);
    assert.equal((await post("?bus=orders&bus=b", "{}")).status, 400);
    assert.equal((await post("?bus=orders", JSON.stringify({ a: "x".repeat(1_048_576) }))).status, 413);
  });
});
