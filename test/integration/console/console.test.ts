import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener } from "node:http";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import express from "express";
import request from "supertest";
import type { EventWay, ListPage } from "../../../src/admin-api/history/history.ts";
import type { Me } from "../../../src/admin-api/me.ts";
import { OPERATIONS } from "../../../src/admin-api/operations/table.ts";
import { JournalIndex } from "../../../src/console/index/journal-index.ts";
import { createConsoleApp } from "../../../src/console/server/console-app.ts";
import { lambdaProxy } from "../../../src/console/server/router-proxy.ts";
import type { Statement } from "../../../src/domain/access/access.ts";
import { eventBusArn } from "../../../src/domain/arn.ts";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../../src/domain/journal/records.ts";
import { problemHandler } from "../../../src/edge/http/answer.ts";
import { VERSION } from "../../support/http/admin-app.ts";
import { allowEverybody, authenticatorOf, credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { IDENTITY } from "../../support/sample.ts";

const NONE = { principal: undefined, body: undefined, traceparent: undefined, fields: undefined };
const ORIGIN = { bus: "orders", rule: "paid", target: "crm" };

function event(id: string, bus: string): JournalRecord {
  const published = [{ id: `d-${id}`, origin: { ...ORIGIN, bus }, to: "function/crm" }];
  const met = {
    bus,
    rules: [{ bus, rule: "paid" }],
    ruleCount: 1,
    published,
    publishedCount: 1,
    letters: [],
    letterCount: 0,
  };
  const body = Buffer.from(`{"secret":"of ${id}"}`);
  return { ...NONE, kind: "event", atMs: 1_000, id, source: "shop", type: "Paid", bytes: 20, routed: met, body };
}

function attempt(eventId: string, bus: string): RecordOf<"attempt"> {
  return {
    kind: "attempt",
    atMs: 2_000,
    deliveryId: `d-${eventId}`,
    eventId,
    origin: { ...ORIGIN, bus },
    destination: "function/crm",
    attempt: 1,
    firstAtMs: 1_000,
    startedAtMs: 1_900,
    callMs: 100,
    invoked: true,
    failure: { reason: "server_error", message: "answered 503", statusCode: 503 },
    verdict: "failed",
    nextAtMs: undefined,
    letters: [],
    records: [],
    statusCode: undefined,
    answer: Buffer.from(`"answer to ${eventId}"`),
    body: undefined,
    test: undefined,
    synchronous: undefined,
    version: undefined,
  };
}

const audit: JournalRecord = {
  kind: "audit",
  atMs: 3_000,
  action: "busbar:PurgeQueue",
  resource: "q",
  principal: "ann",
  from: "127.0.0.1",
  outcome: "allowed",
  statement: "operators",
};

/** An event of `shop` that a rule passed on to `vault`, where a delivery of it has a record of its own. */
const passedOn: readonly JournalRecord[] = [
  event("e-3", "shop"),
  {
    ...attempt("e-3", "vault"),
    deliveryId: "d-vault",
    answer: Buffer.from('"of the vault"'),
    records: [{ condition: "failure", to: "function/crm", id: "d-vault-record" }],
  },
  {
    ...attempt("e-3", "vault"),
    deliveryId: "d-vault-record",
    origin: undefined,
    answer: Buffer.from('"of the vault\'s record"'),
  },
];

/** What a router was asked, and the answer that it gives to everything. */
const asked: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
const router = createServer((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const { method = "", url = "", headers } = incoming;
    asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const own = { "x-inner": "1", "x-amz-log-result": "bG9n", "x-amz-function-error": "Unhandled" };
    response.writeHead(202, { "content-type": "application/json", "retry-after": "7", ...own }).end('{"ok":1}');
  });
});

let folder = "";
let index: JournalIndex;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "busbar-console-"));
  await mkdir(join(folder, "page/assets"), { recursive: true });
  await writeFile(join(folder, "page/index.html"), "<!doctype html><html><head></head><body></body></html>");
  await writeFile(join(folder, "page/assets/app-1.js"), "export {};");
  index = await JournalIndex.open(join(folder, "index"));
  const frame = new FrameBuilder("router-1", 1_000);
  for (const record of [event("e-1", "orders"), attempt("e-1", "orders"), event("e-2", "audit"), audit, ...passedOn])
    frame.add(record);
  await index.add([{ position: 1, bytes: frame.taken() }]);
  router.listen(0, "127.0.0.1");
  await once(router, "listening");
});
after(async () => {
  router.closeAllConnections();
  router.close();
  await index.close();
  await rm(folder, { recursive: true });
});

function consoleApp(changes: Partial<Parameters<typeof createConsoleApp>[0]> = {}): RequestListener {
  const { port } = router.address() as AddressInfo;
  const routerUrl = `http://127.0.0.1:${port}`;
  return createConsoleApp({
    history: () => index,
    explainKept: () => Promise.resolve({ ok: false, reason: "unknown", message: "not kept" }),
    identity: IDENTITY,
    authenticator: allowEverybody(),
    adminUrl: routerUrl,
    publicUrl: routerUrl,
    base: "/",
    pageFolder: join(folder, "page"),
    readOnly: false,
    version: VERSION,
    report: (error) => assert.fail(String(error)),
    ...changes,
  });
}

/** What a caller is answered that may do these things. */
function asCaller(...may: readonly (readonly [action: string, ...resources: string[]])[]) {
  const statements = may.map(([action, ...resources]): Statement => ({
    effect: "Allow",
    actions: [action],
    resources,
    conditions: [],
  }));
  const { authenticator } = authenticatorOf(credentialsOf(...statements));
  const app = consoleApp({ authenticator });
  return (path: string) => request(app).get(`/api/v1${path}`).set("authorization", `Bearer ${TOKEN}`);
}

/** Asks with a path as it is written: other clients resolve its dots first. @returns the status. */
async function askRaw(app: RequestListener, method: string, path: string): Promise<number | undefined> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = Promise.withResolvers<IncomingMessage>();
  httpRequest({ port, host: "127.0.0.1", method, path, agent: false }, answer.resolve).on("error", answer.reject).end();
  const { statusCode } = await answer.promise.then(async (message) => (await text(message), message));
  server.close();
  return statusCode;
}

const bus = (name: string): string => eventBusArn(IDENTITY, name);

describe("The console's API", () => {
  it("lists events by filters, and shows an event's and a delivery's way", async () => {
    const app = consoleApp();
    const list = await request(app).get("/api/v1/events?bus=orders&outcome=failed&limit=5");
    assert.deepEqual(
      (list.body as ListPage<{ id: string }>).rows.map(({ id }) => id),
      ["e-1"],
    );
    const way = (await request(app).get("/api/v1/events/e-1")).body as EventWay;
    assert.equal(way.body, '{"secret":"of e-1"}');
    assert.equal(way.deliveries[0]?.attempts[0]?.failure?.message, "answered 503");
    const delivery = await request(app).get("/api/v1/deliveries/d-e-1");
    assert.equal((delivery.body as { event: EventWay }).event.id, "e-1");
    const { rows } = (await request(app).get("/api/v1/attempts?failed=true&destination=function/crm"))
      .body as ListPage<unknown>;
    assert.equal(rows.length, 3);
    const summary = await request(app).get("/api/v1/summary?fromMs=0&toMs=10000&stepMs=10000");
    assert.equal((summary.body as { steps: { accepted: number }[] }).steps[0]?.accepted, 3);
  });

  it("says what is wrong with a request: the parameter, its value and what was expected", async () => {
    const app = consoleApp();
    for (const [path, status, detail] of [
      ["/events?limit=0", 400, 'limit must be 1..1000, got "0"'],
      [
        "/events?outcome=gone",
        400,
        'outcome must be delivered or failing or failed or unmatched or waiting, got "gone"',
      ],
      ["/events?fromMs=yesterday", 400, 'fromMs must be milliseconds, got "yesterday"'],
      [
        "/events?busses=x",
        400,
        'unknown parameter "busses": known are fromMs, toMs, limit, before, id, bus, source, type, rule, destination, outcome, field',
      ],
      [
        "/events/unknown",
        404,
        "it is not in the journal: never there, left out while there was too much, or no longer kept",
      ],
      ["/nothing", 404, "there is no GET /api/v1/nothing here"],
      ["/happenings/nothing", 404, "there is no GET /api/v1/happenings/nothing here"],
    ] as const) {
      const answer = await request(app).get(`/api/v1${path}`);
      assert.deepEqual([answer.status, (answer.body as { detail: string }).detail], [status, detail]);
      assert.equal(answer.headers["content-type"], "application/problem+json");
    }
  });

  it("answers 400 to what the index refuses, and 503 with a time to come again while it is opened again", async () => {
    const refusing = consoleApp();
    for (const path of ["/summary?fromMs=0&toMs=100000000000&stepMs=1000", "/events?before=x", "/letters?before=x"]) {
      const answer = await request(refusing).get(`/api/v1${path}`);
      assert.equal(answer.status, 400, `${path}: ${answer.text}`);
    }
    const closed = await JournalIndex.open(join(folder, "closed"));
    await closed.close();
    const answer = await request(consoleApp({ history: () => closed })).get("/api/v1/events");
    assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "1"]);
  });

  it("shows each caller the events of the buses that it may read, and payloads only where it may read them", async () => {
    const get = asCaller(["busbar:ReadEvents", bus("orders")], ["busbar:ReadPayloads", bus("audit")]);
    assert.equal((await get("/events")).status, 403);
    assert.equal((await get("/events?bus=orders")).status, 200);
    assert.equal((await get("/events?bus=audit")).status, 403);
    assert.equal((await get("/events/e-2")).status, 403);
    const way = (await get("/events/e-1")).body as EventWay;
    assert.deepEqual([way.event?.id, way.body, way.deliveries[0]?.attempts[0]?.answer], ["e-1", undefined, undefined]);
    assert.doesNotMatch((await get("/deliveries/d-e-1")).text, /secret|answer to/);
    assert.equal((await get("/deliveries/d-e-2")).status, 403);
    const reader = asCaller(["busbar:ReadEvents", bus("*")], ["busbar:ReadPayloads", bus("*")]);
    assert.equal(((await reader("/events/e-1")).body as EventWay).body, '{"secret":"of e-1"}');
    assert.equal((await reader("/events")).status, 200);
  });

  it("shows deliveries of another bus in an event's way to who may read that bus, and their payloads alike", async () => {
    const ids = async (get: ReturnType<typeof asCaller>): Promise<readonly string[]> =>
      ((await get("/events/e-3")).body as EventWay).deliveries.map(({ id }) => id).toSorted();
    const shop = asCaller(["busbar:ReadEvents", bus("shop")], ["busbar:ReadPayloads", bus("shop")]);
    assert.deepEqual(await ids(shop), ["d-e-3"]);
    assert.equal((await shop("/deliveries/d-vault")).status, 403);
    assert.equal((await shop("/deliveries/d-vault-record")).status, 403);
    const both = asCaller(["busbar:ReadEvents", bus("*")], ["busbar:ReadPayloads", bus("shop")]);
    assert.deepEqual(await ids(both), ["d-e-3", "d-vault", "d-vault-record"]);
    for (const path of ["/events/e-3", "/deliveries/d-vault", "/deliveries/d-vault-record"]) {
      const { text: shown } = await both(path);
      assert.doesNotMatch(shown, /of the vault/, path);
      assert.match(shown, /secret/, path);
    }
    const vault = asCaller(["busbar:ReadEvents", bus("*")], ["busbar:ReadPayloads", bus("vault")]);
    assert.match((await vault("/events/e-3")).text, /of the vault.*of the vault's record/);
  });

  it("leaves out of lists of all buses what a policy denies", async () => {
    const statement = { actions: ["busbar:ReadEvents"], conditions: [] };
    const { authenticator } = authenticatorOf(
      credentialsOf(
        { ...statement, effect: "Allow", resources: ["*"] },
        { ...statement, effect: "Deny", resources: [bus("vault"), bus("audit")] },
      ),
    );
    const get = (path: string) =>
      request(consoleApp({ authenticator })).get(`/api/v1${path}`).set("authorization", `Bearer ${TOKEN}`);
    const { rows } = (await get("/events")).body as ListPage<{ id: string }>;
    assert.deepEqual(rows.map(({ id }) => id).toSorted(), ["e-1", "e-3"]);
    assert.doesNotMatch((await get("/attempts")).text, /"vault"/);
  });

  it("shows audits to who may read them, and nothing to who may do nothing", async () => {
    const reader = asCaller(["busbar:ReadEvents", "*"]);
    assert.equal((await reader("/happenings/audit")).status, 403);
    assert.equal((await reader("/happenings/circuit")).status, 200);
    const { rows } = (await asCaller(["busbar:ReadAudit", "*"])("/happenings/audit")).body as ListPage<{
      principal: string;
    }>;
    assert.deepEqual(
      rows.map(({ principal }) => principal),
      ["ann"],
    );
    const nobody = asCaller(["busbar:ListQueues", "*"]);
    for (const path of [
      "/events",
      "/events/e-1",
      "/deliveries/d-e-1",
      "/attempts",
      "/letters",
      "/letter-groups",
      "/summary?fromMs=0&toMs=1&stepMs=1",
      "/coverage",
      "/happenings/output",
      "/happenings/purge",
      "/happenings/batch",
    ]) {
      assert.equal((await nobody(path)).status, 403, path);
    }
    assert.equal(
      (await request(consoleApp({ authenticator: authenticatorOf(credentialsOf()).authenticator })).get("/api/v1/me"))
        .status,
      401,
    );
    assert.deepEqual((await nobody("/me")).body, {
      principal: "bearer-token/somebody",
      needsToken: true,
      version: VERSION,
      readOnly: false,
      ...IDENTITY,
      permissions: [{ action: "busbar:ListQueues", on: ["*"], except: [], isConditional: false }],
    });
  });

  it("says what its caller may do, and where", async () => {
    const caller = asCaller(["busbar:ReadEvents", bus("orders"), bus("audit")], ["busbar:*Purge*", "*"]);
    const { permissions } = (await caller("/me")).body as Me;
    const same = { except: [], isConditional: false };
    assert.deepEqual(permissions, [
      { action: "busbar:PurgeQueue", on: ["*"], ...same },
      { action: "busbar:PurgeDeadLetters", on: ["*"], ...same },
      { action: "busbar:ReadEvents", on: [bus("orders"), bus("audit")], ...same },
    ]);
  });

  it("audits who read a payload, and only where there was one to read", async () => {
    const statements: Statement[] = [
      { effect: "Allow", actions: ["busbar:Read*"], resources: [bus("*")], conditions: [] },
      { effect: "Deny", actions: ["busbar:ReadPayloads"], resources: [bus("vault")], conditions: [] },
    ];
    const { authenticator, audit: audited } = authenticatorOf(credentialsOf(...statements));
    const app = consoleApp({ authenticator });
    const read = (path: string) => request(app).get(`/api/v1${path}`).set("authorization", `Bearer ${TOKEN}`);
    await read("/events");
    await read("/attempts");
    assert.deepEqual(audited, []);
    await read("/deliveries/d-vault");
    assert.deepEqual(
      audited.map(({ resource }) => resource),
      [bus("shop")],
    );
    audited.length = 0;
    await read("/events/e-1");
    for (const { action, resource, outcome, principal } of audited) {
      assert.deepEqual(
        [action, resource, outcome, principal],
        ["busbar:ReadPayloads", bus("orders"), "allowed", "bearer-token/somebody"],
      );
    }
    assert.ok(audited.length > 0);
  });

  it("passes requests on to the router with the caller's credentials, and nothing else of the browser's", async () => {
    asked.length = 0;
    const app = consoleApp({ base: "/tools/" });
    const headers = {
      authorization: "Bearer mine",
      cookie: "a=b",
      "sec-fetch-site": "same-origin",
      "x-forwarded-for": "1.2.3.4",
    };
    const answer = await request(app).post("/tools/api/v1/explain?bus=a%2Fb").set(headers).type("json").send('{"x":1}');
    assert.deepEqual(
      [answer.status, answer.text, answer.headers["retry-after"], answer.headers["x-inner"]],
      [202, '{"ok":1}', "7", undefined],
    );
    const [one] = asked;
    assert.deepEqual([one?.method, one?.url, one?.body], ["POST", "/api/v1/explain?bus=a%2Fb", '{"x":1}']);
    assert.equal(one?.headers.authorization, "Bearer mine");
    for (const name of ["cookie", "origin", "sec-fetch-site", "x-forwarded-for"])
      assert.equal(one.headers[name], undefined, name);
    await request(app).post("/tools/api/v1/send").type("json").send('{"Entries":[]}');
    assert.deepEqual(
      [asked[1]?.url, asked[1]?.headers["x-amz-target"], asked[1]?.body],
      ["/", "AWSEvents.PutEvents", '{"Entries":[]}'],
    );
    await request(app).post("/tools/api/v1/eventbridge/PutRule").set(headers).type("json").send('{"Name":"r"}');
    assert.deepEqual(
      [asked[2]?.url, asked[2]?.headers["x-amz-target"], asked[2]?.headers.authorization, asked[2]?.body],
      ["/", "AWSEvents.PutRule", "Bearer mine", '{"Name":"r"}'],
    );
    assert.equal((await request(app).post("/tools/api/v1/eventbridge/CreateEventBus")).status, 404);
  });

  it("passes Invoke on to the Lambda API with its headers, and gives back what came of the call", async () => {
    asked.length = 0;
    const headers = {
      "x-amz-invocation-type": "Event",
      "x-amz-log-type": "Tail",
      "x-amz-target": "AWSEvents.PutEvents",
    };
    const answer = await request(consoleApp())
      .post("/api/v1/lambda/functions/order%20processor/invocations")
      .set({ ...headers, authorization: "Bearer mine", cookie: "a=b" })
      .type("json")
      .send('{"x":1}');
    assert.deepEqual(
      ["x-amz-log-result", "x-amz-function-error", "x-inner"].map((name) => answer.headers[name]),
      ["bG9n", "Unhandled", undefined],
    );
    const [one] = asked;
    assert.deepEqual(
      [one?.method, one?.url, one?.body],
      ["POST", "/2015-03-31/functions/order%20processor/invocations", '{"x":1}'],
    );
    assert.deepEqual(
      ["x-amz-invocation-type", "x-amz-log-type", "authorization", "x-amz-target", "cookie"].map(
        (name) => one?.headers[name],
      ),
      ["Event", "Tail", "Bearer mine", undefined, undefined],
    );
  });

  it("waits as long as a function may take, and says that it may have been called when it did not answer by then", async (t) => {
    const { invokeFunction } = OPERATIONS;
    assert.equal(invokeFunction.answerBeginsMsMax, 930_000);
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    t.after(() => {
      silent.closeAllConnections();
      silent.close();
    });
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const app = express();
    app.post("/:name", lambdaProxy(`http://127.0.0.1:${port}`, { ...invokeFunction, answerBeginsMsMax: 20 }));
    app.use(problemHandler((error) => assert.fail(String(error))));
    const answer = await request(app).post("/slow").type("json").send("{}");
    const detail =
      "the router did not answer the console within 0.02 s: it may have done what it was asked, or still be at it";
    assert.deepEqual(
      [answer.status, (answer.body as { detail: string }).detail, answer.headers["retry-after"]],
      [503, detail, undefined],
    );
  });

  it("passes a body on only where the operation takes one: a GET with one is answered as any other", async () => {
    asked.length = 0;
    for (const [method, path] of [
      ["get", "/queues"],
      ["post", "/queues/a%2Fb/peek?limit=3"],
    ] as const) {
      assert.equal((await request(consoleApp())[method](`/api/v1${path}`).type("json").send('{"x":1}')).status, 202);
    }
    assert.deepEqual(
      asked.map(({ method, url, body }) => [method, url, body]),
      [
        ["GET", "/api/v1/queues", ""],
        ["POST", "/api/v1/queues/a%2Fb/peek?limit=3", ""],
      ],
    );
  });

  it("passes nothing on to the router that leads out of the resource in the path", async () => {
    asked.length = 0;
    const app = consoleApp();
    for (const path of [
      "/queues/%2e%2e/%2e%2e/%2e%2e/metrics",
      "/queues/../../../metrics",
      "/queues/.%2E/paused",
      "/queues/q/..\\..\\..\\metrics",
      "/queues/q/x\\..\\..\\paused",
      "/queues/%2e%2e/peek",
      "/queues/./peek",
      "/queues/q/list",
    ]) {
      for (const method of ["GET", "POST"]) assert.equal(await askRaw(app, method, `/api/v1${path}`), 404, path);
    }
    assert.deepEqual(asked, []);
    // A name may be anything: as the router gets it, it leads nowhere else.
    assert.equal(await askRaw(app, "GET", "/api/v1/queues/..\\..\\..\\metrics"), 202);
    assert.deepEqual(
      asked.map(({ url }) => url),
      ["/api/v1/queues/..%5C..%5C..%5Cmetrics"],
    );
    asked.length = 0;
    assert.equal(await askRaw(app, "POST", "/API/v1/Queues/q.1/Peek?x=/api/v1/paused"), 202);
    assert.equal(await askRaw(app, "GET", "http://127.0.0.1/api/v1/queues?limit=1"), 202);
    assert.deepEqual(
      asked.map(({ url }) => url),
      ["/api/v1/queues/q.1/peek?x=/api/v1/paused", "/api/v1/queues?limit=1"],
    );
  });

  it("says so when no router answers", async () => {
    const app = consoleApp({ adminUrl: "http://127.0.0.1:9" });
    const answer = await request(app).get("/api/v1/queues");
    assert.deepEqual(
      [answer.status, (answer.body as { detail: string }).detail],
      [503, "no router answers the console"],
    );
  });

  it("refuses what changes something when it only reads", async () => {
    const app = consoleApp({ readOnly: true });
    for (const [method, path] of [
      ["post", "/send"],
      ["post", "/eventbridge/PutRule"],
      ["post", "/eventbridge/RemoveTargets"],
      ["put", "/paused/function/crm"],
      ["delete", "/paused/function/crm"],
      ["post", "/dead-letters/q/redrive"],
      ["post", "/queues/q/purge"],
      ["post", "/queues/q/receive"],
      ["post", "/queues/q/messages"],
      ["post", "/functions/f/test"],
      ["post", "/lambda/functions/f/invocations"],
    ] as const) {
      assert.equal((await request(app)[method](`/api/v1${path}`)).status, 403, path);
    }
    asked.length = 0;
    await askRaw(app, "PUT", "/api/v1/queues/..\\paused\\function/peek");
    await askRaw(app, "POST", "/API/v1/tail?/api/v1/dead-letters/q/redrive");
    assert.deepEqual(
      asked.map(({ url }) => url),
      ["/api/v1/tail?/api/v1/dead-letters/q/redrive"],
    );
    for (const [method, path] of [
      ["get", "/queues"],
      ["post", "/explain"],
      ["post", "/eventbridge/ListTargetsByRule"],
      ["post", "/tail?bus=orders"],
      ["post", "/queues/q/peek"],
      ["get", "/events"],
    ] as const) {
      assert.notEqual((await request(app)[method](`/api/v1${path}`)).status, 403, path);
    }
  });

  it("refuses pages of other sites, and names that are none of its own", async () => {
    const app = consoleApp();
    assert.equal((await request(app).post("/api/v1/send").set("origin", "https://evil.example")).status, 403);
    assert.equal((await request(app).get("/api/v1/events").set("host", "evil.example")).status, 403);
    assert.equal((await request(app).get("/api/v1/events").set("sec-fetch-site", "cross-site")).status, 403);
  });
});

describe("The console's page", () => {
  it("is served for every path below its base, with its policy, and the assets for good", async () => {
    const app = consoleApp({ base: "/tools/busbar/" });
    for (const path of ["/tools/busbar/", "/tools/busbar/events/e-1", "/tools/busbar/deliveries/a/b"]) {
      const page = await request(app).get(path);
      assert.equal(page.status, 200, path);
      assert.match(page.text, /^<!doctype html><html><head><base href="\/tools\/busbar\/">/);
      assert.match(
        page.headers["content-security-policy"] ?? "",
        /default-src 'none'.*require-trusted-types-for 'script'$/,
      );
      assert.doesNotMatch(page.headers["content-security-policy"] ?? "", /unsafe/);
      assert.equal(page.headers["cache-control"], "no-cache");
      assert.equal(page.headers["x-content-type-options"], "nosniff");
    }
    const asset = await request(app).get("/tools/busbar/assets/app-1.js");
    assert.match(asset.headers["cache-control"] ?? "", /max-age=31536000, immutable/);
    assert.equal((await request(app).get("/tools/busbar/assets/app-2.js")).status, 404);
    assert.equal((await request(app).get("/tools/busbar/assets/..%2f..%2findex%2fsegment-1.sqlite")).status, 404);
    assert.equal((await request(app).get("/")).headers["location"], "/tools/busbar/");
  });

  it("is a problem that says how to build it, where it was not built; the API answers all the same", async () => {
    const app = consoleApp({ base: "/tools/", pageFolder: undefined });
    for (const path of ["/tools/", "/tools/events/e-1"]) {
      const answer = await request(app).get(path);
      assert.equal(answer.status, 503, path);
      assert.equal((answer.body as { detail: string }).detail, "the console's page was not built: npm run build");
    }
    assert.equal((await request(app).get("/tools/api/v1/events")).status, 200);
    assert.equal((await request(app).get("/")).headers["location"], "/tools/");
  });
});

describe("The console's probe", () => {
  it("is answered at /livez whatever the base is, and asks nobody for credentials", async () => {
    const { authenticator } = authenticatorOf(credentialsOf());
    for (const base of ["/", "/tools/"]) {
      const answer = await request(consoleApp({ base, authenticator })).get("/livez");
      assert.deepEqual([answer.status, answer.body], [200, { status: "alive" }]);
    }
  });
});
