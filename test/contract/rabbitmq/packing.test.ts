import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { steadyMs } from "../../../src/app/process.ts";
import { sleep } from "../../../src/async/sleep.ts";
import { PACK_ROUTERS_QUEUE } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { PackRouters } from "../../../src/flow/pack/pack-routers.ts";
import { PackingBroker } from "../../../src/flow/pack/packing-broker.ts";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { idsOf, message, messages, QUEUE, QUEUES } from "../broker/broker-case.ts";
import { eventually, Inbox, within } from "../waiting.ts";

/** The broker below, and one on it that packs what is published together. */
interface Both {
  readonly below: Broker;
  readonly broker: Broker;
}

function packingOn(below: Broker): Broker {
  const inFlight = new InFlightBytes(64 * 1_048_576);
  return new PackingBroker(below, {
    mayPack: () => true,
    newId: randomUUID,
    inFlight,
    onPacked: () => undefined,
    steadyMs,
    sleep,
    leave: new AbortController().signal,
    onStoreDelayed: () => undefined,
  });
}

const KINDS: Readonly<Record<string, (t: TestContext) => Promise<Broker>>> = {
  SQLite: async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-packing-"));
    const broker = await openSqliteBroker({ folder, events: {} });
    t.after(() => broker.close().then(() => rm(folder, { recursive: true })));
    return broker;
  },
  RabbitMQ: async (t) => {
    const broker = await connectRabbitMq({
      urls: [
        await freshVhost(
          t,
          QUEUES.map(({ name }) => name),
        ),
      ],
      events: {},
    });
    t.after(() => broker.close());
    return broker;
  },
};

for (const [kind, open] of Object.entries(KINDS)) {
  const packs = (title: string, run: (both: Both) => Promise<void>): void => {
    it(title, { timeout: 60_000 }, async (t) => {
      const below = await open(t);
      await below.declare(QUEUES);
      await run({ below, broker: packingOn(below) });
    });
  };
  const ready = async (broker: Broker, count: number): Promise<void> => {
    await eventually(`${count} ready`, async () => (await broker.depth(QUEUE))?.ready === count);
  };

  describe(`Packs on ${kind}`, () => {
    packs("travel as one message, and each member is handled by itself, in order", async ({ below, broker }) => {
      await broker.publish(messages(25));
      await ready(below, 3);
      const inbox = new Inbox();
      const consumer = await broker.consume(QUEUE, 1, inbox.handler);
      await inbox.has(25);
      await consumer.stop();
      assert.deepEqual(inbox.ids, idsOf(messages(25)));
      assert.deepEqual(inbox.received[7], { ...message("m-7"), crashes: 0 });
      await ready(below, 0);
    });

    packs("are handled within the limit, counted in members", async ({ broker }) => {
      await broker.publish(messages(60));
      const inbox = new Inbox({ holding: true });
      const consumer = await broker.consume(QUEUE, 7, inbox.handler);
      await inbox.has(7);
      inbox.release();
      await inbox.has(60);
      assert.equal(inbox.mostInFlight, 7);
      await consumer.stop();
    });

    packs("leave to the queue what a consumer has not begun when it stops", async ({ below, broker }) => {
      await broker.publish(messages(10));
      await broker.publish([message("single")]);
      const inbox = new Inbox({ holding: true });
      const consumer = await broker.consume(QUEUE, 2, inbox.handler);
      await inbox.has(2);
      await ready(below, 0);
      const stopped = consumer.stop();
      await ready(below, 9);
      inbox.release();
      await within("stopped", stopped);
      assert.deepEqual(inbox.ids, ["m-0", "m-1"]);
      const left = await below.peek(QUEUE, 20);
      assert.deepEqual(idsOf(left).sort(), [...idsOf(messages(10).slice(2)), "single"]);
      assert.ok(
        left.every(({ crashes }) => crashes === 0),
        "a stop makes no suspects",
      );
    });

    packs("keep a failed member alone, and its neighbours are not handled again", async ({ broker }) => {
      await broker.publish(messages(4));
      const inbox = new Inbox();
      let failures = 0;
      const consumer = await broker.consume(QUEUE, 4, async (received, lost) => {
        await inbox.handler(received, lost);
        if (received.id === "m-2" && failures++ === 0) throw new Error("a defect");
      });
      await inbox.has(5);
      await consumer.stop();
      assert.deepEqual(inbox.ids, ["m-0", "m-1", "m-2", "m-3", "m-2"]);
    });

    packs("are taken apart for one who takes a single message", async ({ broker }) => {
      await broker.publish(messages(3));
      const signal = new AbortController().signal;
      const ids = new Set<string>();
      for (let count = 0; count < 3; count++) {
        const taken = await within("taken", broker.take(QUEUE, signal));
        ids.add(taken?.message.id ?? "none");
        await taken?.ack();
      }
      assert.deepEqual([...ids].sort(), ["m-0", "m-1", "m-2"]);
      await ready(broker, 0);
    });

    packs("are shown member by member", async ({ below, broker }) => {
      await broker.publish(messages(5));
      assert.deepEqual(idsOf(await broker.peek(QUEUE, 3)), ["m-0", "m-1", "m-2"]);
      assert.deepEqual(idsOf(await broker.peek(QUEUE, 10)), idsOf(messages(5)));
      await ready(below, 1);
    });

    packs("are browsed member by member, and keep those that are not removed", async ({ broker }) => {
      await broker.publish(messages(4));
      await broker.publish(messages(2).map(({ id }) => message(`whole-${id}`)));
      await broker.publish([message("single")]);
      const browsing = await broker.browse(QUEUE);
      const met = await browsing.next(10);
      assert.equal(met.length, 7);
      assert.equal(browsing.met, 3);
      for (const browsed of met) if (["m-1", "m-3", "single"].includes(browsed.message.id)) await browsed.remove();
      await browsing.end();
      await ready(broker, 3);
      assert.deepEqual(idsOf(await broker.peek(QUEUE, 10)).sort(), ["m-0", "m-2", "whole-m-0", "whole-m-1"]);
    });

    packs("are gone when a browse has removed all their members", async ({ broker }) => {
      await broker.publish(messages(3));
      const browsing = await broker.browse(QUEUE);
      for (const browsed of await browsing.next(10)) await browsed.remove();
      await browsing.end();
      await ready(broker, 0);
    });

    packs("that are not confirmed fail for each member", async ({ broker }) => {
      const missing = ["a", "b"].map((id) => message(id, "busbar.function.missing"));
      const failed = broker.publish([message("m-0"), ...missing, message("m-1")]);
      const places = (error: PublishError) => error.failures.map(({ index, reason }) => `${index} ${reason}`);
      await assert.rejects(failed, (error) => {
        assert.ok(error instanceof PublishError);
        assert.deepEqual(places(error).sort(), ["1 unroutable", "2 unroutable"]);
        return true;
      });
      assert.deepEqual(idsOf(await broker.peek(QUEUE, 10)), ["m-0", "m-1"]);
    });
  });
}

describe("Routers that know packs, on RabbitMQ", () => {
  it("count as all while each router counts twice, whoever comes and goes", { timeout: 60_000 }, async (t) => {
    const vhost = await freshVhost(t, [PACK_ROUTERS_QUEUE]);
    const openRouter = async (knowsPacks: boolean) => {
      const broker = await connectRabbitMq({ urls: [vhost], events: {} });
      t.after(() => broker.close());
      const routers = new PackRouters({
        broker,
        queue: PACK_ROUTERS_QUEUE,
        onChange: () => undefined,
        sleep: (_ms, signal) => sleep(50, signal),
      });
      if (knowsPacks) await routers.start();
      return { routers, stop: () => routers.stop().then(() => broker.close()) };
    };
    const one = await openRouter(true);
    const two = await openRouter(true);
    const are = (all: boolean) =>
      eventually(`all: ${all}`, () => one.routers.areAll === all && two.routers.areAll === all);
    await are(true);
    const old = await openRouter(false);
    await are(false);
    await old.stop();
    await are(true);
    await two.stop();
    await eventually("one is left", () => one.routers.areAll);
    await one.stop();
  });
});
