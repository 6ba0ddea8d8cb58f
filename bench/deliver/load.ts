import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { percentile } from "../median.ts";
import type { CountingFunction } from "./counting-function.ts";
import type { Subject } from "./subjects.ts";

const BATCH = 10;
const CLIENTS = 8;
const PADDING = "x".repeat(960);

export interface Latencies {
  readonly putMs: { readonly p50: number; readonly p99: number };
  readonly ingestToInvocationMs: { readonly p50: number; readonly p99: number };
}

/** Puts so many events as fast as the subject takes them; events a second from the first put to the last call. */
export async function throughputOf(
  subject: Subject,
  fn: CountingFunction,
  count: number,
  onFifth: () => void = () => undefined,
): Promise<number> {
  const all = fn.expect(count);
  const pool = new Pool(subject.url, { connections: CLIENTS });
  const startedAtMs = performance.now();
  let put = 0;
  const client = async (): Promise<void> => {
    while (put < count) {
      put += BATCH;
      await putBatch(pool);
      if (put >= count / 5) onFifth();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await all;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  await pool.close();
  return count / seconds;
}

/** Puts events at a steady rate, whether or not the answers keep up, and measures how long each took. */
export async function latenciesAt(
  subject: Subject,
  fn: CountingFunction,
  eventsPerSecond: number,
  seconds: number,
): Promise<Latencies> {
  const batches = Math.max(1, Math.round((eventsPerSecond * seconds) / BATCH));
  const all = fn.expect(batches * BATCH);
  const pool = new Pool(subject.url, { connections: 64 });
  const putMs: number[] = [];
  const puts: Promise<void>[] = [];
  const startedAtMs = performance.now();
  for (let batch = 0; batch < batches; batch++) {
    const dueMs = startedAtMs + (batch * seconds * 1_000) / batches;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    puts.push(putBatch(pool).then((ms) => void putMs.push(ms)));
  }
  await Promise.all(puts);
  await all;
  await pool.close();
  return { putMs: summary(putMs), ingestToInvocationMs: summary(fn.latenciesMs) };
}

/** Puts ten events of about 1 KB and says how long the answer took. Anything but ten event ids is a mistake of the bench. */
async function putBatch(pool: Pool): Promise<number> {
  const startedAtMs = performance.now();
  const putAtMs = performance.timeOrigin + startedAtMs;
  const entry = {
    Source: "bench",
    DetailType: "Counted",
    Detail: JSON.stringify({ putAtMs, kind: "one", padding: PADDING }),
  };
  const { statusCode, body } = await pool.request({
    path: "/",
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
    body: JSON.stringify({ Entries: Array.from({ length: BATCH }, () => entry) }),
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
