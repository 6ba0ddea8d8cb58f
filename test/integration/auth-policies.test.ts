import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { ADMIN_ACTIONS } from "../../src/domain/access/actions.ts";
import { EVENTS_ACTIONS } from "../../src/edge/aws/services/events/events.ts";
import type { Credentials } from "../../src/domain/access/credentials.ts";
import { adminAppOf } from "../support/admin-app.ts";
import { credentialsOf, authenticatorOf, TOKEN } from "../support/authenticator.ts";
import { publicApp } from "../support/public-app.ts";
import { sampleConfig } from "../support/sample.ts";

/** Every route of the admin API: what it lets people do, and to what. */
const ROUTES: readonly (readonly [
  method: "get" | "post" | "put" | "delete",
  path: string,
  action: string,
  resource: string,
])[] = [
  ["get", "/queues", "busbar:ListQueues", "*"],
  ["post", "/queues/orders/peek", "busbar:PeekQueue", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/receive", "busbar:ReceiveMessages", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/purge", "busbar:PurgeQueue", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["get", "/dead-letters", "busbar:ListDeadLetterQueues", "*"],
  ["post", "/dead-letters/orders/list", "busbar:ListDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/show", "busbar:GetDeadLetter", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/count", "busbar:CountDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/redrive", "busbar:RedriveDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/purge", "busbar:PurgeDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["get", "/paused", "busbar:ListPaused", "*"],
  ["put", "/paused/function/stock", "busbar:PauseDestination", "arn:aws:lambda:us-east-1:000000000000:function:stock"],
  [
    "delete",
    "/paused/api-destination/crm",
    "busbar:ResumeDestination",
    "arn:aws:events:us-east-1:000000000000:api-destination/crm",
  ],
  ["get", "/rules", "busbar:ListRules", "*"],
  ["get", "/destinations", "busbar:ListDestinations", "*"],
  ["post", "/tail?bus=orders", "busbar:TapEvents", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
  ["post", "/explain?bus=orders", "busbar:ExplainEvent", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
];

function adminApp(credentials: Credentials) {
  const { authenticator, audit } = authenticatorOf(credentials);
  const app = adminAppOf({ authenticator, config: () => sampleConfig({ queues: ["orders"] }) });
  return { app, audit };
}

describe("the admin API, where credentials are asked for", () => {
  it("The admin API has a route for every action, and an action for every route", () => {
    assert.deepEqual(new Set(ROUTES.map(([, , action]) => action)), new Set(ADMIN_ACTIONS));
  });

  for (const [method, path, action, resource] of ROUTES) {
    it(`A caller may use the route of ${action} only where a policy allows it`, async () => {
      const url = `/api/v1${path}`;
      const withToken = (app: ReturnType<typeof adminApp>["app"]) =>
        request(app)[method](url).set("authorization", `Bearer ${TOKEN}`);

      const nobody = await request(adminApp(credentialsOf()).app)[method](url);
      assert.equal(nobody.status, 401);

      const others = ADMIN_ACTIONS.filter((one) => one !== action);
      const wrong = adminApp(credentialsOf({ effect: "Allow", actions: others, resources: ["*"], conditions: [] }));
      const refused = await withToken(wrong.app);
      assert.deepEqual([refused.status, refused.headers["busbar-version"]], [403, undefined]);
      assert.deepEqual(wrong.audit, [
        { principal: "bearer-token/somebody", action, resource, from: wrong.audit[0]?.from, outcome: "access_denied" },
      ]);

      const right = adminApp(
        credentialsOf({ effect: "Allow", actions: [action], resources: [resource], conditions: [] }),
      );
      const let_in = await withToken(right.app);
      assert.ok(![401, 403].includes(let_in.status), `${let_in.status} ${let_in.text}`);
    });
  }

  it("The admin port serves metrics and probes without credentials", async () => {
    const { app } = adminApp(credentialsOf());
    for (const path of ["/metrics", "/livez", "/readyz"]) assert.equal((await request(app).get(path)).status, 200);
  });

  it("The admin API audits the actions that change something, and not those that only read", async () => {
    const { app, audit } = adminApp(
      credentialsOf({ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] }),
    );
    for (const [method, path] of ROUTES)
      await request(app)[method](`/api/v1${path}`).set("authorization", `Bearer ${TOKEN}`);
    assert.deepEqual(
      audit.map(({ action, outcome }) => [action, outcome]),
      [
        "ReceiveMessages",
        "PurgeQueue",
        "RedriveDeadLetters",
        "PurgeDeadLetters",
        "PauseDestination",
        "ResumeDestination",
      ].map((name) => [`busbar:${name}`, "allowed"]),
    );
  });
});

describe("the EventBridge API, where credentials are asked for", () => {
  const call = (credentials: Credentials, operation: string, input: object) => {
    const { app, fakePut } = publicApp({ authenticator: authenticatorOf(credentials).authenticator });
    return {
      fakePut,
      answer: request(app as never)
        .post("/")
        .set("authorization", `Bearer ${TOKEN}`)
        .set("x-amz-target", `AWSEvents.${operation}`)
        .set("content-type", "application/x-amz-json-1.1")
        .send(JSON.stringify(input)),
    };
  };
  const INPUTS: Record<string, object> = {
    PutEvents: { Entries: [{ Source: "shop", DetailType: "t", Detail: "{}" }] },
    TestEventPattern: { EventPattern: "{}", Event: "{}" },
    DescribeRule: { Name: "r" },
    ListTargetsByRule: { Rule: "r" },
    ListRuleNamesByTarget: { TargetArn: "arn:aws:lambda:us-east-1:000000000000:function:stock" },
  };

  for (const action of EVENTS_ACTIONS) {
    it(`A caller may do ${action} only where a policy allows it`, async () => {
      const operation = action.slice("events:".length);
      const input = INPUTS[operation] ?? {};
      const others = EVENTS_ACTIONS.filter((one) => one !== action);
      const refused = await call(
        credentialsOf({ effect: "Allow", actions: others, resources: ["*"], conditions: [] }),
        operation,
        input,
      ).answer;
      assert.equal(refused.status, 403);
      assert.equal(refused.headers["x-amzn-errortype"], "AccessDeniedException");
      const allowed = await call(
        credentialsOf({ effect: "Allow", actions: [action], resources: ["*"], conditions: [] }),
        operation,
        input,
      ).answer;
      assert.notEqual(allowed.status, 403);
    });
  }
});
