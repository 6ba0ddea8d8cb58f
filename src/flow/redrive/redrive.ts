import type { DeadLetter, DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type { RedriveTo } from "../../domain/failure/redrive-to.ts";
import type { UnredrivableReason } from "../../domain/failure/unredrivable.ts";
import type { Received } from "../../domain/queue/message.ts";
import type {
  Counted,
  DeadLetters,
  Listed,
  Purged,
  PurgeProgress,
  RunControl,
  Shown,
} from "../../ports/admin/dead-letters.ts";
import type { RouterObserver } from "../../ports/observer.ts";
import type { PassOptions, Visit } from "./pass.ts";
import { lettersToRemove, pass, passRemoving, problemOf, wholeOf } from "./pass.ts";
import type { Readdress, ReaddressOptions } from "./readdress.ts";
import { readdressWith } from "./readdress.ts";
import type { RedriveRunOptions } from "./redrive-run.ts";
import { RedriveRun } from "./redrive-run.ts";
import { Runs } from "./runs.ts";

type DeadLettersOptions = Omit<RedriveRunOptions, "readdress" | "observer"> &
  ReaddressOptions & { readonly observer: Pick<RouterObserver, "redriven" | "deadLettersPurged"> };

/** Reads dead letters, and runs their redrives and purges. */
export function createDeadLetters(options: DeadLettersOptions): DeadLetters {
  const readdress = readdressWith(options);
  const { observer } = options;
  const runs = new Runs();
  return {
    list: (queue, filter, limit) => list(queue, filter, limit, options),
    show: (queue, id) => show(queue, id, options),
    count: (queue, filter, to) => count(queue, filter, to, options, readdress),
    redrive: (queue, filter, what, control) =>
      runs.run(control.signal, (signal) =>
        new RedriveRun(queue, filter, what, { ...control, signal }, { ...options, readdress }).run(),
      ),
    purge: async (queue, filter, control) => {
      const purged = await runs.run(control.signal, (signal) => purge(queue, filter, options, { ...control, signal }));
      if (purged.purged > 0) observer.deadLettersPurged(queue, purged.purged, control.jobId);
      return purged;
    },
    stop: () => runs.stop(),
  };
}

async function list(queue: string, filter: DeadLetterFilter, limit: number, options: PassOptions): Promise<Listed> {
  const deadLetters: DeadLetter[] = [];
  const passed = await pass(queue, filter, options, (selected) => {
    deadLetters.push(...selected.slice(0, limit - deadLetters.length).map(({ letter }) => letter));
    return Promise.resolve(deadLetters.length === limit ? "limit" : undefined);
  });
  return { deadLetters, ...wholeOf(passed) };
}

async function show(queue: string, id: string, options: PassOptions): Promise<Shown> {
  const found: Received[] = [];
  const passed = await pass(queue, { id }, options, (selected) => {
    found.push(...selected.map(({ message }) => message));
    return Promise.resolve(found.length > 0 ? "limit" : undefined);
  });
  return { message: found[0], ...wholeOf(passed) };
}

/** Readdresses each letter as a redrive does, so that it can say which of them would stay. */
async function count(
  queue: string,
  filter: DeadLetterFilter,
  to: RedriveTo,
  options: PassOptions,
  readdress: Readdress,
): Promise<Counted> {
  const errorCodes: Record<string, number> = {};
  const unredrivable: Partial<Record<UnredrivableReason, number>> = {};
  let selectedInAll = 0;
  const passed = await pass(queue, filter, options, async (selected) => {
    selectedInAll += selected.length;
    for (const { message, letter } of selected) {
      errorCodes[letter.errorCode] = (errorCodes[letter.errorCode] ?? 0) + 1;
      const readdressed = await readdress(message, letter, to);
      if (!readdressed.ok) unredrivable[readdressed.reason] = (unredrivable[readdressed.reason] ?? 0) + 1;
    }
    return undefined;
  });
  return { selected: selectedInAll, errorCodes, unredrivable, ...wholeOf(passed) };
}

async function purge(
  queue: string,
  filter: DeadLetterFilter,
  options: PassOptions & { readonly nowMs: () => number },
  { signal, reached }: RunControl<PurgeProgress>,
): Promise<Purged> {
  let purged = 0;
  const visit: Visit = async (selected, progress) => {
    signal.throwIfAborted();
    await Promise.all(selected.map((one) => one.remove()));
    purged += selected.length;
    reached({ ...progress, purged });
    return undefined;
  };
  const letters = lettersToRemove(filter, options.nowMs);
  const passed = await passRemoving(queue, letters, options, () => visit, signal);
  return { purged, looked: passed.looked, left: passed.left, end: passed.end, ...problemOf(passed) };
}
