import type { Message } from "../../domain/queue/message.ts";
import { PublishError } from "../../ports/publisher.ts";
import type { DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import type {
  Redriven,
  RedriveOptions,
  RedriveProgress,
  RunControl,
  Unredrivable,
  UnredrivableReason,
} from "../../ports/dead-letters.ts";
import type { DeadLetterFact, RoutedFact } from "../../domain/facts.ts";
import type { RedriveDeps } from "./redrive-deps.ts";
import { store } from "../store/store.ts";
import { Pace } from "./pace.ts";
import type { Selected, Visit } from "./pass.ts";
import { passRemoving, problemOf } from "./pass.ts";
import { readdress } from "./readdress.ts";

/** Messages that could not be redriven and are named, one by one. */
const EXAMPLES_MAX = 20;

/** A dead letter with what it is to become. */
interface Move extends Selected {
  readonly messages: readonly Message[];
  readonly deadLetters: readonly DeadLetterFact[];
  readonly routed: readonly RoutedFact[];
}

/**
 * Redrives the selected dead letters of a queue. Each is stored where it goes and confirmed there before it is taken
 * out of its queue, so an interruption at any moment loses none, and at worst redrives some twice. What fails again
 * while it runs is not selected again.
 */
export async function redriveSelected(
  queue: string,
  filter: DeadLetterFilter,
  { to, limit = Infinity, ratePerSecond }: RedriveOptions,
  deps: RedriveDeps,
  { signal, reached }: RunControl<RedriveProgress>,
): Promise<Redriven> {
  const startedAtMs = deps.nowMs();
  let pace: Pace | undefined;
  let unredrivable: Partial<Record<UnredrivableReason, number>> = {};
  let examples: Unredrivable[] = [];
  let redriven = 0;

  const toMove = async (selected: readonly Selected[]): Promise<Move[]> => {
    const context = { ...deps, config: deps.config(), nowMs: deps.nowMs() };
    const moves: Move[] = [];
    for (const one of selected) {
      const readdressed = await readdress(one.message, one.letter, to, context);
      if (readdressed.ok) moves.push({ ...one, ...readdressed });
      else {
        const { reason, message } = readdressed;
        unredrivable[reason] = (unredrivable[reason] ?? 0) + 1;
        if (examples.length < EXAMPLES_MAX) examples.push({ id: one.letter.id, reason, message });
      }
    }
    return moves;
  };

  const moveGroup = (group: readonly Move[]): Promise<void> =>
    move(group, deps, (moved) => {
      redriven += moved.length;
      deps.observer.redriven({
        queue,
        to,
        count: moved.length,
        deadLetters: moved.flatMap((one) => one.deadLetters),
        routed: moved.flatMap((one) => one.routed),
      });
    });

  const visit: Visit = async (selected, looked) => {
    let rest = await toMove(selected);
    reached({ looked, redriven, unredrivable });
    // The time before the first message is none that could be caught up with.
    if (rest.length > 0) pace ??= new Pace(ratePerSecond, deps.steadyMs);
    while (pace !== undefined && rest.length > 0) {
      signal.throwIfAborted();
      if (redriven >= limit) return "limit";
      const { due } = pace;
      if (due < 1) {
        await deps.sleep(pace.waitMs, signal);
        continue;
      }
      const group = rest.slice(0, Math.min(due, limit - redriven));
      rest = rest.slice(group.length);
      pace.went(group.length);
      await moveGroup(group);
      reached({ looked, redriven, unredrivable });
    }
    return undefined;
  };

  // A browse that begins anew meets again what cannot be redriven.
  const visitAnew = (): Visit => {
    [unredrivable, examples] = [{}, []];
    return visit;
  };
  const sinceStart = { ...filter, notRedrivenSinceMs: filter.notRedrivenSinceMs ?? startedAtMs };
  const passed = await passRemoving(queue, sinceStart, deps, visitAnew, signal);
  const { looked, end } = passed;
  return { redriven, unredrivable, examples, startedAtMs, looked, end, ...problemOf(passed) };
}

/** Stores them all, then takes those out whose every message is confirmed. Throws when that is not all of them. */
async function move(moves: readonly Move[], deps: RedriveDeps, moved: (moves: readonly Move[]) => void): Promise<void> {
  const owners = moves.flatMap((one) => one.messages.map(() => one));
  let failure: PublishError | undefined;
  try {
    await store(
      moves.flatMap((one) => one.messages),
      deps.broker,
    );
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    failure = error;
  }
  const unconfirmed = new Set(failure?.failures.map(({ index }) => owners[index]));
  const confirmed = moves.filter((one) => !unconfirmed.has(one));
  await Promise.all(confirmed.map((one) => one.remove()));
  moved(confirmed);
  if (failure !== undefined) throw failure;
}
