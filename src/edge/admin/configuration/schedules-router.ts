import { setImmediate as nextTurn } from "node:timers/promises";
import { Router } from "express";
import type { ScheduleExportAnswer, ScheduleListAnswer } from "../../../admin-api/configuration/schedules.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Config } from "../../../domain/config.ts";
import { nextDue } from "../../../domain/schedule/next-due.ts";
import { keyOfSchedule, scheduleName, splitScheduleName } from "../../../domain/schedule/kept/kept-schedule.ts";
import type { Schedule } from "../../../domain/schedule/schedule.ts";
import type { Schedules, StoredPage } from "../../../ports/admin/schedules.ts";
import { StoreError } from "../../../ports/store/store.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";

const DUE_TIMES = 10;
const EXPORT_BYTES_MAX = 1024 * 1024;

export interface SchedulesRouterOptions {
  readonly config: () => Config;
  readonly schedules: () => Schedules;
  readonly may: May;
}

/** The schedules in force, those of the store among them, by group and name, a page at a time. */
export function schedulesRouter({ config, schedules, may }: SchedulesRouterOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listSchedules, async ({ query }) => {
    const { schedule: wanted, limit, after } = query;
    const known = schedules();
    const inForce = config().schedules;
    const { items, next } = await fromStore(() =>
      wanted === undefined ? pageAfter(after, limit, inForce, known) : oneOf(wanted, inForce, known),
    );
    const shown: ScheduleListAnswer["schedules"][number][] = [];
    for (const schedule of items) {
      shown.push(described(schedule, known, Date.now()));
      await nextTurn();
    }
    return { schedules: shown, ...(next === undefined ? {} : { next: scheduleName(next) }) };
  });
  serveOn(router, may)(OPERATIONS.exportSchedules, ({ query: { after = "", limit } }) =>
    fromStore(() => exportAfter(after, limit, schedules())),
  );
  return router;
}

/** A page ends early where its inputs are long. */
async function exportAfter(after: string, limit: number, known: Schedules): Promise<ScheduleExportAnswer> {
  const { items, next } = await known.entriesAfter(after, limit);
  const shown: ScheduleExportAnswer["schedules"][number][] = [];
  let last = after;
  let bytes = 0;
  for (const { key, written } of items) {
    if (bytes >= EXPORT_BYTES_MAX) return { schedules: shown, next: last };
    shown.push({
      ...splitScheduleName(key),
      ...(written.ok ? { entry: written.entry } : { leftOut: written.reason }),
    });
    bytes += JSON.stringify(shown.at(-1)).length;
    last = key;
  }
  return { schedules: shown, ...(next === undefined ? {} : { next }) };
}

async function oneOf(name: string, inForce: Config["schedules"], known: Schedules): Promise<StoredPage<Schedule>> {
  const schedule = inForce.get(name) ?? (await known.kept(keyOfSchedule(name)));
  return { items: schedule === undefined ? [] : [schedule] };
}

async function pageAfter(
  name: string | undefined,
  limit: number,
  inForce: Config["schedules"],
  known: Schedules,
): Promise<StoredPage<Schedule>> {
  const after = name === undefined ? "" : keyOfSchedule(name);
  const { items, next } = await known.keptAfter(after, limit);
  // A file's schedule is in force in the place of one of the store with the same name.
  const kept = items.filter((schedule) => !inForce.has(schedule.name));
  const keyed = [...inForce.values(), ...kept].map((schedule) => ({ key: keyOfSchedule(schedule.name), schedule }));
  const found = keyed
    .filter(({ key }) => key > after && (next === undefined || key <= next))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1)?.key : next;
  return { items: page.map(({ schedule }) => schedule), ...(last === undefined ? {} : { next: last }) };
}

/** @throws HttpProblem while the store is away */
async function fromStore<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new HttpProblem(503, `the store is not available: ${cause.message}`, { retryAfterSeconds: 1, cause });
  }
}

function described(schedule: Schedule, known: Schedules, nowMs: number): ScheduleListAnswer["schedules"][number] {
  const { name, description, state, expression, timing, target } = schedule;
  const { startMs, endMs } = timing;
  const { to, deadLetterQueue } = target;
  const last = known.lastFired(name);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    state,
    scheduleExpression: expression,
    scheduleExpressionTimezone: timing.zone.name,
    ...(startMs === undefined ? {} : { startDateMs: startMs }),
    ...(endMs === undefined ? {} : { endDateMs: endMs }),
    target: { ...to, ...(deadLetterQueue === undefined ? {} : { deadLetterQueue }) },
    due: state === "ENABLED" ? dueTimes(schedule, nowMs) : [],
    ...(last === undefined ? {} : { last }),
  };
}

function dueTimes({ timing }: Schedule, nowMs: number): ScheduleListAnswer["schedules"][number]["due"] {
  const due: { atMs: number; local: string }[] = [];
  for (let atMs = nextDue(timing, nowMs); atMs !== undefined && due.length < DUE_TIMES; atMs = nextDue(timing, atMs)) {
    due.push({ atMs, local: new Date(timing.zone.localOf(atMs)).toISOString().slice(0, 19) });
  }
  return due;
}
