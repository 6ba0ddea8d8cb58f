import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { percentile } from "../median.ts";
import type { CountingFunction } from "./counting-function.ts";
import type { Subject } from "./subjects.ts";
import type { Workload } from "./workload.ts";
import { batchOf, detailOf } from "./workload.ts";

const CLIENTS = 8;
const WARM_UP_SECONDS = 1;

export interface Latencies {
  readonly putMs: { readonly p50: number; readonly p99: number };
  readonly ingestToInvocationMs: { readonly p50: number; readonly p99: number };
}

/** Puts so many events as fast as the subject takes them; events a second from the first put to the last call. */
export async function throughputOf(
  subject: Subject,
  fn: CountingFunction,
  workload: Workload,
  count: number,
  onFifth: () => void = () => undefined,
): Promise<number> {
  const batch = batchOf(workload);
  const batches = Math.ceil(count / batch);
  const all = fn.expect(batches * batch * workload.fanOut);
  const pool = new Pool(subject.url, { connections: CLIENTS });
  const startedAtMs = performance.now();
  let put = 0;
  const client = async (): Promise<void> => {
    while (put < batches) {
      put++;
      await putBatch(pool, workload);
      if (put >= batches / 5) onFifth();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await all;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  await pool.close();
  return (batches * batch) / seconds;
}

/**
 * Puts events at a steady rate, whether or not the answers keep up, and measures how long each took. The first second,
 * in which the connections are made, does not count.
 */
export async function latenciesAt(
  subject: Subject,
  fn: CountingFunction,
  workload: Workload,
  eventsPerSecond: number,
  seconds: number,
): Promise<Latencies> {
  const pool = new Pool(subject.url, { connections: 64 });
  await putSteadily(pool, fn, workload, eventsPerSecond, WARM_UP_SECONDS);
  const putMs = await putSteadily(pool, fn, workload, eventsPerSecond, seconds);
  await pool.close();
  return { putMs: summary(putMs), ingestToInvocationMs: summary(fn.latenciesMs) };
}

/** Resolves with how long each put took, when all events have been delivered. */
async function putSteadily(
  pool: Pool,
  fn: CountingFunction,
  workload: Workload,
  eventsPerSecond: number,
  seconds: number,
): Promise<readonly number[]> {
  const batches = Math.max(1, Math.round((eventsPerSecond * seconds) / batchOf(workload)));
  const all = fn.expect(batches * batchOf(workload) * workload.fanOut);
  const putMs = await putAtRate(pool, workload, batches / seconds, (batch) => batch >= batches);
  await all;
  return putMs;
}

/** Puts batches at a steady rate until it is over. Resolves with how long each took, when all are answered. */
export async function putAtRate(
  pool: Pool,
  workload: Workload,
  batchesPerSecond: number,
  isOver: (batches: number) => boolean,
): Promise<readonly number[]> {
  const putMs: number[] = [];
  const puts: Promise<void>[] = [];
  const startedAtMs = performance.now();
  for (let batch = 0; !isOver(batch); batch++) {
    const waitMs = startedAtMs + (batch * 1_000) / batchesPerSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    puts.push(putBatch(pool, workload).then((ms) => void putMs.push(ms)));
  }
  await Promise.all(puts);
  return putMs;
}

/** Puts a batch of events and says how long the answer took. Anything but event ids for all is a mistake of the bench. */
async function putBatch(pool: Pool, workload: Workload): Promise<number> {
  const startedAtMs = performance.now();
  const putAtMs = performance.timeOrigin + startedAtMs;
  const entry = { Source: "bench", DetailType: "Counted", Detail: detailOf(workload, putAtMs) };
  const { statusCode, body } = await pool.request({
    path: "/",
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
    body: JSON.stringify({ Entries: Array.from({ length: batchOf(workload) }, () => entry) }),
  });
  const answer = (await body.json()) as { FailedEntryCount?: number };
  if (statusCode !== 200 || answer.FailedEntryCount !== 0)
    throw new Error(`a put was refused: ${statusCode} ${JSON.stringify(answer)}`);
  return performance.now() - startedAtMs;
}

function summary(values: readonly number[]): { p50: number; p99: number } {
  const rounded = (percent: number): number => Number(percentile(values, percent).toFixed(1));
  return { p50: rounded(50), p99: rounded(99) };
}
