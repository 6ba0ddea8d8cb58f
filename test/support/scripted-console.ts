import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import {
  ATTEMPTS,
  countOf,
  COVERAGE,
  EVENTS,
  EXPLANATION,
  GROUPS,
  HAPPENINGS,
  idOf,
  LETTERS,
  SUMMARY,
  wayOf,
} from "./console-answers.ts";
import { rulePage } from "./console-rules.ts";
import { CONTENT_SECURITY_POLICY } from "../../src/console/server/page.ts";
import { readBody, serveHttp, type TestServer } from "./http-target.ts";

const BASE = "/tools/busbar/";
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A server of the page with an API whose answers are written down: for states that a router seldom comes to. */
export interface ScriptedConsole extends TestServer {
  /** Each request that would change something: `POST send {…}`. */
  readonly changes: string[];
  /** The bearer token that it asks for, if any. */
  token: string | undefined;
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
    more: undefined as (() => void) | undefined,
    paused: [PAUSE],
  };
  const server = await serveHttp((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://page");
    const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : undefined;
    if (path === undefined) return void response.writeHead(404).end();
    if (!path.startsWith("api/v1/")) return page(path, response);
    const body = await readBody(request);
    if (path === "api/v1/tail" && body !== WRONG_PATTERN) return tail(response);
    const { status, answer: found } = api(request, path.slice("api/v1/".length), searchParams, body);
    response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
    response.end(JSON.stringify(found));
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
      response.write(`${JSON.stringify({ events, seen, matching: events.length + 1, shown: events.length })}\n`);
    write(EVENTS.slice(0, 60).map(tailed).reverse(), 1_234);
    let next = 60;
    state.more = () => void write([tailed(EVENTS[next++]!)], 1);
    response.once("close", () => (state.more = undefined));
  }

  function api({ method = "", headers }: IncomingMessage, path: string, query: URLSearchParams, body: string) {
    if (state.token !== undefined && headers.authorization !== `Bearer ${state.token}`) {
      return { status: 401, answer: { status: 401, title: "Unauthorized", detail: "There are no credentials." } };
    }
    const isRead = method === "GET" || /\/(?:list|count|peek)$|^explain$|^tail$/.test(path);
    if (!isRead) state.changes.push(`${method} ${path}${query.size > 0 ? `?${query.toString()}` : ""} ${body}`.trim());
    if (path === "tail") return { status: 400, answer: { status: 400, title: "Bad Request", detail: PATTERN_PROBLEM } };
    if (method === "DELETE") state.paused = [];
    const found = pauseAnswers(state.paused)[path] ?? scripted(path, query);
    return found === undefined
      ? { status: 404, answer: { status: 404, title: "Not Found", detail: "Nothing is known." } }
      : { status: 200, answer: found };
  }

  return Object.assign(state, server, { url: `${server.url}${BASE}` });
}

const PAUSE = { destination: "function/order-processor", configured: false, since: "2026-01-02T03:04:05Z", by: "ada" };

function tailed({ id, atMs, bus, source, type, bytes, rules }: (typeof EVENTS)[number]): object {
  return { id, atMs, bus, source, type, bytes, rules: rules.map((one) => `${one.bus}/${one.rule}`) };
}

const CALLED = ["api-destination/crm", "function/notifier", "function/order-processor"];

function pauseAnswers(paused: readonly (typeof PAUSE)[]): Readonly<Record<string, unknown>> {
  const destinations = CALLED.map((destination) => {
    const pause = paused.find((each) => each.destination === destination);
    return { destination, calledBy: "http", concurrency: 10, maximumRetryAttempts: 2, ...(pause && { pause }) };
  });
  return { paused: { paused }, destinations: { destinations } };
}

function scripted(path: string, query: URLSearchParams): unknown {
  const [first = "", second = "", third = ""] = path.split("/").map(decodeURIComponent);
  switch (first) {
    case "me":
      return { needsToken: false, version: "0.1.0", readOnly: false };
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
    case "rules":
      return rulePage(query);
    case "explain":
      return EXPLANATION;
    case "send":
      return { FailedEntryCount: 0, Entries: [{ EventId: idOf(1) }] };
    case "queues":
      return third === "peek" ? PEEKED : { queues: QUEUES };
    case "dead-letters":
      return deadLetters(third, query.get("id"));
    default:
      return {};
  }
}

const QUEUES = [
  { name: "failed-orders", ready: 3, consumers: 0 },
  { name: "busbar.parked", ready: 1, consumers: 0 },
  { name: "foreign", problem: "403 ACCESS_REFUSED: the router's user may not use it" },
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
    case "redrive":
      return { redriven: selected.length, looked: 3, end: "finished", unredrivable: {}, examples: [], startedAt: "" };
    default:
      return { queues: QUEUES.slice(0, 2) };
  }
}
