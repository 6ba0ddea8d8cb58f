import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import {
  ATTEMPTS,
  countOf,
  COVERAGE,
  EVENTS,
  EXPLANATION,
  FORMER_EXPLANATION,
  FUNCTION_TEST,
  GROUPS,
  HAPPENINGS,
  HOSTILE,
  idOf,
  JOB,
  LETTERS,
  SUMMARY,
  wayOf,
} from "./console-answers.ts";
import { CONFIGURATION_DOCUMENTS, CONFIGURATIONS, ROUTER_HISTORY, ROUTERS } from "./console-routers.ts";
import { FLOWS, NOT_IN_FORCE, rulePage } from "./console-rules.ts";
import { ARCHIVES, REPLAY_COUNT, REPLAY_JOB } from "./console-archives.ts";
import { BLOCKED_KEYS, ORDERED } from "./console-order.ts";
import { answerInvoke } from "./console-invoke.ts";
import { connectionPage } from "./console-connections.ts";
import { mappingPage } from "./console-mappings.ts";
import { SCHEDULES } from "./console-schedules.ts";
import type { SignInWays } from "../../../src/admin-api/session.ts";
import type { Me } from "../../../src/admin-api/me.ts";
import { ANYONE, permissionsOf } from "../../../src/domain/access/access.ts";
import { ADMIN_ACTIONS, HISTORY_ACTIONS, PASSED_ON_ACTIONS } from "../../../src/domain/access/actions.ts";
import { IDENTITY } from "../sample.ts";
import type { BlockedKeyAnswer } from "../../../src/admin-api/destinations/blocked-keys.ts";
import type { QueueAnswer } from "../../../src/admin-api/queues/queues.ts";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { CONTENT_SECURITY_POLICY } from "../../../src/console/server/page.ts";
import { readBody, serveHttp, type TestServer } from "../http/http-target.ts";

const BASE = "/tools/busbar/";
/** What a caller may do that may do everything. */
export const ALL_PERMISSIONS = permissionsOf(ANYONE, [...PASSED_ON_ACTIONS, ...ADMIN_ACTIONS, ...HISTORY_ACTIONS]);
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A server of the page with an API whose answers are written down: for states that a router seldom comes to. */
export interface ScriptedConsole extends TestServer {
  /** Each request that would change something: `POST send {…}`. */
  readonly changes: string[];
  /** The bearer token that it asks for, if any. Whoever has signed in with it has a cookie. */
  token: string | undefined;
  /** How one can sign in. */
  ways: SignInWays;
  /** What renews a session that has ended, and how often that was asked for. */
  readonly renewal: { works: boolean; asked: number };
  /** What the caller may do; everything at first. */
  permissions: Me["permissions"];
  /** Keys that wait for an event that does not succeed; `BLOCKED_KEYS` at first. */
  blockedKeys: readonly BlockedKeyAnswer[];
  /** What routers carry on; one job at first. */
  jobs: readonly JobAnswer[];
  /** Has one more event in the live tail; undefined while nobody reads it. */
  more: (() => void) | undefined;
}

/** What it refuses as an event pattern. */
export const WRONG_PATTERN = '{"source":"shop"}';
const PATTERN_PROBLEM = 'Event pattern is not valid. Reason: "source" must be an object or an array';

/** Serves the built page in `folder`, under a path of its own, with the policy that the console's server sets. */
export async function serveScriptedConsole(folder: string): Promise<ScriptedConsole> {
  const state = {
    changes: [] as string[],
    token: undefined as string | undefined,
    ways: {} as SignInWays,
    renewal: { works: false, asked: 0 },
    more: undefined as (() => void) | undefined,
    paused: [PAUSE],
    permissions: ALL_PERMISSIONS,
    blockedKeys: BLOCKED_KEYS,
    jobs: [JOB, REPLAY_JOB] as readonly JobAnswer[],
  };
  const server = await serveHttp((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://page");
    const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : undefined;
    if (path === undefined) return void response.writeHead(404).end();
    if (!path.startsWith("api/v1/")) return page(path, response);
    const body = await readBody(request);
    if (path.startsWith("api/v1/session")) return session(request, response, path.slice("api/v1/".length), body);
    if (path === "api/v1/tail" && body !== WRONG_PATTERN) return tail(response);
    if (path.startsWith("api/v1/functions/"))
      return functionTest(request, path.slice("api/v1/".length), body, response);
    if (path.startsWith("api/v1/lambda/functions/")) {
      const { method = "", headers } = request;
      const type = String(headers["x-amz-invocation-type"]);
      state.changes.push(`${method} ${path.slice("api/v1/".length)} ${type} ${body}`);
      return answerInvoke(headers, body, response);
    }
    const { status, answer: found } = api(request, path.slice("api/v1/".length), searchParams, body);
    response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
    response.end(JSON.stringify(found));
  }

  /** Signs in, out and on; the server's own tests are about how. */
  function session({ method = "" }: IncomingMessage, response: ServerResponse, path: string, body: string): void {
    const answer = (status: number, found: object, cookie?: string): void => {
      response.writeHead(status, { "content-type": "application/json", ...(cookie && { "set-cookie": cookie }) });
      response.end(JSON.stringify(found));
    };
    const kept = (token: string) => `${sessionOf(token)}; Path=${BASE}; HttpOnly; SameSite=Strict`;
    if (method === "GET") return answer(200, state.ways);
    if (method === "DELETE") return answer(200, {}, `${kept("")}; Max-Age=0`);
    if (path === "session/issuer") return answer(503, { title: "Service Unavailable", detail: "It does not answer." });
    if (path === "session/renewal") {
      state.renewal.asked += 1;
      return state.renewal.works ? answer(200, {}, kept(state.token ?? "")) : answer(401, {});
    }
    const { token } = JSON.parse(body) as { token: string };
    if (token === state.token) answer(200, {}, kept(token));
    else answer(401, { title: "Unauthorized", detail: "The bearer token is not valid." });
  }

  async function page(path: string, response: ServerResponse): Promise<void> {
    const type = TYPES[extname(path)];
    const html = await readFile(join(folder, type === undefined ? "index.html" : path), "utf8");
    response.writeHead(200, {
      "content-type": type ?? "text/html",
      "content-security-policy": CONTENT_SECURITY_POLICY,
    });
    response.end(type === undefined ? html.replace("<head>", `<head><base href="${BASE}">`) : html);
  }

  /** Sixty events at once, one of them hostile, and one more each time that `more` is called. */
  function tail(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const write = (events: readonly object[], seen: number) =>
      response.write(
        `${JSON.stringify({ events, seen, matching: events.length + 1, passedOver: 0, shown: events.length })}\n`,
      );
    write(EVENTS.slice(0, 60).map(tailed).reverse(), 1_234);
    let next = 60;
    state.more = () => void write([tailed(EVENTS[next++]!)], 1);
    response.once("close", () => (state.more = undefined));
  }

  /** It waits and is called at once, and ends as the payload's `outcome` says. */
  function functionTest({ method = "" }: IncomingMessage, path: string, body: string, response: ServerResponse): void {
    state.changes.push(`${method} ${path} ${body}`);
    const { outcome = "success" } = JSON.parse(body) as { outcome?: string };
    const { deliveryId } = FUNCTION_TEST;
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (const progress of ["waiting", "calling"])
      response.write(`${JSON.stringify({ state: progress, deliveryId })}\n`);
    const end = () => response.end(`${JSON.stringify({ ...FUNCTION_TEST, outcome })}\n`);
    if (outcome === "never") response.once("close", end);
    else end();
  }

  function api({ method = "", headers }: IncomingMessage, path: string, query: URLSearchParams, body: string) {
    if (state.token !== undefined && headers.cookie !== sessionOf(state.token)) {
      return { status: 401, answer: { status: 401, title: "Unauthorized", detail: "There are no credentials." } };
    }
    const isRead = method === "GET" || /\/(?:list|count|peek)$|(?:^|\/)explain$|^tail$/.test(path);
    if (!isRead) state.changes.push(`${method} ${path}${query.size > 0 ? `?${query.toString()}` : ""} ${body}`.trim());
    if (path === "tail") return { status: 400, answer: { status: 400, title: "Bad Request", detail: PATTERN_PROBLEM } };
    const [resource = "", queue = ""] = path.split("/");
    if (resource === "blocked-keys") return { status: 200, answer: blockedKeys(method, path) };
    if (resource === "jobs") return { status: 200, answer: jobs(method, query) };
    if (path.endsWith("/redrive")) {
      state.jobs = [doneJob(queue), ...state.jobs];
      return { status: 202, answer: state.jobs[0] };
    }
    if (path.endsWith("/move")) {
      state.jobs = [movedJob(queue, query.get("destination") ?? undefined), ...state.jobs];
      return { status: 202, answer: state.jobs[0] };
    }
    if (method === "DELETE") state.paused = [];
    const found =
      path === "me" && state.token !== undefined
        ? { ...ME, principal: "issuer/people/ada", needsToken: true }
        : (pauseAnswers(state.paused)[path] ?? scripted(path, query));
    if (path === "me") Object.assign(found as object, IDENTITY, { permissions: state.permissions });
    return found === undefined
      ? { status: 404, answer: { status: 404, title: "Not Found", detail: "Nothing is known." } }
      : { status: 200, answer: found };
  }

  /** A DELETE skips one. */
  function blockedKeys(method: string, path: string): object {
    if (method === "GET") return { blockedKeys: state.blockedKeys };
    const [, name, id] = path.split("/");
    state.blockedKeys = state.blockedKeys.filter(({ deliveryId }) => deliveryId !== id);
    return { function: name, deliveryId: id };
  }

  /** Changes the one job that goes on, as it is asked for. */
  function jobs(method: string, query: URLSearchParams): unknown {
    const [rate, paused] = [query.get("ratePerSecond"), query.get("paused")];
    state.jobs = state.jobs.map((job) => {
      if (job.id !== JOB.id || method === "GET") return job;
      if (method === "DELETE") return { ...job, state: "stopped", endedAt: new Date().toISOString() };
      return {
        ...job,
        ...(rate === null ? {} : { ratePerSecond: Number(rate) }),
        ...(paused === null ? {} : { state: paused === "true" ? "paused" : "running" }),
      };
    });
    return method === "GET" ? { jobs: state.jobs } : JOB;
  }

  return Object.assign(state, server, { url: `${server.url}${BASE}` });
}

/** Where the page's links to a trace lead. */
export const TRACE_URL = "https://traces.example.com/trace/{traceId}";

function sessionOf(token: string): string {
  return `busbar-session=${createHash("sha256").update(token).digest("hex")}`;
}

const ME = { needsToken: false, version: "0.1.0", readOnly: false, traceUrl: TRACE_URL };

const PAUSE = { destination: "function/order-processor", configured: false, since: "2026-01-02T03:04:05Z", by: "ada" };

function tailed({ id, atMs, bus, source, type, bytes, rules }: (typeof EVENTS)[number]): object {
  return { id, atMs, bus, source, type, bytes, rules: rules.map((one) => `${one.bus}/${one.rule}`) };
}

const CALLED = ["api-destination/crm", "function/notifier", "function/order-processor", ORDERED.destination];

function pauseAnswers(paused: readonly (typeof PAUSE)[]): Readonly<Record<string, unknown>> {
  const destinations = CALLED.map((destination) => {
    const pause = paused.find((each) => each.destination === destination);
    const order = destination === ORDERED.destination && { orderBy: ORDERED.orderBy };
    return {
      destination,
      calledBy: "http",
      concurrency: 10,
      maximumRetryAttempts: 2,
      ...order,
      ...(pause && { pause }),
    };
  });
  return { paused: { paused }, destinations: { destinations } };
}

/** A thousand of them in pages, of which every twentieth has a total of 100 and more. */
function eventBodies(query: URLSearchParams): object {
  const first = Number(query.get("before") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  const rows = EVENTS.slice(first, first + limit).map(({ id, atMs, type, source }, index) => {
    const detail = { total: (first + index) % 20 === 0 ? 120 : 20, note: "x".repeat(500) };
    return { id, atMs, type, body: JSON.stringify({ id, source, "detail-type": type, detail }) };
  });
  return first + limit < EVENTS.length ? { rows, next: String(first + limit) } : { rows };
}

function scripted(path: string, query: URLSearchParams): unknown {
  const [first = "", second = "", third = ""] = path.split("/").map(decodeURIComponent);
  switch (first) {
    case "me":
      return ME;
    case "events":
      return second === "" ? eventPage(query) : wayOf(EVENTS.findIndex(({ id }) => id === second));
    case "deliveries":
      return deliveryAnswer(second);
    case "attempts":
      return { rows: ATTEMPTS };
    case "letter-groups":
      return GROUPS;
    case "happenings":
      return { rows: Object.entries(HAPPENINGS).find(([kind]) => kind === second)?.[1] ?? [] };
    case "summary":
      return SUMMARY;
    case "coverage":
      return COVERAGE;
    case "routers":
      return second === "history" ? ROUTER_HISTORY : ROUTERS;
    case "configurations":
      if (third === "explain") return second === FORMER_EXPLANATION.configuration ? FORMER_EXPLANATION : undefined;
      return second === "" ? CONFIGURATIONS : CONFIGURATION_DOCUMENTS[second];
    case "rules":
      return rulePage(query);
    case "connections":
      return connectionPage(query);
    case "not-in-force":
      return NOT_IN_FORCE;
    case "schedules":
      return SCHEDULES;
    case "mappings":
      return mappingPage(query);
    case "lambda":
      return { UUID: third, State: "Disabling" };
    case "archives":
      if (second === "") return ARCHIVES;
      return path.endsWith("/count") ? countedReplay(query) : { ...REPLAY_JOB, state: "running" };
    case "flows":
      return FLOWS;
    case "event-bodies":
      return eventBodies(query);
    case "explain":
      return EXPLANATION;
    case "send":
      return { FailedEntryCount: 0, Entries: [{ EventId: idOf(1) }] };
    case "queues":
      return queueAnswers(second, third);
    case "dead-letters":
      return deadLetters(third, query.get("id"));
    default:
      return {};
  }
}

function doneJob(queue: string): JobAnswer {
  const now = new Date().toISOString();
  const { ratePerSecond: _, startedBy: __, ...job } = JOB;
  const done = { removed: 3, looked: 3, left: 0, unredrivable: {}, examples: [], startedAt: now, endedAt: now };
  return { ...job, ...done, id: idOf(7_002), queue, state: "done" };
}

/** One message of it was sent there, and stays. */
function movedJob(queue: string, destination: string | undefined): JobAnswer {
  const { to: _, ...job } = doneJob(queue);
  const stays = { unredrivable: { no_source: 1 }, removed: 7 };
  return { ...job, ...stays, kind: "move", filter: {}, ...(destination === undefined ? {} : { destination }) };
}

/** Of what is not delivered there is less. */
function countedReplay(query: URLSearchParams): object {
  if (query.get("onlyUndelivered") !== "true") return REPLAY_COUNT;
  const unknownToo = query.get("unknownToo") === "true";
  return { ...REPLAY_COUNT, events: unknownToo ? 5 : 2, leftOut: { delivered: 26, unknown: unknownToo ? 0 : 3 } };
}

function queueAnswers(name: string, verb: string): object {
  if (name === "") return { queues: QUEUES };
  switch (verb) {
    case "peek":
      return PEEKED;
    case "receive":
      return { ...PEEKED, hiddenSeconds: 45 };
    case "messages":
      return { id: idOf(6) };
    default:
      return { ...QUEUE, name };
  }
}

const QUEUE: Omit<QueueAnswer, "name"> = {
  description: HOSTILE,
  place: "config/functions.yaml:32:3",
  visibilityTimeoutSeconds: 45,
  delaySeconds: 0,
  receiveWaitSeconds: 20,
  maximumMessageBytes: 1_048_576,
  messageRetentionSeconds: 345_600,
  redrivePolicy: {
    queue: "a-queue-with-a-name-of-its-own-that-is-as-long-as-names-may-be-and-so-has-eighty-of",
    maxReceiveCount: 3,
  },
  origin: "api",
  visible: 3,
  inFlight: 12_345,
  delayed: 1,
  countsOf: "router",
  oldestSentAtMs: Date.now() - 3_600_000,
  consumers: 0,
  waitingPolls: 2,
  filledBy: [
    { kind: "rule", name: "default/huge-orders" },
    { kind: "dead-letters", name: "function order-processor-with-a-very-long-name-that-somebody-thought-of-one-day" },
  ],
  filledByMore: 7,
};

const QUEUES = [
  { name: "failed-orders", ready: 3, consumers: 0, origin: "file", place: "busbar.yaml:12:3" },
  { name: "busbar.parked", ready: 1, consumers: 0, origin: "busbar" },
  { name: "orders-dead", ready: 2, consumers: 0, origin: "file", deadLetterSources: ["orders"] },
  { name: "foreign", origin: "api", problem: "403 ACCESS_REFUSED: the router's user may not use it" },
];
const PEEKED = {
  messages: [{ id: idOf(5), headers: { "busbar-event-id": idOf(0) }, body: LETTERS[0]?.errorMessage }],
  end: "finished",
};

function eventPage(query: URLSearchParams) {
  const fitting = EVENTS.filter((event) =>
    (["bus", "type", "outcome"] as const).every((field) => !query.has(field) || query.get(field) === event[field]),
  );
  const from = Number(query.get("before") ?? 0);
  const to = from + Number(query.get("limit") ?? 100);
  return { rows: fitting.slice(from, to), ...(to < fitting.length ? { next: String(to) } : {}) };
}

function deliveryAnswer(id: string) {
  const event = wayOf(0);
  const delivery = event?.deliveries.find((each) => each.id === id);
  return delivery && { delivery, event };
}

function deadLetters(verb: string, id: string | null) {
  const selected = LETTERS.filter((letter) => id === null || letter.id === id);
  switch (verb) {
    case "list":
      return { looked: LETTERS.length, end: "finished", deadLetters: selected };
    case "count":
      return countOf(selected.length);
    default:
      return { queues: QUEUES.slice(0, 2) };
  }
}
