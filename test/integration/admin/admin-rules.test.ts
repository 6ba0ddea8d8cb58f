import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import type { DestinationListAnswer } from "../../../src/admin-api/destinations/destinations.ts";
import type { RuleListAnswer } from "../../../src/admin-api/configuration/rules.ts";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import type { Pause } from "../../../src/domain/target/pause.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../support/sample.ts";

const RULES = [
  sampleRule("paid", { source: ["shop"] }, [sampleTarget("crm", { kind: "function", name: "crm" })], { bus: "orders" }),
  sampleRule("all", { source: [{ prefix: "" }] }, [
    sampleTarget("keep", { kind: "queue", name: "kept" }, { delaySeconds: 60 }),
  ]),
  sampleRule("seen", { source: ["x"] }, [], { bus: "orders" }),
];
const paused: Pause = { destination: "function/crm", configured: false, by: "ann" };
const config = {
  ...sampleConfig({
    buses: ["orders"],
    functions: [
      sampleFunction("crm", { description: "tells the CRM", maximumRetryAttempts: 1 }),
      sampleFunction("mail", { orderBy: { path: "$.detail.to", whenFailed: "block" } }),
    ],
    rules: RULES,
  }),
  places: {
    buses: new Map<string, string>(),
    functions: new Map<string, string>(),
    rules: new Map([["orders/seen", "config/rules.yaml:7:3"]]),
    schedules: new Map<string, string>(),
    queues: new Map<string, string>(),
    mappings: new Map<string, string>(),
    archives: new Map<string, string>(),
  },
};
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
    assert.deepEqual(
      all.rules.map(({ targets }) => targets.map(({ delaySeconds }) => delaySeconds)),
      [[60], [undefined], []],
    );
    assert.deepEqual(all.rules[1], {
      bus: "orders",
      name: "paid",
      state: "ENABLED",
      eventPattern: '{"source":["shop"]}',
      hasConditions: false,
      targets: [{ id: "crm", kind: "function", name: "crm", input: "event" }],
    });
  });

  it("says where a file has a rule: any other was made over the API", async () => {
    const { rules: listed } = await rules("?bus=orders");
    assert.deepEqual(
      listed.map(({ place }) => place),
      [undefined, "config/rules.yaml:7:3"],
    );
  });

  it("says of a rule with a past how far its catch-up is, and that none has begun", async () => {
    const startFrom = { archive: "kept", sinceMs: 1_790_000_000_500 };
    const late = { ...sampleRule("late", { source: ["shop"] }, []), startFrom };
    let jobs: readonly Job[] = [];
    const withPast = adminAppOf({
      config: () => sampleConfig({ rules: [late] }),
      router: () => ({ ...running, jobs: { list: () => jobs, find: never, start: never, change: never } }),
    });
    const past = async () => ((await request(withPast).get("/api/v1/rules")).body as RuleListAnswer).rules[0]?.past;
    const from = "2026-09-21T14:13:20.500Z";
    assert.deepEqual(await past(), { archive: "kept", from });
    const order = {
      kind: "replay",
      archive: "kept",
      bus: "default",
      rules: ["late"],
      toMs: 0,
      catchesUp: true,
    } as const;
    const place = { end: 9, minute: 0, position: 4, readMs: 1_790_000_100_000 };
    const job = (name: string, fromMs: number): Job => ({
      id: name,
      order: { ...order, name, fromMs },
      state: "running",
      startedAtMs: 0,
      owner: { epoch: 1 },
      progress: { ...NO_PROGRESS, left: 5, place },
    });
    jobs = [job("of another startFrom", 0), job("catch-up.late", 1_790_000_000_000)];
    const readTo = "2026-09-21T14:15:00.000Z";
    assert.deepEqual(await past(), {
      archive: "kept",
      from,
      state: "running",
      replay: "catch-up.late",
      left: 5,
      readTo,
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
    assert.deepEqual([crm?.orderBy, mail?.orderBy], [undefined, { path: "$.detail.to", whenFailed: "block" }]);
    assert.ok(!JSON.stringify(destinations).includes("http://"));
  });
});
