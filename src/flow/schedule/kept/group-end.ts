import { GROUP_END_KIND, GROUP_KIND, SCHEDULE_KIND, scheduleKey } from "../../../domain/schedule/kept/kept-schedule.ts";
import type { ClaimedWork, DueWork } from "../../../ports/store/due-work.ts";
import type { Change, Entities } from "../../../ports/store/entities.ts";
import { CLAIM_MS, DueWorker } from "../../store/due-worker.ts";

/** A commit takes 100 changes, and each schedule is two. */
const DELETED_AT_ONCE = 50;

export interface GroupEndOptions {
  readonly store: Entities & DueWork;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Deletes groups with their schedules, some at a time; another router carries it on when this one stops or dies. */
export function groupEnds(options: GroupEndOptions): DueWorker {
  const work = async ([claimed]: readonly ClaimedWork[], leave: AbortSignal): Promise<void> => {
    if (claimed !== undefined) await endGroup(claimed, leave, options);
  };
  return new DueWorker({ ...options, kind: GROUP_END_KIND, claimed: 1, atOnce: 1, work });
}

async function endGroup(
  { kind, name, claim, value }: ClaimedWork,
  leave: AbortSignal,
  { store, nowMs }: GroupEndOptions,
): Promise<void> {
  const untilMs = nowMs() + CLAIM_MS / 2;
  while (!leave.aborted && nowMs() < untilMs) {
    const scan = { kind: SCHEDULE_KIND, prefix: scheduleKey(name, ""), limit: DELETED_AT_ONCE };
    const { entities } = await store.scan(scan);
    if (entities.length === 0) {
      await store.commit([
        { change: "delete", kind: GROUP_KIND, name },
        { change: "settle", kind, name, claim },
      ]);
      return;
    }
    await store.commit(entities.flatMap(({ name }) => deletionOf(name)));
  }
  // It goes on at once, with a claim of its own.
  await store.commit([{ change: "settle", kind, name, claim, next: { dueAtMs: nowMs(), value } }]);
}

/** A schedule, and when it is due. */
function deletionOf(key: string): readonly Change[] {
  return [
    { change: "delete", kind: SCHEDULE_KIND, name: key },
    { change: "unschedule", kind: SCHEDULE_KIND, name: key },
  ];
}
