import type { Message } from "../../core/broker.ts";
import { PublishError } from "../../core/broker.ts";
import type { DeadLetterFilter } from "../../core/dead-letter-reading.ts";
import type { Redriven, RedriveOptions, Unredrivable, UnredrivableReason } from "../../core/dead-letters.ts";
import type { DeadLetterFact, RoutedFact } from "../../core/observer.ts";
import type { RedriveDeps } from "../redrive.ts";
import { store } from "../store.ts";
import { Pace } from "./pace.ts";
import type { Selected, Visit } from "./pass.ts";
import { pass, problemOf } from "./pass.ts";
import { readdress } from "./readdress.ts";

/** A slice that has moved something ends after this long, so that whoever asked for it hears of it. */
const SLICE_MS = 2_000;
/** How long one may take that cannot keep up with its rate. */
const LAGGING_MS_MAX = 10_000;
/** Messages that could not be redriven and are named, one by one. */
const EXAMPLES_MAX = 20;

/** A dead letter with what it is to become. */
interface Move extends Selected {
  readonly messages: readonly Message[];
  readonly deadLetters: readonly DeadLetterFact[];
  readonly routed: readonly RoutedFact[];
}

/**
 * Redrives some of the dead letters that are meant: a slice, to be followed by others until one is `finished`. Each
 * is stored where it goes and confirmed there before it is taken out of its queue, so an interruption at any moment
 * loses none, and at worst one is redriven twice. It begins anew with each call and keeps nothing between them.
 */
export async function redriveSlice(
  queue: string,
  filter: DeadLetterFilter,
  { to, limit, ratePerSecond }: RedriveOptions,
  deps: RedriveDeps,
  signal: AbortSignal,
): Promise<Redriven> {
  const startedAtMs = deps.nowMs();
  const meant = { notRedrivenSinceMs: startedAtMs, ...filter };
  const startPace = () => new Pace(ratePerSecond, deps.steadyMs);
  // The first slice of a redrive begins with its first message. One that follows catches up with its own preparations,
  // or those of all slices together would slow the redrive down.
  let pace = filter.notRedrivenSinceMs === undefined ? undefined : startPace();
  const unredrivable: Partial<Record<UnredrivableReason, number>> = {};
  const examples: Unredrivable[] = [];
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

  const visit: Visit = async (selected) => {
    let rest = await toMove(selected);
    if (rest.length > 0) pace ??= startPace();
    while (pace !== undefined && rest.length > 0) {
      signal.throwIfAborted();
      if (redriven >= limit) return "limit";
      if (redriven > 0 && isOver(pace)) return "time";
      if (pace.due < 1) {
        await deps.sleep(Math.ceil(pace.nextAtMs - pace.elapsedMs), signal);
        continue;
      }
      const group = rest.slice(0, Math.min(pace.due, limit - redriven));
      rest = rest.slice(group.length);
      pace.went(group.length);
      await move(group, deps, (moved) => {
        redriven += moved.length;
        deps.observer.redriven({
          queue,
          to,
          count: moved.length,
          deadLetters: moved.flatMap((one) => one.deadLetters),
          routed: moved.flatMap((one) => one.routed),
        });
      });
    }
    return undefined;
  };

  const told = () => ({ redriven, unredrivable, examples, startedAtMs });
  const passed = await pass(queue, meant, deps, visit);
  return { ...told(), looked: passed.looked, end: passed.end, ...problemOf(passed) };
}

/** At a rate a slice is as long as its messages are due in: one that lags behind must not end with some left undone. */
function isOver({ elapsedMs, nextAtMs }: Pace): boolean {
  return nextAtMs > SLICE_MS || elapsedMs > (nextAtMs === 0 ? SLICE_MS : LAGGING_MS_MAX);
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
