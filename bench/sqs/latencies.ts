import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../median.ts";
import { sendAll } from "./measures.ts";
import type { QueueSubject } from "./subjects.ts";
import { BATCH } from "./subjects.ts";

/** So many messages stay in the queue: each receive finds ten. */
const BACKLOG = 500;
const SENDERS = 20;

/** How long a receive of ten took, in milliseconds. */
export interface ReceiveMs {
  readonly p50: number;
  readonly p99: number;
}

/** Receives ten and deletes ten at a steady rate, whether or not the answers keep up. The first second does not count. */
export async function receiveMsAt(
  subject: QueueSubject,
  { perSecond, seconds, body }: { readonly perSecond: number; readonly seconds: number; readonly body: string },
): Promise<ReceiveMs> {
  const receives = Math.round((perSecond * (seconds + 1)) / BATCH);
  return await withBacklog(subject, receives, body, async () => {
    const all: Promise<number>[] = [];
    const startedAtMs = performance.now();
    for (let n = 0; n < receives; n++) {
      const waitMs = startedAtMs + (n * BATCH * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      all.push(receiveAndDelete(subject));
    }
    return (await Promise.all(all)).slice(Math.round(perSecond / BATCH));
  });
}

/** One client that receives ten and deletes ten, over and over. The first tenth does not count. */
export async function receiveMsOfOne(subject: QueueSubject, receives: number, body: string): Promise<ReceiveMs> {
  return await withBacklog(subject, receives, body, async () => {
    const all: number[] = [];
    for (let n = 0; n < receives; n++) all.push(await receiveAndDelete(subject));
    return all.slice(receives / 10);
  });
}

/** Fills the queue for so many receives, and leaves it empty. */
async function withBacklog(
  subject: QueueSubject,
  receives: number,
  body: string,
  measure: () => Promise<readonly number[]>,
): Promise<ReceiveMs> {
  await sendAll(subject, receives * BATCH + BACKLOG, SENDERS, body);
  const receiveMs = await measure();
  for (let left = await subject.receive(); left.length > 0; left = await subject.receive()) await subject.delete(left);
  const rounded = (percent: number): number => Number(percentile(receiveMs, percent).toFixed(1));
  return { p50: rounded(50), p99: rounded(99) };
}

async function receiveAndDelete(subject: QueueSubject): Promise<number> {
  const startedAtMs = performance.now();
  const receipts = await subject.receive();
  const receiveMs = performance.now() - startedAtMs;
  if (receipts.length > 0) await subject.delete(receipts);
  return receiveMs;
}
