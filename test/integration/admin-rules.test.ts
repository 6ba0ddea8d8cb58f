import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import type { DestinationListAnswer } from "../../src/admin-api/destinations.ts";
import type { RuleListAnswer } from "../../src/admin-api/rules.ts";
import type { Pause } from "../../src/domain/target/pause.ts";
import { adminAppOf, runningWith } from "../support/admin-app.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../support/sample.ts";

const RULES = [
  sampleRule("paid", { source: ["shop"] }, [sampleTarget("crm", { kind: "function", name: "crm" })], { bus: "orders" }),
  sampleRule("all", { source: [{ prefix: "" }] }, [sampleTarget("keep", { kind: "queue", name: "kept" })]),
  sampleRule("seen", { source: ["x"] }, [], { bus: "orders" }),
];
const paused: Pause = { destination: "function/crm", configured: false, by: "ann" };
const config = sampleConfig({
  buses: ["orders"],
  functions: [sampleFunction("crm", { description: "tells the CRM", maximumRetryAttempts: 1 }), sampleFunction("mail")],
  rules: RULES,
});
const never = (): never => assert.fail("not asked here");
const running = { ...runningWith({} as never), pauses: { list: () => [paused], pause: never, resume: never } };
const app = adminAppOf({ config: () => config, router: () => running });
const rules = async (query: string): Promise<RuleListAnswer> =>
  (await request(app).get(`/api/v1/rules${query}`)).body as RuleListAnswer;
const namesOf = ({ rules: listed }: RuleListAnswer): readonly string[] =>
  listed.map(({ bus, name }) => `${bus}/${name}`);

describe("GET /api/v1/rules", () => {
  it("lists the rules by bus and name, with their patterns and targets", async () => {
    const all = await rules("");
    assert.deepEqual(namesOf(all), ["default/all", "orders/paid", "orders/seen"]);
    assert.equal(all.next, undefined);
    assert.deepEqual(all.rules[1], {
      bus: "orders",
      name: "paid",
      state: "ENABLED",
      eventPattern: '{"source":["shop"]}',
      hasConditions: false,
      targets: [{ id: "crm", kind: "function", name: "crm", input: "event" }],
    });
  });

  it("pages, and filters by bus, name and destination", async () => {
    const first = await rules("?limit=2");
    assert.deepEqual([namesOf(first), first.next], [["default/all", "orders/paid"], "orders/paid"]);
    const second = await rules(`?limit=2&after=${encodeURIComponent(first.next ?? "")}`);
    assert.deepEqual([namesOf(second), second.next], [["orders/seen"], undefined]);
    assert.deepEqual(namesOf(await rules("?bus=orders")), ["orders/paid", "orders/seen"]);
    assert.deepEqual(namesOf(await rules("?bus=orders&rule=seen")), ["orders/seen"]);
    assert.deepEqual(namesOf(await rules("?bus=default&rule=seen")), []);
    assert.deepEqual(namesOf(await rules("?destination=function/crm")), ["orders/paid"]);
    assert.equal((await request(app).get("/api/v1/rules?limit=1001")).status, 400);
  });
});

describe("GET /api/v1/destinations", () => {
  it("lists functions with how they are called and whether they are paused, and no address", async () => {
    const { destinations } = (await request(app).get("/api/v1/destinations")).body as DestinationListAnswer;
    const [crm, mail] = destinations;
    assert.deepEqual(
      [crm?.destination, crm?.calledBy, crm?.description, crm?.maximumRetryAttempts, crm?.pause],
      ["function/crm", "http", "tells the CRM", 1, paused],
    );
    assert.deepEqual([mail?.destination, mail?.pause], ["function/mail", undefined]);
    assert.ok(!JSON.stringify(destinations).includes("http://"));
  });
});
