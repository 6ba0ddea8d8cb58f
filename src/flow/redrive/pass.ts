import type { QueueBrowser, QueueCounts } from "../../ports/inspector.ts";
import type { Browsed, Browsing } from "../../ports/inspector.ts";
import type { DeadLetter, DeadLetterFilter } from "../../domain/failure/dead-letter-reading.ts";
import { readDeadLetter, selects } from "../../domain/failure/dead-letter-reading.ts";
import type { PassEnd } from "../../ports/dead-letters.ts";

/** Messages read in one step. */
const STEP_MESSAGES = 50;
/** Time of a browse that only reads: its caller waits for the answer. */
const READING_MS_MAX = 20_000;
/** Time of a browse that removes, well below the 30 minutes after which RabbitMQ takes held messages away. */
const REMOVING_MS_MAX = 20 * 60_000;

export interface PassDeps {
  readonly broker: QueueBrowser & QueueCounts;
  readonly steadyMs: () => number;
}

/** A dead letter that is selected. `remove` takes it out of its queue: what becomes of it must be confirmed before. */
export interface Selected extends Browsed {
  readonly letter: DeadLetter;
}

/** Deals with the dead letters of one step, at `looked` messages so far. An answer ends the pass. */
export type Visit = (selected: readonly Selected[], looked: number) => Promise<"limit" | undefined>;

/** What a pass through a queue came to. */
export interface Looked {
  readonly looked: number;
  readonly end: PassEnd;
  /** What the broker or the visit threw, where the end is `failed`. */
  readonly error?: unknown;
}

/**
 * Browses once what is ready in a queue and has the selected dead letters visited, in steps. Everything else is held
 * until the end and then given back as it was, so that nothing is met twice; what is put into the queue meanwhile is
 * not looked at. A queue that is not there is empty. However it ends, what was not removed is given back.
 */
export function pass(queue: string, filter: DeadLetterFilter, deps: PassDeps, visit: Visit): Promise<Looked> {
  return browseOnce(queue, filter, deps, visit, READING_MS_MAX, new AbortController().signal);
}

/**
 * The same for a visit that removes, which may take hours at a slow rate. After 20 minutes everything is given back and
 * another browse begins, unless the one before removed nothing: another would remove nothing either.
 *
 * @param visitAnew called when a browse begins, which meets again what the one before left.
 * @param signal ends it before its next step, as `failed`.
 */
export async function passRemoving(
  queue: string,
  filter: DeadLetterFilter,
  deps: PassDeps,
  visitAnew: () => Visit,
  signal: AbortSignal,
): Promise<Looked> {
  let before = 0;
  for (;;) {
    const visit = visitAnew();
    const visitOn: Visit = (selected, looked) => visit(selected, before + looked);
    const { removed, ...once } = await browseOnce(queue, filter, deps, visitOn, REMOVING_MS_MAX, signal);
    before += once.looked;
    if (once.end !== "time" || removed === 0) return { ...once, looked: before };
  }
}

async function browseOnce(
  queue: string,
  filter: DeadLetterFilter,
  { broker, steadyMs }: PassDeps,
  visit: Visit,
  msMax: number,
  signal: AbortSignal,
): Promise<Looked & { readonly removed: number }> {
  const deadlineMs = steadyMs() + msMax;
  let browsing: Browsing | undefined;
  let looked = 0;
  let removed = 0;
  const counted = (browsed: Browsed): Browsed => ({
    message: browsed.message,
    remove: async () => {
      await browsed.remove();
      removed += 1;
    },
  });
  const ended = (end: PassEnd) => ({ looked, removed, end });
  try {
    const ready = (await broker.depth(queue))?.ready ?? 0;
    if (ready === 0) return ended("finished");
    browsing = await broker.browse(queue);
    while (looked < ready) {
      signal.throwIfAborted();
      if (steadyMs() > deadlineMs) return ended("time");
      const step = await browsing.next(Math.min(STEP_MESSAGES, ready - looked));
      if (step.length === 0) break;
      looked += step.length;
      const end = await visit(
        step.map(counted).flatMap((browsed) => selectedOf(browsed, filter)),
        looked,
      );
      if (end !== undefined) return ended(end);
    }
    return ended("finished");
  } catch (error) {
    return { ...ended("failed"), error: signal.aborted ? signal.reason : error };
  } finally {
    await browsing?.end();
  }
}

function selectedOf(browsed: Browsed, filter: DeadLetterFilter): Selected[] {
  const letter = readDeadLetter(browsed.message);
  return letter !== undefined && selects(filter, letter) ? [{ ...browsed, letter }] : [];
}

/** What an answer says about a pass that failed. */
export function problemOf({ end, error }: Looked): { readonly problem?: string } {
  if (end !== "failed") return {};
  return { problem: error instanceof Error ? error.message : String(error) };
}

/**
 * The same of a pass that only reads: nothing was done before it failed.
 *
 * @throws what the broker threw.
 */
export function wholeOf({ looked, end, error }: Looked): Pick<Looked, "looked" | "end"> {
  if (end === "failed") throw error instanceof Error ? error : new Error(String(error));
  return { looked, end };
}
