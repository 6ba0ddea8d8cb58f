import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { TailLine } from "../../../src/admin-api/events/tail.ts";
import type { Statement } from "../../../src/domain/access/access.ts";
import { eventBusArn } from "../../../src/domain/arn.ts";
import type { BusEvent } from "../../../src/domain/event/event.ts";
import { TAPS_MAX } from "../../../src/domain/tap/tap.ts";
import { createConsoleApp } from "../../../src/console/server/console-app.ts";
import { listen } from "../../../src/edge/http/server.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { LiveTails } from "../../../src/flow/tap/live-tails.ts";
import { eventually } from "../../contract/waiting.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { allowEverybody, authenticatorOf, credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { busbar } from "../../support/router/command-line.ts";
import { sampleAttempt, sampleEntry } from "../../support/observe/observe.ts";
import { IDENTITY, sampleConfig, sampleEvent } from "../../support/sample.ts";

const PATTERN = '{"source":["shop"]}';
const ORDERS = eventBusArn(IDENTITY, "orders");

/** The admin port of a router with the embedded broker, whose callers may do what the statements say. */
async function started(t: TestContext, ...statements: readonly Statement[]) {
  const folder = await mkdtemp(join(tmpdir(), "busbar-tail-"));
  const broker = await openSqliteBroker({ folder, events: {} });
  const lost = new Map<string, number>();
  let held = 0;
  let ids = 0;
  const tails = new LiveTails({
    broker,
    redact: (json) => json,
    observer: {
      taps: (count) => (held = count),
      tapEventsLost: (reason, count) => lost.set(reason, (lost.get(reason) ?? 0) + count),
    },
    newId: () => `tap-${ids++}`,
    steadyMs: () => performance.now(),
    later: setImmediate,
    onError: (error) => assert.fail(error),
  });
  const { authenticator } =
    statements.length === 0 ? { authenticator: allowEverybody() } : authenticatorOf(credentialsOf(...statements));
  const app = adminAppOf({
    router: () => ({ ...runningWith(broker), tail: tails }),
    config: () => sampleConfig({ buses: ["orders"] }),
    authenticator,
  });
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  t.after(async () => {
    tails.stop();
    await server.close(0);
    await broker.close();
    await rm(folder, { recursive: true });
  });
  const put = (...events: readonly Partial<BusEvent>[]): void =>
    tails.facts.put({
      outcome: "accepted",
      seconds: 0,
      entries: events.map((event) => sampleEntry({ event: sampleEvent({ bus: "orders", ...event }) })),
    });
  return { url: server.url, ...asking(server.url), put, tails, lost, held: () => held };
}

interface Asking {
  readonly ask: (query: string, body?: string, signal?: AbortSignal) => Promise<Response>;
}

/** Asks for a tail at a router or a console. */
function asking(url: string): Asking {
  return {
    ask: (query, body, signal) =>
      fetch(`${url}/api/v1/tail${query}`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

/** A tail, with the lines that came. */
async function tailing(t: TestContext, { ask }: Asking, query: string, pattern?: string) {
  const reading = new AbortController();
  t.after(() => reading.abort());
  const response = await ask(query, pattern, reading.signal);
  assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/x-ndjson"]);
  const lines: TailLine[] = [];
  const read = async (): Promise<void> => {
    let rest = "";
    for await (const text of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
      const whole = `${rest}${text}`.split("\n");
      rest = whole.pop() ?? "";
      lines.push(...whole.map((line) => JSON.parse(line) as TailLine));
    }
  };
  void read().catch(() => undefined);
  const ids = (): readonly string[] => lines.flatMap(({ events }) => events.map(({ id }) => id));
  const sum = (count: "seen" | "matching" | "shown"): number => lines.reduce((all, line) => all + line[count], 0);
  return { lines, ids, sum, leave: () => reading.abort() };
}

const allow = (actions: readonly string[]): Statement => ({
  effect: "Allow",
  actions,
  resources: [ORDERS],
  conditions: [],
});

describe("POST /api/v1/tail", () => {
  it("shows events that were accepted and fit, and records on the bus, until its caller leaves", async (t) => {
    const router = await started(t);
    const { lines, ids, sum, leave } = await tailing(t, router, "?bus=orders", PATTERN);
    await eventually("the tap is held", () => router.held() === 1);
    router.put({ id: "a" }, { id: "b", json: '{"source":"stock"}' }, { id: "c", bus: "default" });
    const refused = sampleEntry({ outcome: "InternalFailure", event: sampleEvent({ id: "refused", bus: "orders" }) });
    router.tails.facts.put({ outcome: "unavailable", seconds: 0, entries: [refused] });
    const record = { bus: "orders", event: sampleEvent({ id: "r", bus: "orders" }), matched: [], published: [] };
    router.tails.facts.attempt(sampleAttempt({ routed: [record] }));
    await eventually("two are shown", () => ids().length >= 2);
    assert.deepEqual(ids(), ["a", "r"]);
    assert.deepEqual([sum("seen"), sum("matching"), sum("shown")], [3, 2, 2]);
    assert.equal(
      lines.some(({ events }) => events.some(({ body }) => body !== undefined)),
      false,
    );
    leave();
    await eventually("the tap has ended", () => router.held() === 0);
  });

  it("shows every event without a pattern, and whole ones where asked", async (t) => {
    const router = await started(t);
    const { lines, ids } = await tailing(t, router, "?bus=orders&whole=true&rate=1");
    await eventually("the tap is held", () => router.held() === 1);
    router.put({ id: "a", json: '{"n":1.50}' }, { id: "b" });
    await eventually("one is shown", () => ids().length > 0);
    assert.deepEqual(ids(), ["a"]);
    assert.equal(lines[0]?.events[0]?.body, '{"n":1.50}');
    assert.deepEqual([lines.map(({ matching }) => matching), router.lost.get("rate")], [[2], 1]);
  });

  it("says that it lives while nothing happens", async (t) => {
    const router = await started(t);
    const { lines } = await tailing(t, router, "?bus=orders");
    await eventually("a heartbeat", () => lines.length > 0, 8_000);
    assert.deepEqual(lines[0], { events: [], seen: 0, matching: 0, passedOver: 0, shown: 0 });
  });

  it("refuses a wrong pattern with the parser's reason, an unknown bus, wrong parameters, and too long a pattern", async (t) => {
    const router = await started(t);
    const problem = async (query: string, body?: string): Promise<unknown> => {
      const response = await router.ask(query, body);
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };
    const reason = 'Event pattern is not valid. Reason: "source" must be an object or an array';
    assert.deepEqual(await problem("?bus=orders", '{"source":"shop"}'), [400, reason]);
    assert.deepEqual(await problem("?bus=order"), [404, 'there is no event bus "order", did you mean "orders"?']);
    assert.deepEqual(await problem("?rate=201"), [400, 'rate must be 1..200, got "201"']);
    assert.deepEqual(await problem("?whole=yes"), [400, "whole must be true or false"]);
    assert.deepEqual(await problem("", "x".repeat(16_385)), [413, "a pattern has 16384 bytes at most"]);
    assert.equal(router.held(), 0);
  });

  it("is refused where there are as many taps as there may be", async (t) => {
    const router = await started(t);
    const open = [];
    for (let each = 0; each < TAPS_MAX; each++) open.push(await tailing(t, router, "?bus=orders"));
    const { status, headers } = await router.ask("?bus=orders");
    assert.deepEqual([status, headers.get("retry-after")], [429, "1"]);
    open[0]?.leave();
    await eventually("one has ended", () => router.held() === TAPS_MAX - 1);
    await tailing(t, router, "?bus=orders");
  });

  it("shows details, and filters by them, only to who may read payloads", async (t) => {
    const router = await started(t, allow(["busbar:TapEvents"]));
    const status = async (query: string, body?: string): Promise<number> => (await router.ask(query, body)).status;
    const byDetail = '{"detail":{"total":[{"numeric":[">",1]}]}}';
    assert.equal(await status("?bus=orders&whole=true"), 403);
    assert.equal(await status("?bus=orders", byDetail), 403);
    assert.equal(await status("?bus=default"), 403);
    await tailing(t, router, "?bus=orders", PATTERN);
    const reader = await started(t, allow(["busbar:TapEvents", "busbar:ReadPayloads"]));
    await tailing(t, reader, "?bus=orders&whole=true", byDetail);
  });

  it("loses the events of a caller that does not read, and counts them", async (t) => {
    const router = await started(t);
    const reading = new AbortController();
    t.after(() => reading.abort());
    const unread = await router.ask("?bus=orders&whole=true", undefined, reading.signal);
    await eventually("the tap is held", () => router.held() === 1);
    const json = JSON.stringify({ text: "x".repeat(16_000) });
    const flood = setInterval(() => router.put(...Array.from({ length: 60 }, () => ({ json }))), 20);
    t.after(() => clearInterval(flood));
    await eventually("events are lost", () => (router.lost.get("slow") ?? 0) > 0, 20_000);
    assert.equal(unread.bodyUsed, false);
  });
});

describe("POST /api/v1/tail of a console", () => {
  it("passes on what the router shows as it comes, even where the console only reads, and ends with its reader", async (t) => {
    const router = await started(t);
    const app = createConsoleApp({
      history: () => assert.fail("not asked here"),
      explainKept: () => assert.fail("not asked here"),
      identity: IDENTITY,
      authenticator: allowEverybody(),
      adminUrl: router.url,
      publicUrl: router.url,
      base: "/",
      pageFolder: undefined,
      readOnly: true,
      version: "1",
      report: (error) => assert.fail(String(error)),
    });
    const server = await listen(app, { host: "127.0.0.1", port: 0 });
    t.after(() => server.close(0));
    const { ids, leave } = await tailing(t, asking(server.url), "?bus=orders", PATTERN);
    await eventually("the tap is held", () => router.held() === 1);
    for (const id of ["a", "b"]) {
      router.put({ id });
      await eventually(`${id} is shown`, () => ids().includes(id));
    }
    leave();
    await eventually("the tap has ended", () => router.held() === 0);
  });
});

describe("busbar tail", () => {
  it("says what is wrong with a pattern", async (t) => {
    const { url } = await started(t);
    const { code, stderr } = await busbar(["tail", "--admin-url", url, "--pattern", '{"source":"shop"}']);
    assert.equal(code, 1);
    assert.match(stderr, /^Event pattern is not valid\. Reason: "source" must be an object or an array\n$/);
  });
});
