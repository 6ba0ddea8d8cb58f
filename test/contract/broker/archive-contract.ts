import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Retention } from "../../../src/domain/archive/archive.ts";
import { archiveStream } from "../../../src/domain/archive/archive.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { ArchivedEvent, ArchiveStreams } from "../../../src/ports/broker/archive.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { brokerCases, openWithQueues } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";
import { reasonsOf, within } from "../waiting.ts";

const STREAM = archiveStream("orders", {});
const OTHER = archiveStream("stock", {});
const NOON_MS = Date.UTC(2026, 0, 15, 12);
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

/**
 * Keeps the events of archives: `ArchiveStreams`, and `publish` and `declare` for them.
 *
 * @param countsApart by how many events of 502 an extent may be wrong.
 */
export function archiveContract(name: string, open: OpenFixture, countsApart = 0): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: the streams of archives`, () => {
    brokerCase("hand over what was published, in order, as often as it is read", async (broker) => {
      await declare(broker, STREAM, OTHER);
      await publish(broker, ["a", "b", "c"], STREAM);
      await publish(broker, ["x"], OTHER);
      await publish(broker, ["d"], STREAM);
      for (let reading = 0; reading < 2; reading++) {
        const events = await read(broker.archives, STREAM);
        assert.deepEqual(namesOf(events), ["a", "b", "c", "d"]);
        assertPositionsGrow(events);
        assert.equal(events[0]?.atMs, NOON_MS);
      }
      assert.deepEqual(namesOf(await read(broker.archives, OTHER)), ["x"]);
    });

    brokerCase("hand over a range: its beginning, not its end", async (broker) => {
      await declare(broker, STREAM);
      const names = numbered(20);
      await publish(broker, names);
      const all = await read(broker.archives, STREAM);
      const range = { from: all[5]!.position, to: all[15]!.position };
      assert.deepEqual(namesOf(await read(broker.archives, STREAM, range)), names.slice(5, 15));
      const extent = (await broker.archives.extent(STREAM))!;
      assert.deepEqual(namesOf(await read(broker.archives, STREAM, { from: extent.first, to: extent.end })), names);
      assert.deepEqual(await read(broker.archives, STREAM, { from: extent.end, to: extent.end }), []);
    });

    brokerCase("say what they keep: everything that was confirmed before", async (broker) => {
      await declare(broker, STREAM);
      const empty = (await broker.archives.extent(STREAM))!;
      assert.equal(empty.first, empty.end);
      assert.deepEqual([empty.events, empty.bytes, empty.times], [0, 0, undefined]);
      await publish(broker, ["first"], STREAM, NOON_MS);
      await publish(broker, numbered(500), STREAM, NOON_MS + 1_000);
      await publish(broker, ["latest"], STREAM, NOON_MS + 2_000);
      const { first, end, events, bytes, times } = (await broker.archives.extent(STREAM))!;
      const all = await read(broker.archives, STREAM);
      assert.equal(first, all[0]?.position);
      assert.equal(end, all.at(-1)!.position + 1);
      assert.ok(Math.abs(events - 502) <= countsApart, `${events} of 502 events`);
      const readBytes = all.reduce((sum, { body }) => sum + body.length, 0);
      assert.ok(Math.abs(bytes - readBytes) < readBytes / 10, `${bytes} bytes of ${readBytes}`);
      assert.deepEqual(times, { firstMs: NOON_MS, lastMs: NOON_MS + 2_000 });
    });

    brokerCase("find where to begin for a time", async (broker) => {
      await declare(broker, STREAM);
      const nowMs = Date.now();
      await publish(broker, ["a", "b"], STREAM, nowMs);
      const from = (await broker.archives.since(STREAM, nowMs))!;
      const all = await read(broker.archives, STREAM, { ...ALL, from });
      assert.deepEqual(namesOf(all), ["a", "b"]);
      const { end } = (await broker.archives.extent(STREAM))!;
      assert.equal(await broker.archives.since(STREAM, nowMs + 3_600_000), end);
    });

    brokerCase("wait for the listener before they hand over more", async (broker) => {
      await declare(broker, STREAM);
      const names = numbered(300);
      await publish(broker, names, STREAM, NOON_MS, 20_000);
      const seen: string[] = [];
      let busy = 0;
      await within(
        "read",
        broker.archives.read(STREAM, ALL, async (events) => {
          assert.equal(busy++, 0);
          await new Promise(setImmediate);
          seen.push(...namesOf(events));
          busy--;
        }),
      );
      assert.deepEqual(seen, names);
    });

    brokerCase("stop reading when the signal fires, and reject with what the listener throws", async (broker) => {
      await declare(broker, STREAM);
      await publish(broker, numbered(300), STREAM, NOON_MS, 20_000);
      const stop = new AbortController();
      let met = 0;
      const listener = (events: readonly ArchivedEvent[]): Promise<void> => {
        met += events.length;
        stop.abort();
        return Promise.resolve();
      };
      await within("stopped", broker.archives.read(STREAM, ALL, listener, stop.signal));
      assert.ok(met > 0 && met < 300, `${met} events`);
      await assert.rejects(
        broker.archives.read(STREAM, ALL, () => Promise.reject(new Error("no more"))),
        /no more/,
      );
    });

    brokerCase("survive a crash, with what was confirmed", async (broker, fixture) => {
      await declare(broker, STREAM);
      await publish(broker, numbered(50));
      const before = await read(broker.archives, STREAM);
      await fixture.crash(broker);
      const again = await openWithQueues(fixture);
      await declare(again, STREAM);
      await publish(again, ["later"]);
      const after = await read(again.archives, STREAM);
      assert.deepEqual(after.slice(0, -1), before);
      assert.equal(namesOf(after).at(-1), "later");
      assertPositionsGrow(after);
    });

    brokerCase("are nobody's before they are declared, and gone after they are removed", async (broker) => {
      assert.equal(await broker.archives.extent(STREAM), undefined);
      assert.equal(await broker.archives.since(STREAM, 0), undefined);
      await assert.rejects(read(broker.archives, STREAM), /no archive stream/);
      assert.deepEqual(await reasonsOf(broker.publish([event("a")])), ["unroutable"]);
      await declare(broker, STREAM, OTHER);
      await publish(broker, numbered(100), STREAM, NOON_MS, 40_000);
      await publish(broker, ["kept"], OTHER);
      await broker.archives.remove(STREAM);
      await broker.archives.remove(STREAM);
      assert.equal(await broker.archives.extent(STREAM), undefined);
      assert.deepEqual(namesOf(await read(broker.archives, OTHER)), ["kept"]);
      await declare(broker, STREAM);
      await publish(broker, ["anew"]);
      assert.deepEqual(namesOf(await read(broker.archives, STREAM)), ["anew"]);
    });

    brokerCase("delete the oldest beyond their bytes", async (broker) => {
      const bytesMax = 4 * 1024 * 1024;
      const stream = archiveStream("short", { bytes: bytesMax } satisfies Retention);
      await declare(broker, stream);
      const bodyBytes = 50_000;
      const names = numbered(200);
      for (let n = 0; n < names.length; n += 20) {
        await publish(broker, names.slice(n, n + 20), stream, Date.now(), bodyBytes);
      }
      const kept = namesOf(await read(broker.archives, stream));
      const keptBytes = kept.length * bodyBytes;
      assert.ok(keptBytes > bytesMax * 0.7 && keptBytes < bytesMax * 1.3, `${keptBytes} bytes of ${bytesMax}`);
      assert.deepEqual(kept, names.slice(-kept.length));
    });
  });
}

function declare(broker: Broker, ...streams: readonly string[]): Promise<void> {
  return within("declared", broker.declare(streams.map(declarationOf)));
}

function event(name: string, stream = STREAM, atMs = NOON_MS, padding = 0): Message {
  const body = Buffer.from(JSON.stringify({ name, padding: "x".repeat(padding) }));
  return { queue: stream, id: name, body, headers: { "busbar-first-at": atMs } };
}

async function publish(
  broker: Broker,
  names: readonly string[],
  stream = STREAM,
  atMs = NOON_MS,
  padding = 0,
): Promise<void> {
  await broker.publish(names.map((name) => event(name, stream, atMs, padding)));
}

async function read(archives: ArchiveStreams, stream: string, range = ALL): Promise<readonly ArchivedEvent[]> {
  const all: ArchivedEvent[] = [];
  const listener = (events: readonly ArchivedEvent[]): Promise<void> => {
    all.push(...events);
    return Promise.resolve();
  };
  await within("read", archives.read(stream, range, listener));
  return all;
}

function namesOf(events: readonly ArchivedEvent[]): readonly string[] {
  return events.map(({ body }) => (JSON.parse(body.toString()) as { name: string }).name);
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `e-${n}`);
}

function assertPositionsGrow(events: readonly ArchivedEvent[]): void {
  const positions = events.map(({ position }) => position);
  assert.deepEqual(
    positions,
    [...new Set(positions)].toSorted((one, other) => one - other),
  );
}
