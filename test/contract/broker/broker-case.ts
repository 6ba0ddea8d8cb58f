import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import type { QueueDeclaration } from "../../../src/domain/queue/declaration.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import type { Broker, BrokerEvents } from "../../../src/ports/broker/broker.ts";
import { Inbox, within } from "../waiting.ts";

/** Empty data of one test's own. It cleans up with `t.after`: closes what is still open, removes the data. */
export interface Fixture {
  /** Opens a broker on the data; after a crash or a close, on the same data. */
  openBroker(events?: Partial<BrokerEvents>): Promise<Broker>;
  /** Drops a broker as if its process had died: nothing is given back, and that broker never comes again. */
  crash(broker: Broker): Promise<void>;
}

export type OpenFixture = (t: TestContext) => Promise<Fixture>;

export const QUEUE = "busbar.function.work";
export const SENTINEL_QUEUE = "busbar.function.sentinel";

/** Every queue that the contract of brokers declares, for a RabbitMQ that has no virtual hosts to give. */
export const CONTRACT_QUEUES: readonly string[] = [
  "busbar.function.work",
  "busbar.function.sentinel",
  "busbar.container.alone",
  "busbar.ordered.work",
  "orders",
  "orders-dead",
  "clicks",
  "visits",
  "busbar.archive.0d.0b.orders",
  "busbar.archive.0d.0b.stock",
  "busbar.archive.0d.4194304b.short",
];

/** Makes cases of one kind of broker: each has data of its own, and a broker with two empty queues. */
export function brokerCases(open: OpenFixture) {
  return (title: string, run: (broker: Broker, fixture: Fixture) => Promise<void>): void => {
    it(title, { timeout: 90_000 }, async (t) => {
      const fixture = await open(t);
      await run(await openWithQueues(fixture), fixture);
    });
  };
}

export const QUEUES: readonly QueueDeclaration[] = [declarationOf(QUEUE), declarationOf(SENTINEL_QUEUE)];

export async function openWithQueues(fixture: Fixture, events?: Partial<BrokerEvents>): Promise<Broker> {
  const broker = await within("opened", fixture.openBroker(events));
  await broker.declare(QUEUES);
  return broker;
}

export function message(id: string, queue = QUEUE): Message {
  return { queue, id, body: Buffer.from(`{"id":"${id}"}`), headers: { "busbar-attempt": 1 } };
}

export function messages(count: number, queue = QUEUE): Message[] {
  return Array.from({ length: count }, (_, n) => message(`m-${n}`, queue));
}

export function idsOf(list: readonly { readonly id: string }[]): string[] {
  return list.map((each) => each.id);
}

/** Takes one message, which must be there within the bound. */
export async function take(broker: Broker) {
  const taken = await within("one message taken", broker.take(QUEUE, new AbortController().signal));
  assert.ok(taken);
  return taken;
}

/** Sends a message through another queue: what was not handed out before it is not going to be. */
export async function sentinelPassed(broker: Broker): Promise<void> {
  const inbox = new Inbox();
  const consumer = await broker.consume(SENTINEL_QUEUE, 1, inbox.handler);
  await broker.publish([message("sentinel", SENTINEL_QUEUE)]);
  await inbox.has(1);
  await consumer.stop();
}
