import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "undici";
import type { Router } from "../../test/support/router/router.ts";
import type { CountingFunction } from "../deliver/counting-function.ts";
import { putAtRate } from "../deliver/load.ts";
import type { Workload } from "../deliver/workload.ts";
import { batchOf } from "../deliver/workload.ts";
import { askJob } from "../faults/jobs/ask-job.ts";
import { percentile } from "../median.ts";

/** The time of the archived events, and how many they are. */
export interface ReplayWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly events: number;
}

/** What was replayed while others were put. */
export interface Replayed {
  readonly eventsPerSecond: number;
  readonly putP99Ms: number;
}

interface Puts {
  readonly pool: Pool;
  readonly workload: Workload;
  /** Events. */
  readonly perSecond: number;
}

/** The archive that a bus with `retention` has is called as the bus. */
const ARCHIVE = "default";
const POLL_MS = 20;
const REPLAY_MS_MAX = 600_000;

/** Replays the window. Resolves with events a second, from the request, which counts first, to the last call of the function. */
export async function replayAlone(router: Router, fn: CountingFunction, window: ReplayWindow): Promise<number> {
  const all = fn.expect(window.events);
  const startedAtMs = performance.now();
  const id = await start(router, window);
  await all;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  await untilDone(router, id, window);
  return Math.round(window.events / seconds);
}

/**
 * The same while other events are put at a steady rate, for as long as the replay sends. Its time ends when the others
 * have been delivered as well: they share the function, which does not tell them apart.
 */
export async function replayDuringPuts(
  router: Router,
  fn: CountingFunction,
  window: ReplayWindow,
  { pool, workload, perSecond }: Puts,
): Promise<Replayed> {
  let isDone = false;
  void fn.expect(Infinity);
  const startedAtMs = performance.now();
  const id = await start(router, window);
  const putting = putAtRate(pool, workload, perSecond / batchOf(workload), () => isDone);
  await untilDone(router, id, window).finally(() => (isDone = true));
  const putMs = await putting;
  const all = window.events + putMs.length * batchOf(workload);
  await until(() => Promise.resolve(fn.count >= all), `${all} calls`);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return {
    eventsPerSecond: Math.round(window.events / seconds),
    putP99Ms: Number(percentile(putMs, 99).toFixed(1)),
  };
}

async function start(router: Router, { fromMs, toMs }: ReplayWindow): Promise<string> {
  const [from, to] = [new Date(fromMs - 1_000).toISOString(), new Date(toMs).toISOString()];
  const name = `bench-${Date.now()}`;
  const { id } = await askJob(router, "POST", `archives/${ARCHIVE}/replays?name=${name}&from=${from}&to=${to}`);
  return id;
}

async function untilDone(router: Router, id: string, { events }: ReplayWindow): Promise<void> {
  const job = () => askJob(router, "GET", `jobs/${id}`);
  await until(async () => (await job()).state === "done", "the end of the replay");
  const { removed } = await job();
  if (removed !== events) throw new Error(`${removed} events were replayed, and ${events} are archived`);
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadlineMs = performance.now() + REPLAY_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > deadlineMs)
      throw new Error(`${what} did not come within ${REPLAY_MS_MAX / 60_000} minutes`);
    await sleep(POLL_MS);
  }
}
