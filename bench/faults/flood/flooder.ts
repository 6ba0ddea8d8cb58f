import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { percentile } from "../../median.ts";
import type { FloodOrder, FloodReport } from "./flood.ts";

/**
 * A process that puts events at a steady rate, whatever the answers: one that waited for them would ask for no more
 * than it gets.
 */
const BATCH = 10;

interface Tally {
  readonly accepted: string[];
  readonly statuses: Record<string, number>;
  readonly acceptedMs: number[];
  withoutRetryAfter: number;
}

async function flood({ url, perSecond, clients, seconds }: FloodOrder): Promise<FloodReport> {
  const pool = new Pool(url, { connections: clients });
  const tally: Tally = { accepted: [], statuses: {}, acceptedMs: [], withoutRetryAfter: 0 };
  const startedAtMs = performance.now();
  const batches = Math.ceil((perSecond * seconds) / BATCH);
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < batches) {
      const dueAtMs = startedAtMs + (next * BATCH * 1_000) / perSecond;
      next += 1;
      const waitMs = dueAtMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      // Behind by a whole flood: the rest was never asked for.
      if (performance.now() - startedAtMs > seconds * 1_000) return;
      await put(pool, next, tally);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await pool.close();
  const { accepted, statuses, acceptedMs, withoutRetryAfter } = tally;
  const offered = Object.values(statuses).reduce((sum, count) => sum + count * BATCH, 0);
  const elapsedSeconds = (performance.now() - startedAtMs) / 1_000;
  const acceptedPutMs = { p50: percentile(acceptedMs, 50), p99: percentile(acceptedMs, 99) };
  return { accepted, statuses, offeredPerSecond: offered / elapsedSeconds, acceptedPutMs, withoutRetryAfter };
}

async function put(pool: Pool, index: number, tally: Tally): Promise<void> {
  const startedAtMs = performance.now();
  const entry = { Source: "faults", DetailType: "Flooded", Detail: JSON.stringify({ index }) };
  try {
    const { statusCode, headers, body } = await pool.request({
      path: "/",
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
      body: JSON.stringify({ Entries: Array.from({ length: BATCH }, () => entry) }),
    });
    const answer = (await body.json()) as { Entries?: { EventId?: string }[] };
    tally.statuses[statusCode] = (tally.statuses[statusCode] ?? 0) + 1;
    if (statusCode !== 200 && headers["retry-after"] === undefined) tally.withoutRetryAfter += 1;
    if (statusCode === 200) tally.acceptedMs.push(performance.now() - startedAtMs);
    for (const { EventId } of answer.Entries ?? []) if (EventId !== undefined) tally.accepted.push(EventId);
  } catch {
    tally.statuses["no answer"] = (tally.statuses["no answer"] ?? 0) + 1;
  }
}

process.once("message", (order: FloodOrder) => {
  void flood(order).then((report) => process.send?.(report, () => process.exit(0)));
});
