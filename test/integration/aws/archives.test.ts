import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Archive, Retention } from "../../../src/domain/archive/archive.ts";
import { archiveStream } from "../../../src/domain/archive/archive.ts";
import type { Config } from "../../../src/domain/config.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { Archives } from "../../../src/flow/archive/archives.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import type { ArchivedEvent } from "../../../src/ports/broker/archive.ts";
import { eventually } from "../../contract/waiting.ts";
import { sampleConfig } from "../../support/sample.ts";

const DAY_MS = 86_400_000;
/** The embedded broker deletes by its own clock. */
const START_MS = Date.now();
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** Archives of one router: the clock and the pauses of its tidying are the test's. */
interface Router {
  readonly archives: Archives;
  /** Lets it look once for what is past. */
  tidy(): Promise<void>;
}

describe("The archives of a router", () => {
  let folder: string;
  let broker: SqliteBroker;
  let config: Config;
  let nowMs: number;
  const errors: unknown[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "busbar-archives-"));
    broker = await openSqliteBroker({ folder, events: {} });
    nowMs = START_MS;
    errors.length = 0;
  });
  afterEach(async () => {
    await broker.close();
    await rm(folder, { recursive: true });
    assert.deepEqual(errors, []);
  });

  const keep = (...archives: readonly Archive[]): void => void (config = sampleConfig({ archives }));
  const orders = (retention: Retention): Archive => ({ name: "orders", bus: "default", retention });

  async function start(): Promise<Router> {
    const log = new SharedLog(broker, () => assert.fail("a record cannot be read"));
    let wake: () => void = () => undefined;
    let slept = 0;
    let ids = 0;
    const archives = new Archives({
      log,
      broker,
      config: () => config,
      newId: () => `${performance.now()}-${ids++}`,
      nowMs: () => nowMs,
      sleep: () => {
        slept += 1;
        return new Promise((resolve) => (wake = () => resolve(undefined)));
      },
      onError: (error) => errors.push(error),
    });
    archives.start();
    await log.start();
    const tidy = async (): Promise<void> => {
      const before = slept;
      wake();
      await eventually("it has tidied", () => slept > before);
    };
    return { archives, tidy };
  }

  async function store(name: string): Promise<void> {
    const { retention } = config.archives.get("orders")!;
    const stream = archiveStream("orders", retention);
    await eventually("there is the stream", async () => (await broker.archives.extent(stream)) !== undefined);
    const body = Buffer.from(JSON.stringify({ name }));
    await broker.publish([{ queue: stream, id: name, body, headers: { "busbar-first-at": nowMs } }]);
  }

  async function kept({ archives }: Router, range = ALL): Promise<readonly string[]> {
    return (await eventsOf(archives, range)).map(({ body }) => (JSON.parse(body.toString()) as { name: string }).name);
  }

  async function eventsOf({ reader }: Archives, range = ALL): Promise<readonly ArchivedEvent[]> {
    const events: ArchivedEvent[] = [];
    await reader.read("orders", range, (more) => Promise.resolve(void events.push(...more)));
    return events;
  }

  async function changeRetention(retention: Retention, ...routers: readonly Router[]): Promise<void> {
    keep(orders(retention));
    const stream = archiveStream("orders", retention);
    for (const { archives } of routers) archives.follow();
    await eventually("there is the stream", async () => (await broker.archives.extent(stream)) !== undefined);
  }

  it("read what was stored under each retention, in order, and all routers alike", async () => {
    keep(orders({}));
    const one = await start();
    const other = await start();
    await store("a");
    await changeRetention({ days: 7 }, one, other);
    await store("b");
    await changeRetention({ days: 30 }, one, other);
    await store("c");
    await eventually("both know all streams", async () => (await kept(one)).length + (await kept(other)).length === 6);
    assert.deepEqual(await kept(one), ["a", "b", "c"]);
    const events = await eventsOf(one.archives);
    assert.deepEqual(await eventsOf(other.archives), events);
    const extent = (await one.archives.reader.extent("orders"))!;
    assert.deepEqual([extent.first, extent.events], [events[0]!.position, 3]);
    assert.deepEqual(await kept(one, { from: events[1]!.position, to: events[2]!.position }), ["b"]);
    assert.deepEqual(await kept(one, { from: events[2]!.position, to: extent.end }), ["c"]);
    assert.equal(await one.archives.reader.since("orders", START_MS), events[0]!.position);
    const later = await start();
    assert.deepEqual(await kept(later), ["a", "b", "c"]);
  });

  it("hand out nothing older than the retention, and drop streams of which all is older", async () => {
    keep(orders({ days: 30 }));
    const router = await start();
    await store("old");
    nowMs += 5 * DAY_MS;
    await store("newer");
    await changeRetention({ days: 3 }, router);
    await eventually("the stream is known", async () => (await router.archives.reader.extent("orders"))?.events === 2);
    assert.deepEqual(await kept(router), ["newer"]);
    const former = archiveStream("orders", { days: 30 });
    await router.tidy();
    assert.notEqual(await broker.archives.extent(former), undefined, "a router may run with a former configuration");
    nowMs += 4 * DAY_MS;
    await store("newest");
    await router.tidy();
    assert.equal(await broker.archives.extent(former), undefined);
    assert.deepEqual(await kept(router), ["newest"]);
  });

  it("delete what an archive kept, and once more what comes until all routers have heard of it", async () => {
    keep(orders({}));
    const router = await start();
    await store("a");
    const stream = archiveStream("orders", {});
    await eventually("the stream is known", async () => (await kept(router).catch(() => [])).length === 1);
    assert.equal((await router.archives.size("orders")).events, 1);
    const before = config;
    keep();
    await router.archives.remove("orders");
    assert.equal(await broker.archives.extent(stream), undefined);
    config = before;
    await broker.declare([declarationOf(stream)]);
    await store("late");
    keep();
    await router.tidy();
    assert.notEqual(await broker.archives.extent(stream), undefined);
    nowMs += 60_000;
    await router.tidy();
    assert.equal(await broker.archives.extent(stream), undefined);
    keep(orders({}));
    router.archives.follow();
    await store("anew");
    await eventually("it is known", async () => (await router.archives.reader.extent("orders"))?.events === 1);
    assert.deepEqual(await kept(router), ["anew"]);
  });

  it("keep what an archive of a file has when it is taken out, and find it when it comes back", async () => {
    keep(orders({}));
    const router = await start();
    await store("a");
    keep();
    router.archives.follow();
    nowMs += 100 * DAY_MS;
    await router.tidy();
    keep(orders({}));
    router.archives.follow();
    assert.deepEqual(await kept(router), ["a"]);
  });
});
