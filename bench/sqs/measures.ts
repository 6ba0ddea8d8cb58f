import { setTimeout as sleep } from "node:timers/promises";
import { cpuMs } from "../cpu-time.ts";
import { percentile } from "../median.ts";
import type { QueueSubject } from "./subjects.ts";
import { BATCH } from "./subjects.ts";

/** How long a router is left alone before its idle polls are watched. */
const SETTLE_MS = 2_000;
const POLL_SECONDS = 20;

/** Messages a second. */
export interface Rates {
  readonly sent: number;
  readonly receivedAndDeleted: number;
  /** Of one receive of ten. */
  readonly receiveP50Ms: number;
  readonly receiveP99Ms: number;
}

/** Sends so many messages, and then receives and deletes them all. */
export async function ratesOf(
  subject: QueueSubject,
  { messages, clients, body }: { readonly messages: number; readonly clients: number; readonly body: string },
): Promise<Rates> {
  const sent = await perSecond(messages, () => sendAll(subject, messages, clients, body));
  const receiveMs: number[] = [];
  let left = messages;
  const receivedAndDeleted = await perSecond(messages, () =>
    atOnce(clients, async () => {
      while (left > 0) {
        const startedAtMs = performance.now();
        const receipts = await subject.receive();
        if (receipts.length === 0) continue;
        receiveMs.push(performance.now() - startedAtMs);
        left -= receipts.length;
        await subject.delete(receipts);
      }
    }),
  );
  const [receiveP50Ms, receiveP99Ms] = [rounded(percentile(receiveMs, 50)), rounded(percentile(receiveMs, 99))];
  return { sent, receivedAndDeleted, receiveP50Ms, receiveP99Ms };
}

export interface InFlight {
  readonly received: number;
  readonly deleted: number;
  readonly deleteP50Ms: number;
  readonly deleteP99Ms: number;
}

/** Receives so many messages before it deletes the first. Rates are messages a second, the latencies those of deletes of ten. */
export async function inFlightOf(
  subject: QueueSubject,
  { messages, clients, body }: { readonly messages: number; readonly clients: number; readonly body: string },
): Promise<InFlight> {
  await sendAll(subject, messages, clients, body);
  const held: (readonly string[])[] = [];
  let left = messages;
  const received = await perSecond(messages, () =>
    atOnce(clients, async () => {
      while (left > 0) {
        const receipts = await subject.receive();
        left -= receipts.length;
        if (receipts.length > 0) held.push(receipts);
      }
    }),
  );
  const deleteMs: number[] = [];
  const deleted = await perSecond(messages, () =>
    atOnce(clients, async () => {
      for (let receipts = held.shift(); receipts !== undefined; receipts = held.shift()) {
        const startedAtMs = performance.now();
        await subject.delete(receipts);
        deleteMs.push(performance.now() - startedAtMs);
      }
    }),
  );
  const [deleteP50Ms, deleteP99Ms] = [rounded(percentile(deleteMs, 50)), rounded(percentile(deleteMs, 99))];
  return { received, deleted, deleteP50Ms, deleteP99Ms };
}

/** How much of one core, in percent, so many polls of an empty queue cost that wait for 20 s and are repeated. */
export async function idlePollsOf(
  subject: Pick<QueueSubject, "name" | "pid" | "poll">,
  polls: number,
  seconds: number,
): Promise<number> {
  const { pid } = subject;
  if (pid === undefined) throw new Error(`${subject.name} has no polls`);
  let isOver = false;
  const polling = atOnce(polls, async () => {
    // They end one after the other, as those of clients do that did not start together.
    await sleep(Math.random() * SETTLE_MS);
    while (!isOver) await subject.poll();
  });
  await sleep(2 * SETTLE_MS);
  const beforeMs = cpuMs(pid);
  await sleep(seconds * 1_000);
  const percent = ((cpuMs(pid) - beforeMs) / (seconds * 1_000)) * 100;
  isOver = true;
  await Promise.race([polling, sleep((POLL_SECONDS + 10) * 1_000)]);
  return Number(percent.toFixed(2));
}

/** Sends so many messages, and waits until all are stored. */
export async function sendAll(
  subject: Pick<QueueSubject, "send">,
  messages: number,
  clients: number,
  body: string,
): Promise<void> {
  let left = messages;
  await atOnce(clients, async () => {
    while (left > 0) {
      left -= BATCH;
      await subject.send(body);
    }
  });
}

async function atOnce(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

/** @returns messages a second. */
async function perSecond(messages: number, work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return Math.round(messages / ((performance.now() - startedAtMs) / 1_000));
}

function rounded(ms: number): number {
  return Number(ms.toFixed(1));
}
