import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { serveHttp } from "../../support/http/http-target.ts";
import { Router } from "../../support/router/router.ts";

const MIB = 1_048_576;
const WINDOW_MS = 2_000;
/** The machine is shared: whatever else runs slows a window, and nothing speeds one up. So the best of a few counts. */
const WINDOWS_MAX = 3;
/** On a core that is free. */
const HOSTILE_PER_SECOND = 10;
const SPIN_MS = 200;
const GOOD_PER_SECOND = 20;

const TOKENS = { producer: "token-of-the-good-producer", tenant: "token-of-another-tenant", nobody: "token-of-nobody" };

const ACCESS = `
bearerTokens:
  producer:
    tokens: [${TOKENS.producer}]
    statements: [{ effect: Allow, action: "events:PutEvents", resource: "arn:aws:events:*:*:event-bus/default" }]
  tenant:
    tokens: [${TOKENS.tenant}]
    statements:
      - { effect: Allow, action: "events:PutEvents", resource: "arn:aws:events:*:*:event-bus/tenant" }
      - { effect: Allow, action: ["events:TestEventPattern", "busbar:ExplainEvent"], resource: "*" }
`;

const config = (functionUrl: string): string => `
eventBuses: { tenant: {} }
queues: { matched: {} }
functions:
  good: { http: { url: ${functionUrl} } }
  polled: { runtimeApi: {} }
rules:
  deliver: { eventPattern: { source: [shop] }, targets: { good: { function: good } } }
  tenant/two-lists:
    eventPattern:
      detail:
        items: { sku: [a], qty: [1] }
        payments: { method: [card], status: [paid] }
    targets: { matched: { queue: matched } }
`;

const WORKS = ["puts", "deliveries", "probes"] as const;

/** How many of each came to their end within a window. */
type Pace = Readonly<Record<(typeof WORKS)[number], number>>;

interface Hostile {
  readonly port: "public" | "admin" | "runtimeApi";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The status that it gets. */
  readonly answer: number;
}

const text = (value: string): Buffer => Buffer.from(value);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const awsJson = (operation: string) => ({
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": `AWSEvents.${operation}`,
});
const cloudEvent = { "content-type": "application/cloudevents+json" };
const structured = (data: string): string =>
  `{"specversion":"1.0","id":"1","source":"tenant","type":"t","data":${data}}`;

/** Entries of two lists of which each has the first half of what a rule asks for: no element of either fits whole. */
function twoLists(bytes: number): string {
  const item = '{"sku":"a","qty":2},{"sku":"b","qty":1}';
  const payment = '{"method":"card","status":"due"},{"method":"cash","status":"paid"}';
  const count = Math.floor(bytes / (item.length + payment.length + 2));
  const list = (one: string): string => `[${Array<string>(count).fill(one).join(",")}]`;
  return `{"items":${list(item)},"payments":${list(payment)}}`;
}

const manyKeys = (count: number): string => `{${Array.from({ length: count }, (_, n) => `"key${n}":["a"]`).join(",")}}`;

/** What strangers, tenants and functions sent that stopped routers. */
const KINDS: Readonly<Record<string, Hostile>> = {
  "a stranger's target of 15 KB with a URL in it": {
    port: "public",
    path: "/",
    headers: { ...awsJson("x"), "x-amz-target": `x://${"a".repeat(15_000)}` },
    body: text("{}"),
    answer: 403,
  },
  "a stranger's bodies of 8 MiB with a made-up token": {
    port: "public",
    path: "/events",
    headers: { ...cloudEvent, ...bearer(TOKENS.nobody) },
    body: Buffer.alloc(8 * MIB, 0x20),
    answer: 401,
  },
  "a stranger's made-up JSON Web Tokens": {
    port: "public",
    path: "/events",
    headers: { ...cloudEvent, ...bearer(`eyJhbGciOiJSUzI1NiJ9.${"a".repeat(4_000)}.b`) },
    body: text(structured("{}")),
    answer: 401,
  },
  "a batch of a million empty CloudEvents": {
    port: "public",
    path: "/event-buses/tenant/events",
    headers: { "content-type": "application/cloudevents-batch+json", ...bearer(TOKENS.tenant) },
    body: text(`[${"{},".repeat(1_000_000)}{}]`),
    answer: 400,
  },
  "a CloudEvent of a million numbers": {
    port: "public",
    path: "/event-buses/tenant/events",
    headers: { ...cloudEvent, ...bearer(TOKENS.tenant) },
    body: text(structured(`[${"1,".repeat(1_000_000)}1]`)),
    answer: 413,
  },
  "a CloudEvent for a rule over two lists": {
    port: "public",
    path: "/event-buses/tenant/events",
    headers: { ...cloudEvent, ...bearer(TOKENS.tenant) },
    body: text(structured(twoLists(MIB / 2))),
    answer: 202,
  },
  "a CloudEvent nested deeper than anything": {
    port: "public",
    path: "/event-buses/tenant/events",
    headers: { ...cloudEvent, ...bearer(TOKENS.tenant) },
    body: text(structured(`${"[".repeat(500_000)}${"]".repeat(500_000)}`)),
    answer: 400,
  },
  "an entry of 680,000 keys without a signature": {
    port: "public",
    path: "/",
    headers: awsJson("PutEvents"),
    body: text(`{"Entries":[{${'"a":1,'.repeat(680_000)}"b":1}]}`),
    answer: 403,
  },
  "explaining an event of nested lists": {
    port: "admin",
    path: "/api/v1/explain?bus=tenant",
    headers: { "content-type": "application/json", ...bearer(TOKENS.tenant) },
    body: text(`{"source":"a","detail-type":"b","detail":{"items":${"[".repeat(1_000)}${"]".repeat(1_000)}}}`),
    answer: 200,
  },
  "explaining an event of two long lists": {
    port: "admin",
    path: "/api/v1/explain?bus=tenant",
    headers: { "content-type": "application/json", ...bearer(TOKENS.tenant) },
    body: text(`{"source":"a","detail-type":"b","detail":${twoLists(MIB / 2)}}`),
    answer: 200,
  },
  "answers of functions that are not there": {
    port: "runtimeApi",
    path: "/2018-06-01/runtime/invocation/11111111-1111-4111-8111-111111111111/response",
    headers: { host: "nobody" },
    body: Buffer.alloc(4 * MIB, 0x61),
    answer: 404,
  },
  "a start-up error of 100 KB that is a URL": {
    port: "runtimeApi",
    path: "/2018-06-01/runtime/init/error",
    headers: { host: "polled", "content-type": "application/json" },
    body: text(JSON.stringify({ errorType: "E", errorMessage: `x://${"a".repeat(100_000)}`, stackTrace: [] })),
    answer: 403,
  },
  "explaining an event of 100,000 keys": {
    port: "admin",
    path: "/api/v1/explain?bus=tenant",
    headers: { "content-type": "application/json", ...bearer(TOKENS.tenant) },
    body: text(`{"source":"a","detail-type":"b","detail":${manyKeys(100_000)}}`),
    answer: 413,
  },
};

/** How much of a core this process gets while it wants a whole one. What else runs must not make an attack worse. */
function freeShare(): number {
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - startedAtMs < SPIN_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - startedAtMs);
}

describe("A router under hostile traffic", { timeout: 240_000 }, () => {
  let router: Router;
  let delivered = 0;
  let quiet: Pace;
  const endings = suiteEndings();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  endings.after(() => Promise.resolve(agent.destroy()));

  before(async () => {
    const called = await serveHttp((_request, response) => {
      delivered += 1;
      response.end("{}");
    });
    endings.after(() => called.stop());
    const folder = await mkdtemp(join(tmpdir(), "busbar-hostile-"));
    endings.after(() => rm(folder, { recursive: true }));
    const accessFile = join(folder, "access.yaml");
    await writeFile(accessFile, ACCESS);
    const env = { BUSBAR_ACCESS_KEYS_FILE: accessFile, NODE_OPTIONS: "--max-old-space-size=512" };
    router = await Router.start({ config: config(called.url), env });
    endings.after(() => router.remove());
    quiet = await pace();
    const usual = (GOOD_PER_SECOND * WINDOW_MS) / 1_000;
    for (const what of WORKS) assert.ok(quiet[what] > usual / 2, `${what}: ${quiet[what]} without any attack`);
  });

  const urlOf = (port: Hostile["port"]): string =>
    ({ public: router.publicUrl, admin: router.adminUrl, runtimeApi: `http://127.0.0.1:${router.runtimeApiPort}` })[
      port
    ];

  /** Sends it and forgets it: a refusal, a cut connection and a time-out are all the same to whoever attacks. */
  function attack(answered: Set<number>, { port, path, headers, body }: Hostile): void {
    const options = { method: "POST", agent, headers: { ...headers, "content-length": body.length }, timeout: 5_000 };
    const sent = httpRequest(new URL(path, urlOf(port)), options, (response) => {
      response.resume();
      answered.add(response.statusCode ?? 0);
    });
    sent.on("error", () => undefined);
    sent.on("timeout", () => sent.destroy());
    sent.end(body);
  }

  async function putGood(): Promise<boolean> {
    const headers = { ...bearer(TOKENS.producer), ...cloudEvent };
    const body = structured("{}").replace('"source":"tenant"', '"source":"shop"');
    const { status } = await fetch(`${router.publicUrl}/events`, { method: "POST", headers, body, signal: soon() });
    return status === 202;
  }

  async function probe(): Promise<boolean> {
    return (await fetch(`${router.adminUrl}/livez`, { signal: soon() })).ok;
  }

  const soon = (): AbortSignal => AbortSignal.timeout(WINDOW_MS);

  /** How many good puts, deliveries and probes came to their end within a window, at their steady rate. */
  async function pace(): Promise<Pace> {
    const counts = { puts: 0, probes: 0 };
    const deliveredBefore = delivered;
    const untilMs = performance.now() + WINDOW_MS;
    const count = (what: "puts" | "probes", work: () => Promise<boolean>): void => {
      work().then(
        (done) => (counts[what] += done && performance.now() <= untilMs ? 1 : 0),
        () => undefined,
      );
    };
    while (performance.now() < untilMs) {
      count("puts", putGood);
      count("probes", probe);
      await sleep(1_000 / GOOD_PER_SECOND);
    }
    return { ...counts, deliveries: delivered - deliveredBefore };
  }

  for (const [kind, hostile] of Object.entries(KINDS)) {
    it(`A router keeps half its pace or more under ${kind}, ten a second`, async () => {
      const answered = new Set<number>();
      const timer = setInterval(() => attack(answered, hostile), 1_000 / (HOSTILE_PER_SECOND * freeShare()));
      const windows: Pace[] = [];
      const isKept = (one: Pace): boolean => WORKS.every((what) => one[what] >= quiet[what] / 2);
      try {
        while (windows.length < WINDOWS_MAX && !windows.some(isKept)) windows.push(await pace());
      } finally {
        clearInterval(timer);
      }
      assert.ok(windows.some(isKept), JSON.stringify({ quiet, windows }));
      await eventually("the router answers as before", probe, 20_000);
      await eventually("an attack is answered", () => answered.size > 0);
      assert.deepEqual([...answered], [hostile.answer], "the requests came to what they are to try");
    });
  }
});
