import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { steadyMs } from "../../../src/app/process.ts";
import { sleep } from "../../../src/async/sleep.ts";
import { archiveStream } from "../../../src/domain/archive/archive.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { packOf } from "../../../src/domain/queue/pack.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { PackingBroker } from "../../../src/flow/pack/packing-broker.ts";
import type { ArchivedEvent } from "../../../src/ports/broker/archive.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { startTcpProxy, through, type TcpProxy } from "../../support/http/tcp-proxy.ts";
import { freshVhost, type Ending } from "../../support/rabbitmq/rabbitmq.ts";
import { archiveContract } from "../broker/archive-contract.ts";
import { CONTRACT_QUEUES } from "../broker/broker-case.ts";
import { within } from "../waiting.ts";

const STREAM = archiveStream("orders", {});
const AT_MS = Date.UTC(2026, 0, 15, 12);

/** What is between the ends of a stream is counted from samples of its packs. */
const COUNTS_APART = 5;

archiveContract(
  "RabbitMQ with packs",
  async (t) => {
    const url = await freshVhost(t, CONTRACT_QUEUES);
    const opened: { broker: Broker; proxy: TcpProxy }[] = [];
    t.after(async () => {
      await Promise.all(opened.map(({ broker }) => broker.close()));
      await Promise.all(opened.map(({ proxy }) => proxy.close()));
    });
    return {
      async openBroker(events = {}) {
        const proxy = await startTcpProxy(Number(new URL(url).port) || 5672);
        const broker = packingOn(await connectRabbitMq({ urls: [through(proxy, url)], events }));
        opened.push({ broker, proxy });
        return broker;
      },
      async crash(broker) {
        await opened.find((each) => each.broker === broker)?.proxy.close();
      },
    };
  },
  COUNTS_APART,
);

describe("A stream of an archive on RabbitMQ", () => {
  /** What an earlier version stored, then packs, then again a single message. */
  async function openMixed(t: Ending): Promise<Broker> {
    const broker = await connectRabbitMq({ urls: [await freshVhost(t, CONTRACT_QUEUES)], events: {} });
    t.after(() => broker.close());
    await broker.declare([declarationOf(STREAM)]);
    await broker.publish(["old-0", "old-1", "old-2"].map(event));
    await broker.publish([pack("a", 10), pack("b", 3)]);
    await broker.publish([event("last")]);
    return broker;
  }

  it("has single messages and packs side by side, in order", { timeout: 60_000 }, async (t) => {
    const { archives } = await openMixed(t);
    const all = await readAll(archives);
    const packed = [...numbered("a", 10), ...numbered("b", 3)];
    assert.deepEqual(namesOf(all), ["old-0", "old-1", "old-2", ...packed, "last"]);
    assert.ok(all.every(({ atMs }) => atMs === AT_MS));
    const positions = all.map(({ position }) => position);
    assert.deepEqual(
      positions,
      [...new Set(positions)].sort((one, other) => one - other),
    );
    const extent = (await archives.extent(STREAM))!;
    assert.deepEqual(
      [extent.first, extent.end, extent.events],
      [positions[0], (positions.at(-1) ?? 0) + 1, all.length],
    );
  });

  it("is read from any event on and up to any other, in the middle of packs too", { timeout: 60_000 }, async (t) => {
    const { archives } = await openMixed(t);
    const all = await readAll(archives);
    for (const [from, to] of [
      [0, 5],
      [5, 9],
      [7, 15],
      [12, 13],
      [13, 17],
    ] as const) {
      const range = { from: all[from]!.position, to: all[to]?.position ?? Infinity };
      assert.deepEqual(namesOf(await readAll(archives, range)), namesOf(all.slice(from, to)), `${from} to ${to}`);
    }
    const behind = { from: all[4]!.position + 1, to: all[4]!.position + 2 };
    assert.deepEqual(await readAll(archives, behind), [all[5]]);
  });

  it("counts events and not messages, however many there are between its ends", { timeout: 60_000 }, async (t) => {
    const broker = await openMixed(t);
    for (let put = 0; put < 40; put++) {
      await broker.publish([pack(`p-${put}`, 10)]);
      if (put % 10 === 0) await broker.publish([event(`single-${put}`)]);
    }
    const all = await readAll(broker.archives);
    const { events, bytes } = (await broker.archives.extent(STREAM))!;
    const readBytes = all.reduce((sum, { body }) => sum + body.length, 0);
    assert.ok(Math.abs(events - all.length) < all.length / 5, `${events} of ${all.length} events`);
    assert.ok(Math.abs(bytes - readBytes) < readBytes / 5, `${bytes} of ${readBytes} bytes`);
  });

  it("hands over a pack that is not whole as one event, which is none", { timeout: 60_000 }, async (t) => {
    const broker = await openMixed(t);
    await broker.publish([{ ...pack("broken", 4), body: Buffer.from("broken") }, pack("many", 17), event("after")]);
    const all = await readAll(broker.archives);
    assert.equal(all.length, 17 + 3);
    assert.equal(all[17]?.body.toString(), "broken");
  });
});

function packingOn(broker: Broker): Broker {
  return new PackingBroker(broker, {
    mayPack: () => true,
    newId: randomUUID,
    inFlight: new InFlightBytes(64 * 1_048_576),
    onPacked: () => undefined,
    steadyMs,
    sleep,
    leave: new AbortController().signal,
    onStoreDelayed: () => undefined,
  });
}

function event(name: string): Message {
  const headers = { "busbar-event-id": name, "busbar-first-at": AT_MS };
  return { queue: STREAM, id: name, body: Buffer.from(JSON.stringify({ name })), headers };
}

function pack(name: string, members: number): Message {
  return packOf(`pack-${name}`, STREAM, numbered(name, members).map(event));
}

function numbered(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`);
}

async function readAll(archives: Broker["archives"], range = { from: 0, to: Infinity }) {
  const all: ArchivedEvent[] = [];
  const listener = (events: readonly ArchivedEvent[]): Promise<void> => Promise.resolve(void all.push(...events));
  await within("read", archives.read(STREAM, range, listener));
  return all;
}

function namesOf(events: readonly ArchivedEvent[]): readonly string[] {
  return events.map(({ body }) => (JSON.parse(body.toString()) as { name: string }).name);
}
