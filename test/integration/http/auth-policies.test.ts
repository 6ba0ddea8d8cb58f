import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import { ADMIN_ACTIONS } from "../../../src/domain/access/actions.ts";
import { EVENTS_ACTIONS } from "../../../src/edge/aws/services/events/events.ts";
import type { Credentials } from "../../../src/domain/access/credentials.ts";
import type { JobsAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { credentialsOf, authenticatorOf, TOKEN } from "../../support/http/authenticator.ts";
import { publicApp } from "../../support/http/public-app.ts";
import { sampleConfig } from "../../support/sample.ts";

/** Every route of the admin API: what it lets people do, and to what. */
const ROUTES: readonly (readonly [
  method: "get" | "post" | "put" | "patch" | "delete",
  path: string,
  action: string,
  resource: string,
])[] = [
  ["get", "/queues", "busbar:ListQueues", "*"],
  ["get", "/queues/orders", "busbar:GetQueue", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/messages", "busbar:SendMessages", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/peek", "busbar:PeekQueue", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/receive", "busbar:ReceiveMessages", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/purge", "busbar:PurgeQueue", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/queues/orders/move", "busbar:MoveMessages", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["get", "/dead-letters", "busbar:ListDeadLetterQueues", "*"],
  ["post", "/dead-letters/orders/list", "busbar:ListDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/show", "busbar:GetDeadLetter", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/count", "busbar:CountDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/redrive", "busbar:RedriveDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  ["post", "/dead-letters/orders/purge", "busbar:PurgeDeadLetters", "arn:aws:sqs:us-east-1:000000000000:orders"],
  // Which queue a job is of stands in no path.
  ["get", "/jobs", "busbar:ListJobs", "*"],
  ["get", "/jobs/1", "busbar:GetJob", "*"],
  ["patch", "/jobs/1?paused=true", "busbar:ChangeJob", "*"],
  ["delete", "/jobs/1", "busbar:StopJob", "*"],
  [
    "post",
    "/archives/kept/replays/count?name=n&from=2026-01-06T10:00:00Z&to=2026-01-06T12:00:00Z",
    "busbar:CountReplay",
    "arn:aws:events:us-east-1:000000000000:archive/kept",
  ],
  ["get", "/paused", "busbar:ListPaused", "*"],
  ["put", "/paused/function/stock", "busbar:PauseDestination", "arn:aws:lambda:us-east-1:000000000000:function:stock"],
  [
    "delete",
    "/paused/api-destination/crm",
    "busbar:ResumeDestination",
    "arn:aws:events:us-east-1:000000000000:api-destination/crm",
  ],
  ["get", "/blocked-keys", "busbar:ListBlockedKeys", "*"],
  [
    "delete",
    "/blocked-keys/stock/d-1",
    "busbar:SkipBlockedKey",
    "arn:aws:lambda:us-east-1:000000000000:function:stock",
  ],
  ["get", "/rules", "busbar:ListRules", "*"],
  ["get", "/destinations", "busbar:ListDestinations", "*"],
  ["get", "/connections", "busbar:ListConnections", "*"],
  ["get", "/not-in-force", "busbar:ListNotInForce", "*"],
  ["get", "/routers", "busbar:ListRouters", "*"],
  ["get", "/schedules", "busbar:ListSchedules", "*"],
  ["get", "/schedules/export", "busbar:GetConfiguration", "*"],
  ["get", "/archives", "busbar:ListArchives", "*"],
  ["get", "/mappings", "busbar:ListMappings", "*"],
  ["get", "/configurations", "busbar:ListConfigurations", "*"],
  ["get", "/configurations/abc", "busbar:GetConfiguration", "*"],
  ["post", "/functions/stock/test", "busbar:TestFunction", "arn:aws:lambda:us-east-1:000000000000:function:stock"],
  ["get", "/functions/stock/lines", "busbar:ReadLogs", "arn:aws:lambda:us-east-1:000000000000:function:stock"],
  ["post", "/tail?bus=orders", "busbar:TapEvents", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
  ["post", "/render?bus=orders", "busbar:ExplainEvent", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
  ["post", "/explain?bus=orders", "busbar:ExplainEvent", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
];

const unused = (): never => assert.fail("nothing of the broker is asked");
const UNUSED_BROKER = { depth: unused, browse: unused, peek: unused, purge: unused };

function jobOf(queue: string): Job {
  return {
    id: `${queue}-1`,
    order: { kind: "purge", queue, filter: {} },
    state: "running",
    startedAtMs: 0,
    owner: { epoch: 1 },
    progress: NO_PROGRESS,
  };
}

function adminApp(credentials: Credentials) {
  const { authenticator, audit } = authenticatorOf(credentials);
  const app = adminAppOf({ authenticator, config: () => sampleConfig({ queues: ["orders", "failed"] }) });
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

  it("A caller sees, changes and stops the jobs of those queues only that a policy allows", async () => {
    const jobs = ["orders", "secret"].map((queue) => jobOf(queue));
    const control = {
      list: () => jobs,
      find: (id: string) => jobs.find((job) => job.id === id),
      start: () => assert.fail("nothing is started"),
      change: (id: string) => Promise.resolve(jobs.find((job) => job.id === id)),
    };
    const actions = ["busbar:ListJobs", "busbar:GetJob", "busbar:ChangeJob", "busbar:StopJob"];
    const resource = "arn:aws:busbar:us-east-1:000000000000:job/orders/*";
    const { authenticator, audit } = authenticatorOf(
      credentialsOf({ effect: "Allow", actions, resources: [resource], conditions: [] }),
    );
    const broker = { ...UNUSED_BROKER, state: "connected" } as const;
    const app = adminAppOf({ authenticator, router: () => ({ ...runningWith(broker), jobs: control }) });
    const ask = (method: "get" | "patch" | "delete", path: string) =>
      request(app)[method](`/api/v1/jobs${path}`).set("authorization", `Bearer ${TOKEN}`);
    const listed = (await ask("get", "")).body as JobsAnswer;
    assert.deepEqual(
      listed.jobs.map(({ queue }) => queue),
      ["orders"],
    );
    const statuses = async (id: string): Promise<readonly number[]> => [
      (await ask("get", `/${id}`)).status,
      (await ask("patch", `/${id}?paused=true`)).status,
      (await ask("delete", `/${id}`)).status,
    ];
    assert.deepEqual(
      [await statuses("orders-1"), await statuses("secret-1")],
      [
        [200, 200, 200],
        [403, 403, 403],
      ],
    );
    const arn = (job: string): string => `arn:aws:busbar:us-east-1:000000000000:job/${job}`;
    assert.deepEqual(
      audit.map(({ action, resource, outcome }) => [action, resource, outcome]),
      [
        ["busbar:ChangeJob", arn("orders/orders-1"), "allowed"],
        ["busbar:StopJob", arn("orders/orders-1"), "allowed"],
        ["busbar:GetJob", arn("secret/secret-1"), "access_denied"],
        ["busbar:ChangeJob", arn("secret/secret-1"), "access_denied"],
        ["busbar:StopJob", arn("secret/secret-1"), "access_denied"],
      ],
    );
  });

  it("Who moves the messages of a queue to another one must be allowed to send to that", async () => {
    const orders = "arn:aws:sqs:us-east-1:000000000000:orders";
    const allowed = { effect: "Allow", actions: ["busbar:MoveMessages"], resources: [orders], conditions: [] } as const;
    const { app, audit } = adminApp(credentialsOf(allowed));
    const move = (query: string) =>
      request(app).post(`/api/v1/queues/orders/move${query}`).set("authorization", `Bearer ${TOKEN}`);
    assert.equal((await move("?destination=failed")).status, 403);
    assert.equal(audit.at(-1)?.action, "busbar:SendMessages");
    assert.equal((await move("?destination=orders")).status, 400);
    assert.equal((await move("?destination=none")).status, 404);
  });

  it("The admin port serves metrics and probes without credentials", async () => {
    const { app } = adminApp(credentialsOf());
    for (const path of ["/metrics", "/livez", "/readyz"]) assert.equal((await request(app).get(path)).status, 200);
  });

  it("The admin API audits the actions that change something or show payloads, and not those that only read", async () => {
    const { app, audit } = adminApp(
      credentialsOf({ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] }),
    );
    for (const [method, path] of ROUTES)
      await request(app)[method](`/api/v1${path}`).set("authorization", `Bearer ${TOKEN}`);
    assert.deepEqual(
      audit.map(({ action, outcome }) => [action, outcome]),
      [
        "SendMessages",
        "PeekQueue",
        "ReceiveMessages",
        "PurgeQueue",
        "MoveMessages",
        "GetDeadLetter",
        "RedriveDeadLetters",
        "PurgeDeadLetters",
        "PauseDestination",
        "ResumeDestination",
        "SkipBlockedKey",
        "TestFunction",
        "ReadLogs",
        "TapEvents",
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
  const SOURCE = "aws.partner/example.com/shop";
  const INPUTS: Record<string, object> = {
    PutEvents: { Entries: [{ Source: "shop", DetailType: "t", Detail: "{}" }] },
    TestEventPattern: { EventPattern: "{}", Event: "{}" },
    CreateEventBus: { Name: "b" },
    DeleteEventBus: { Name: "b" },
    CreateArchive: { ArchiveName: "a", EventSourceArn: "arn:aws:events:us-east-1:000000000000:event-bus/default" },
    UpdateArchive: { ArchiveName: "a" },
    DeleteArchive: { ArchiveName: "a" },
    DescribeArchive: { ArchiveName: "a" },
    CreateConnection: {
      Name: "c",
      AuthorizationType: "BASIC",
      AuthParameters: { BasicAuthParameters: { Username: "u", Password: "p" } },
    },
    UpdateConnection: { Name: "c" },
    DeleteConnection: { Name: "c" },
    DeauthorizeConnection: { Name: "c" },
    DescribeConnection: { Name: "c" },
    CreateApiDestination: {
      Name: "d",
      ConnectionArn: "arn:aws:events:us-east-1:000000000000:connection/c/1",
      InvocationEndpoint: "https://example.com",
      HttpMethod: "POST",
    },
    UpdateApiDestination: { Name: "d" },
    DeleteApiDestination: { Name: "d" },
    DescribeApiDestination: { Name: "d" },
    PutRule: { Name: "r", EventPattern: '{"source":["x"]}' },
    EnableRule: { Name: "r" },
    DisableRule: { Name: "r" },
    DeleteRule: { Name: "r" },
    DescribeRule: { Name: "r" },
    PutTargets: { Rule: "r", Targets: [{ Id: "t", Arn: "arn:aws:sqs:us-east-1:000000000000:orders" }] },
    RemoveTargets: { Rule: "r", Ids: ["t"] },
    TagResource: { ResourceARN: "arn:aws:events:us-east-1:000000000000:rule/r", Tags: [] },
    UntagResource: { ResourceARN: "arn:aws:events:us-east-1:000000000000:rule/r", TagKeys: [] },
    StartReplay: {
      ReplayName: "n",
      EventSourceArn: "arn:aws:events:us-east-1:000000000000:archive/kept",
      EventStartTime: 1,
      EventEndTime: 2,
      Destination: { Arn: "arn:aws:events:us-east-1:000000000000:event-bus/default" },
    },
    DescribeReplay: { ReplayName: "n" },
    CancelReplay: { ReplayName: "n" },
    ListTagsForResource: { ResourceARN: "arn:aws:events:us-east-1:000000000000:rule/r" },
    DescribeEndpoint: { Name: "e" },
    CreateEndpoint: { Name: "e" },
    UpdateEndpoint: { Name: "e" },
    DeleteEndpoint: { Name: "e" },
    DescribeEventSource: { Name: SOURCE },
    ActivateEventSource: { Name: SOURCE },
    DeactivateEventSource: { Name: SOURCE },
    ListPartnerEventSources: { NamePrefix: SOURCE },
    DescribePartnerEventSource: { Name: SOURCE },
    ListPartnerEventSourceAccounts: { EventSourceName: SOURCE },
    CreatePartnerEventSource: { Name: SOURCE, Account: "000000000000" },
    DeletePartnerEventSource: { Name: SOURCE, Account: "000000000000" },
    PutPartnerEvents: { Entries: [{}] },
    ListTargetsByRule: { Rule: "r" },
    ListRuleNamesByTarget: { TargetArn: "arn:aws:lambda:us-east-1:000000000000:function:stock" },
  };

  it("The EventBridge API audits each change of buses, rules, targets and tags, with what it was about", async () => {
    const everything = credentialsOf({ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] });
    const { authenticator, audit } = authenticatorOf(everything);
    const { app } = publicApp({ authenticator });
    for (const action of EVENTS_ACTIONS) {
      const operation = action.slice("events:".length);
      await request(app as never)
        .post("/")
        .set("authorization", `Bearer ${TOKEN}`)
        .set("x-amz-target", `AWSEvents.${operation}`)
        .set("content-type", "application/x-amz-json-1.1")
        .send(JSON.stringify(INPUTS[operation] ?? {}));
    }
    const rule = "arn:aws:events:us-east-1:000000000000:rule/r";
    const connection = "arn:aws:events:us-east-1:000000000000:connection/c";
    const destination = "arn:aws:events:us-east-1:000000000000:api-destination/d";
    const bus = (name: string) => `arn:aws:events:us-east-1:000000000000:event-bus/${name}`;
    const audited = audit.map(({ action, resource }) => `${action.slice("events:".length)} ${resource}`);
    const archive = "arn:aws:events:us-east-1:000000000000:archive/a";
    const endpoint = "arn:aws:events:us-east-1:000000000000:endpoint/e";
    const source = "arn:aws:events:us-east-1::event-source/aws.partner/example.com/shop";
    assert.deepEqual(audited.sort(), [
      `ActivateEventSource ${source}`,
      "CancelReplay arn:aws:events:us-east-1:000000000000:replay/n",
      `CreateApiDestination ${destination}`,
      `CreateArchive ${archive}`,
      `CreateConnection ${connection}`,
      `CreateEndpoint ${endpoint}`,
      `CreateEventBus ${bus("b")}`,
      `CreatePartnerEventSource ${source}`,
      `DeactivateEventSource ${source}`,
      `DeauthorizeConnection ${connection}`,
      `DeleteApiDestination ${destination}`,
      `DeleteArchive ${archive}`,
      `DeleteConnection ${connection}`,
      `DeleteEndpoint ${endpoint}`,
      `DeleteEventBus ${bus("b")}`,
      `DeletePartnerEventSource ${source}`,
      `DeleteRule ${rule}`,
      `DisableRule ${rule}`,
      `EnableRule ${rule}`,
      `PutPermission ${bus("default")}`,
      `PutRule ${rule}`,
      `PutTargets ${rule}`,
      `RemovePermission ${bus("default")}`,
      `RemoveTargets ${rule}`,
      "StartReplay arn:aws:events:us-east-1:000000000000:archive/kept",
      `TagResource ${rule}`,
      `UntagResource ${rule}`,
      `UpdateApiDestination ${destination}`,
      `UpdateArchive ${archive}`,
      `UpdateConnection ${connection}`,
      `UpdateEndpoint ${endpoint}`,
      `UpdateEventBus ${bus("default")}`,
    ]);
  });

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
