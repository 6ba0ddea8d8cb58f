import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import type { ArchivedEventsAnswer } from "../../../src/admin-api/replays/archived-events.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { authenticatorOf, credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { sampleConfig } from "../../support/sample.ts";

const unused = (): never => assert.fail("nothing of the broker is asked");
const BROKER = { depth: unused, browse: unused, peek: unused, purge: unused, state: "connected" } as const;
const ARN = "arn:aws:events:us-east-1:000000000000:event-bus";
const SPAN = "from=2026-01-06T10:00:00Z&to=2026-01-06T12:00:00Z";
const RULES = [
  { bus: "orders", rule: "audit" },
  { bus: "far", rule: "ledger" },
];

/** Asks for the events of an archive of the bus `orders`, as a caller that may do so much on those buses. */
async function ask(actions: readonly string[], resources: readonly string[], path = `kept/events?${SPAN}`) {
  const credentials = credentialsOf({ effect: "Allow", actions, resources, conditions: [] });
  const { authenticator, audit } = authenticatorOf(credentials);
  const events = [{ id: "e-1", atMs: 0, json: "{}", rules: RULES }];
  const app = adminAppOf({
    authenticator,
    config: () =>
      sampleConfig({ buses: ["orders", "far"], archives: [{ name: "kept", bus: "orders", retention: {} }] }),
    router: () => ({
      ...runningWith(BROKER),
      archivedEvents: { matches: () => Promise.resolve({ events, end: "finished", unmatchable: 0 }) },
    }),
  });
  const response = await request(app).get(`/api/v1/archives/${path}`).set("authorization", `Bearer ${TOKEN}`);
  return { response, audit };
}

describe("The events of an archive over the admin API", () => {
  it("are for those who may read payloads of its bus, and each reading is audited", async () => {
    const refused = await ask(["busbar:ReadPayloads"], [`${ARN}/far`]);
    assert.equal(refused.response.status, 403);
    assert.deepEqual(
      refused.audit.map(({ action, resource, outcome }) => [action, resource, outcome]),
      [["busbar:ReadPayloads", `${ARN}/orders`, "access_denied"]],
    );
    const read = await ask(["busbar:ReadPayloads"], [`${ARN}/orders`]);
    assert.equal(read.response.status, 200);
    assert.ok(read.audit.some(({ action, outcome }) => action === "busbar:ReadPayloads" && outcome === "allowed"));
    const { bus, events } = read.response.body as ArchivedEventsAnswer;
    assert.deepEqual([bus, events[0]?.acceptedAt], ["orders", "1970-01-01T00:00:00.000Z"]);
    assert.deepEqual(events[0]?.rules, RULES.slice(0, 1));
  });

  it("name rules of other buses to those alone who may read of these", async () => {
    const { response } = await ask(["busbar:ReadPayloads", "busbar:ReadEvents"], [`${ARN}/orders`, `${ARN}/far`]);
    assert.deepEqual((response.body as ArchivedEventsAnswer).events[0]?.rules, RULES);
  });

  it("are refused for an archive that is not there, and for a span that ends before it begins", async () => {
    const all = [["busbar:ReadPayloads"], ["*"]] as const;
    assert.equal((await ask(...all, `gone/events?${SPAN}`)).response.status, 404);
    const turned = "from=2026-01-06T12:00:00Z&to=2026-01-06T10:00:00Z";
    assert.equal((await ask(...all, `kept/events?${turned}`)).response.status, 400);
  });
});
