import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Message } from "../../../src/domain/queue/message.ts";
import type { StreamConfig } from "../../../src/domain/stream/stream.ts";
import { streamDeclarations } from "../../../src/domain/stream/stream.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { StreamedRecord, StreamStart } from "../../../src/ports/broker/streams.ts";
import { eventually, reasonsOf, within } from "../waiting.ts";
import { brokerCases, openWithQueues } from "./broker-case.ts";
import type { OpenFixture } from "./broker-case.ts";

const CLICKS: StreamConfig = { name: "clicks", partitions: 1, retention: { days: 7 } };
const VISITS: StreamConfig = { name: "visits", partitions: 1, retention: {} };
const OLDEST: StreamStart = { kind: "oldest" };

/** Reads streams of users: `StreamReader`, and `publish` and `declare` for them. */
export function streamContract(name: string, open: OpenFixture): void {
  const brokerCase = brokerCases(open);

  describe(`${name}: streams`, () => {
    brokerCase("hand over what was published, and then what comes, in order and with its key", async (broker) => {
      await declare(broker, CLICKS, VISITS);
      const atMs = Date.now() - 5_000;
      await publish(broker, ["a", "b"], { key: "shop-1", atMs });
      await publish(broker, ["x"], { stream: VISITS });
      const reading = read(broker, OLDEST);
      await reading.has(2);
      await publish(broker, ["c"], { key: "shop-2" });
      await publish(broker, ["d"]);
      await reading.has(4);
      assert.deepEqual(reading.names, ["a", "b", "c", "d"]);
      assert.deepEqual(
        reading.records.map(({ partitionKey }) => partitionKey),
        ["shop-1", "shop-1", "shop-2", "clicks"],
      );
      assert.equal(reading.records[0]?.atMs, atMs);
      assert.ok(Math.abs(reading.records[3]!.atMs - Date.now()) < 60_000);
      assertOffsetsGrow(reading.records);
      await reading.stop();
    });

    brokerCase("are read from a place on, as often as somebody wants to", async (broker) => {
      await declare(broker, CLICKS);
      const names = numbered(200);
      await publish(broker, names);
      const whole = read(broker, OLDEST);
      await whole.has(200);
      await whole.stop();
      const rest = read(broker, { kind: "offset", offset: whole.records[150]!.offset });
      await rest.has(50);
      assert.deepEqual(rest.names, names.slice(150));
      await rest.stop();
    });

    brokerCase("say where they end: what comes later stands there or behind", async (broker) => {
      await declare(broker, CLICKS);
      const first = (await broker.streams.end(CLICKS.name))!;
      await publish(broker, numbered(100));
      const end = (await broker.streams.end(CLICKS.name))!;
      assert.ok(end > first);
      const reading = read(broker, { kind: "offset", offset: end });
      await publish(broker, ["later"]);
      await reading.has(1);
      assert.deepEqual(reading.names, ["later"]);
      await reading.stop();
    });

    brokerCase("are read from a time on: what was accepted since is not left out", async (broker) => {
      await declare(broker, CLICKS);
      await publish(broker, ["a"], { atMs: Date.now() });
      const reading = read(broker, { kind: "time", atMs: Date.now() - 1_000 });
      await reading.has(1);
      await publish(broker, ["b"], { atMs: Date.now() });
      await reading.has(2);
      assert.deepEqual(reading.names, ["a", "b"]);
      await reading.stop();
    });

    brokerCase("wait for the listener, and reject with what it throws", async (broker) => {
      await declare(broker, CLICKS);
      await publish(broker, numbered(300), { padding: 20_000 });
      let busy = 0;
      let met = 0;
      const stop = new AbortController();
      const listener = async (records: readonly StreamedRecord[]): Promise<void> => {
        assert.equal(busy++, 0);
        await new Promise(setImmediate);
        met += records.length;
        busy--;
        if (met === 300) stop.abort();
      };
      await within("read", broker.streams.read(CLICKS.name, OLDEST, listener, stop.signal));
      const refuse = (): Promise<void> => Promise.reject(new Error("no more"));
      await assert.rejects(broker.streams.read(CLICKS.name, OLDEST, refuse, new AbortController().signal), /no more/);
    });

    brokerCase("survive a crash, which ends a reading: the next one goes on behind it", async (broker, fixture) => {
      await declare(broker, CLICKS);
      await publish(broker, numbered(50));
      const before = read(broker, OLDEST);
      await before.has(50);
      await fixture.crash(broker);
      await assert.rejects(within("ended", before.ended));
      const again = await openWithQueues(fixture);
      await declare(again, CLICKS);
      await publish(again, ["later"]);
      const after = read(again, { kind: "offset", offset: before.records.at(-1)!.offset + 1 });
      await after.has(1);
      assert.deepEqual(after.names, ["later"]);
      await after.stop();
    });

    brokerCase("are nobody's before they are declared", async (broker) => {
      assert.equal(await broker.streams.end(CLICKS.name), undefined);
      await assert.rejects(within("refused", read(broker, OLDEST).ended), /clicks/);
      assert.deepEqual(await reasonsOf(broker.publish([record("a")])), ["unroutable"]);
    });
  });
}

interface Publishing {
  readonly stream?: StreamConfig;
  readonly key?: string;
  readonly atMs?: number;
  readonly padding?: number;
}

function declare(broker: Broker, ...streams: readonly StreamConfig[]): Promise<void> {
  return within("declared", broker.declare(streams.flatMap(streamDeclarations)));
}

function record(name: string, { stream = CLICKS, key, atMs, padding = 0 }: Publishing = {}): Message {
  const body = Buffer.from(JSON.stringify({ name, padding: "x".repeat(padding) }));
  const headers = {
    ...(key === undefined ? {} : { "busbar-partition-key": key }),
    ...(atMs === undefined ? {} : { "busbar-first-at": atMs }),
  };
  return { queue: stream.name, id: name, body, headers };
}

function publish(broker: Broker, names: readonly string[], how: Publishing = {}): Promise<void> {
  return broker.publish(names.map((name) => record(name, how)));
}

/** A reading of the clicks that goes on until it is stopped. */
function read(broker: Broker, start: StreamStart) {
  const records: StreamedRecord[] = [];
  const stopping = new AbortController();
  const listener = (more: readonly StreamedRecord[]): Promise<void> => {
    records.push(...more);
    return Promise.resolve();
  };
  const ended = broker.streams.read(CLICKS.name, start, listener, stopping.signal);
  ended.catch(() => undefined);
  return {
    records,
    ended,
    get names() {
      return records.map(({ body }) => (JSON.parse(body.toString()) as { name: string }).name);
    },
    has: (count: number) => eventually(`${count} records`, () => records.length >= count),
    stop: () => {
      stopping.abort();
      return within("stopped", ended);
    },
  };
}

function assertOffsetsGrow(records: readonly StreamedRecord[]): void {
  for (const [n, { offset }] of records.entries()) if (n > 0) assert.ok(offset > records[n - 1]!.offset);
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `r-${n}`);
}
