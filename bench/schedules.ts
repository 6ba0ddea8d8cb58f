import { setTimeout as sleep } from "node:timers/promises";
import { encodeDue } from "../src/domain/schedule/kept/due-value.ts";
import type { KeptSchedule } from "../src/domain/schedule/kept/kept-schedule.ts";
import { SCHEDULE_KIND } from "../src/domain/schedule/kept/kept-schedule.ts";
import type { Change } from "../src/ports/store/entities.ts";
import type { Store } from "../src/ports/store/store.ts";
import { RecordingFunction } from "../test/support/functions/recording-function.ts";
import { cpuMs } from "./cpu-time.ts";
import type { StoreServers } from "./store/store-servers.ts";
import { openStoreAt, startRouters, withStoreServers } from "./store/store-servers.ts";

interface Options {
  readonly schedules: number;
  /** How many of them are due in the same second. */
  readonly due: number;
  readonly routers: number;
  /** How long the routers are watched while nothing is due. */
  readonly seconds: number;
  readonly json?: boolean;
}

/** What schedules of the store cost and how late they are. The share is of one core, for each router. */
interface Figures {
  readonly idlePercent: number;
  readonly delivered: number;
  readonly early: number;
  /** From the due time until the function was called. */
  readonly medianMs: number;
  readonly lastMs: number;
}

const SETTLE_MS = 5_000;
/** Each is an entity and its due work. */
const A_COMMIT = 50;
const DAY_MS = 86_400_000;
const LATE_MS_MAX = 120_000;

/** Many schedules in PostgreSQL: what routers cost while none is due, and how late those of one second are. */
export async function benchSchedules(options: Options): Promise<void> {
  const figures = await withStoreServers((servers) => measure(options, servers));
  process.stdout.write(`${options.json ? JSON.stringify(figures) : sentenceOf(figures, options)}\n`);
}

async function measure(options: Options, { fresh, after }: StoreServers): Promise<Figures> {
  const worker = await RecordingFunction.start();
  after(() => worker.stop());
  const shared = await fresh();
  const config = `functions: { worker: { http: { url: "${worker.url}" }, concurrency: 200 } }\n`;
  const routers = await startRouters(
    config,
    Array.from({ length: options.routers }, () => ({ ...shared })),
  );
  after(() => Promise.all(routers.map((router) => router.remove())));
  const store = await openStoreAt(shared);
  after(() => store.close());

  await fill(store, "later", options.schedules - options.due, Date.now() + DAY_MS);
  await sleep(SETTLE_MS);
  const cpuBeforeMs = routers.map(({ pid }) => cpuMs(pid));
  await sleep(options.seconds * 1_000);
  const spentMs = routers.map(({ pid }, at) => cpuMs(pid) - (cpuBeforeMs[at] ?? 0));

  const dueMs = Math.ceil((Date.now() + SETTLE_MS + options.due * 5) / 1_000) * 1_000;
  await fill(store, "due", options.due, dueMs);
  const endsAtMs = dueMs + LATE_MS_MAX;
  const delivered = (): number => new Set(worker.calls.map(({ deliveryId }) => deliveryId)).size;
  while (delivered() < options.due && Date.now() < endsAtMs) await sleep(100);
  const lateMs = worker.calls.map(({ atMs }) => atMs - dueMs).sort((one, other) => one - other);
  return {
    idlePercent: Number(((Math.max(...spentMs) / (options.seconds * 1_000)) * 100).toFixed(2)),
    delivered: delivered(),
    early: lateMs.filter((ms) => ms < 0).length,
    medianMs: lateMs[Math.floor(lateMs.length / 2)] ?? Number.NaN,
    lastMs: lateMs.at(-1) ?? Number.NaN,
  };
}

/** Makes one-time schedules as the API does, but many in a commit. */
async function fill(store: Store, prefix: string, count: number, dueMs: number): Promise<void> {
  const value = JSON.stringify(scheduleAt(dueMs));
  for (let from = 0; from < count; from += A_COMMIT) {
    const names = Array.from({ length: Math.min(A_COMMIT, count - from) }, (_, at) => `default/${prefix}-${from + at}`);
    const changes = names.flatMap((name): Change[] => [
      { change: "put", kind: SCHEDULE_KIND, name, value, expect: "absent" },
      { change: "schedule", kind: SCHEDULE_KIND, name, dueAtMs: dueMs, value: encodeDue(dueMs) },
    ]);
    await store.commit(changes);
  }
}

function scheduleAt(dueMs: number): KeptSchedule {
  return {
    expression: `at(${new Date(dueMs).toISOString().slice(0, 19)})`,
    zone: "UTC",
    state: "ENABLED",
    isDeletedAfter: false,
    target: { Arn: "arn:aws:lambda:us-east-1:000000000000:function:worker", Input: "{}" },
    createdMs: 0,
    changedMs: 0,
    made: { digest: "" },
  };
}

function sentenceOf(
  { idlePercent, delivered, early, medianMs, lastMs }: Figures,
  { schedules, routers }: Options,
): string {
  const idle = `${schedules.toLocaleString("en")} schedules, ${routers} routers: ${idlePercent} % of a core each while nothing is due`;
  return `${idle}; ${delivered.toLocaleString("en")} due in one second were delivered, ${early} early, the median ${medianMs} ms late, the last ${lastMs} ms.`;
}
