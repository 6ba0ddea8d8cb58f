import type { DeadLetter, DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import { readDeadLetter, selects } from "../../domain/failure/dead-letter-reading.ts";
import type { PassEnd } from "../../ports/admin/dead-letters.ts";
import type { Browsed, Browsing, QueueBrowser, QueueCounts } from "../../ports/broker/inspector.ts";
import { QueueRefusedError } from "../../ports/broker/inspector.ts";

/** Messages read in one step. */
const STEP_MESSAGES = 50;
/** Time of a browse that only reads: its caller waits for the answer. */
const READING_MS_MAX = 20_000;
/** Time of a browse that removes, well below the 30 minutes after which RabbitMQ takes held messages back. */
const REMOVING_MS_MAX = 20 * 60_000;

export interface PassOptions {
  readonly broker: QueueBrowser & QueueCounts;
  /** A clock that only goes forward, milliseconds from any moment. */
  readonly steadyMs: () => number;
}

/** A selected dead letter. Whatever it becomes must be confirmed before `remove` takes it out of its queue. */
export interface Selected extends Browsed {
  readonly letter: DeadLetter;
}

/** How far a pass is: messages that were read so far, and those that are yet to be read. */
export interface PassProgress {
  readonly looked: number;
  readonly left: number;
}

/** Deals with what is selected of one step. A result ends the pass. */
export type Visit<One = Selected> = (selected: readonly One[], progress: PassProgress) => Promise<"limit" | undefined>;

/** What a message that was met is to the pass; undefined for one that stays as it was. */
export type Select<One = Selected> = (browsed: Browsed) => One | undefined;

/** The result of a pass through a queue. */
export interface Passed extends PassProgress {
  readonly end: PassEnd;
  /** What the broker or the visit threw, where the end is `failed`. */
  readonly error?: unknown;
}

/**
 * Browses once what is ready in a queue, and visits the selected dead letters in steps. All other messages are held until
 * the end, so that each is met once, and then given back as they were. Messages that come meanwhile are not read. A queue
 * that does not exist counts as empty. Whatever the end, everything that was not removed is given back.
 */
export function pass(queue: string, filter: DeadLetterFilter, options: PassOptions, visit: Visit): Promise<Passed> {
  return browseOnce(queue, selectLetters(filter), options, visit, READING_MS_MAX, new AbortController().signal);
}

/** Selects dead letters, of which a way through the queue that begins later leaves out what has come since the first. */
export function lettersToRemove(
  filter: DeadLetterFilter,
  nowMs: () => number,
): { readonly first: Select; readonly later: Select } {
  const { notNewerThanMs = nowMs() } = filter;
  return { first: selectLetters(filter), later: selectLetters({ ...filter, notNewerThanMs }) };
}

/**
 * The same for a visit that removes, which may take hours at a slow rate. After 20 minutes everything is given back and
 * another browse begins, unless the last one removed nothing: the next would remove nothing either.
 *
 * @param select what the first browse selects, and what those after it do.
 * @param visitAnew called when a browse begins, which meets again what the last one left.
 * @param signal ends the pass before its next step, as `failed`.
 */
export async function passRemoving<One>(
  queue: string,
  select: { readonly first: Select<One>; readonly later: Select<One> },
  options: PassOptions,
  visitAnew: () => Visit<One>,
  signal: AbortSignal,
): Promise<Passed> {
  let before = 0;
  for (let selecting = select.first; ; selecting = select.later) {
    const visit = visitAnew();
    const visitOn: Visit<One> = (selected, { looked, left }) => visit(selected, { looked: before + looked, left });
    const { removed, ...once } = await browseOnce(queue, selecting, options, visitOn, REMOVING_MS_MAX, signal);
    before += once.looked;
    if (once.end !== "time" || removed === 0) return { ...once, looked: before };
  }
}

async function browseOnce<One>(
  queue: string,
  select: Select<One>,
  { broker, steadyMs }: PassOptions,
  visit: Visit<One>,
  msMax: number,
  signal: AbortSignal,
): Promise<Passed & { readonly removed: number }> {
  const deadlineMs = steadyMs() + msMax;
  let browsing: Browsing | undefined;
  let looked = 0;
  let left = 0;
  let removed = 0;
  const counted = (browsed: Browsed): Browsed => ({
    message: browsed.message,
    remove: async () => {
      await browsed.remove();
      removed += 1;
    },
  });
  const goThrough = async (): Promise<PassEnd> => {
    const ready = (await broker.depth(queue))?.ready ?? 0;
    if (ready === 0) return "finished";
    browsing = await broker.browse(queue);
    while (browsing.met < ready) {
      signal.throwIfAborted();
      if (steadyMs() > deadlineMs) return "time";
      const step = await browsing.next(Math.min(STEP_MESSAGES, ready - browsing.met));
      if (step.length === 0) break;
      looked += step.length;
      left = Math.max(0, ready - browsing.met);
      const selected = step.map((browsed) => select(counted(browsed))).filter((one) => one !== undefined);
      const end = await visit(selected, { looked, left });
      if (end !== undefined) return end;
    }
    return "finished";
  };
  try {
    const end = await goThrough().finally(() => browsing?.end());
    return { looked, left, removed, end };
  } catch (error) {
    return { looked, left, removed, end: "failed", error: signal.aborted ? signal.reason : error };
  }
}

function selectLetters(filter: DeadLetterFilter): Select {
  return (browsed) => {
    const letter = readDeadLetter(browsed.message);
    return letter !== undefined && selects(filter, letter) ? { ...browsed, letter } : undefined;
  };
}

/** The problem of a pass that failed, for an answer. */
export function problemOf({ end, error }: Passed): { readonly problem?: string; readonly isRefused?: true } {
  if (end !== "failed") return {};
  const problem = error instanceof Error ? error.message : String(error);
  return error instanceof QueueRefusedError ? { problem, isRefused: true } : { problem };
}

/**
 * The result of a pass that only reads. It is whole or nothing.
 *
 * @throws what the broker threw, where the pass failed.
 */
export function wholeOf({ looked, end, error }: Passed): Pick<Passed, "looked" | "end"> {
  if (end === "failed") throw error instanceof Error ? error : new Error(String(error));
  return { looked, end };
}
