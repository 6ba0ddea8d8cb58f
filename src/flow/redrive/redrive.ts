import type { RedriveDeps } from "./redrive-deps.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { DeadLetter, DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type {
  Counted,
  DeadLetters,
  Listed,
  Purged,
  PurgeProgress,
  RunControl,
  Shown,
  UnredrivableReason,
} from "../../ports/dead-letters.ts";
import type { RedriveTo } from "../../domain/failure/redrive-to.ts";
import type { Visit } from "./pass.ts";
import { pass, passRemoving, problemOf, wholeOf } from "./pass.ts";
import { readdress } from "./readdress.ts";
import { redriveSelected } from "./redrive-selected.ts";
import { Runs } from "./runs.ts";

/** Reading dead letters, and runs that move or delete them. */
export function createDeadLetters(deps: RedriveDeps): DeadLetters {
  const runs = new Runs();
  return {
    list: (queue, filter, limit) => list(queue, filter, limit, deps),
    show: (queue, id) => show(queue, id, deps),
    count: (queue, filter, to) => count(queue, filter, to, deps),
    redrive: (queue, filter, options, control) =>
      runs.run(control.signal, (signal) => redriveSelected(queue, filter, options, deps, { ...control, signal })),
    purge: (queue, filter, control) =>
      runs.run(control.signal, (signal) => purge(queue, filter, deps, { ...control, signal })),
    stop: () => runs.stop(),
  };
}

async function list(queue: string, filter: DeadLetterFilter, limit: number, deps: RedriveDeps): Promise<Listed> {
  const deadLetters: DeadLetter[] = [];
  const passed = await pass(queue, filter, deps, (selected) => {
    deadLetters.push(...selected.slice(0, limit - deadLetters.length).map(({ letter }) => letter));
    return Promise.resolve(deadLetters.length === limit ? "limit" : undefined);
  });
  return { deadLetters, ...wholeOf(passed) };
}

async function show(queue: string, id: string, deps: RedriveDeps): Promise<Shown> {
  const found: Received[] = [];
  const passed = await pass(queue, { id }, deps, (selected) => {
    found.push(...selected.map(({ message }) => message));
    return Promise.resolve(found.length > 0 ? "limit" : undefined);
  });
  return { message: found[0], ...wholeOf(passed) };
}

async function count(queue: string, filter: DeadLetterFilter, to: RedriveTo, deps: RedriveDeps): Promise<Counted> {
  const context = { ...deps, config: deps.config(), nowMs: deps.nowMs() };
  const errorCodes: Record<string, number> = {};
  const unredrivable: Partial<Record<UnredrivableReason, number>> = {};
  let selectedInAll = 0;
  const passed = await pass(queue, filter, deps, async (selected) => {
    selectedInAll += selected.length;
    for (const { message, letter } of selected) {
      errorCodes[letter.errorCode] = (errorCodes[letter.errorCode] ?? 0) + 1;
      const readdressed = await readdress(message, letter, to, context);
      if (!readdressed.ok) unredrivable[readdressed.reason] = (unredrivable[readdressed.reason] ?? 0) + 1;
    }
    return undefined;
  });
  return { selected: selectedInAll, errorCodes, unredrivable, ...wholeOf(passed) };
}

async function purge(
  queue: string,
  filter: DeadLetterFilter,
  deps: RedriveDeps,
  { signal, reached }: RunControl<PurgeProgress>,
): Promise<Purged> {
  let purged = 0;
  const visit: Visit = async (selected, looked) => {
    signal.throwIfAborted();
    await Promise.all(selected.map((one) => one.remove()));
    purged += selected.length;
    reached({ looked, purged });
    return undefined;
  };
  const passed = await passRemoving(queue, filter, deps, () => visit, signal);
  if (purged > 0) deps.observer.deadLettersPurged(queue, purged);
  return { purged, looked: passed.looked, end: passed.end, ...problemOf(passed) };
}
