import type { Broker, Browsed, Browsing } from "../../core/broker.ts";
import type { DeadLetter, DeadLetterFilter } from "../../core/dead-letter-reading.ts";
import { readDeadLetter, selects } from "../../core/dead-letter-reading.ts";
import type { PassEnd } from "../../core/dead-letters.ts";

/** Messages looked at in one step. */
const STEP_MESSAGES = 50;
/** Messages that a look may hold: none of them reaches its own consumers meanwhile. Their bodies stay with the broker. */
const HELD_MAX = 10_000;
/** How long a look may take, far below the 30 minutes after which RabbitMQ takes held messages away. */
const PASS_MS_MAX = 20_000;

export interface PassDeps {
  readonly broker: Pick<Broker, "browse" | "depth">;
  readonly steadyMs: () => number;
}

/** A dead letter that is meant. `remove` takes it out of its queue: what becomes of it must be confirmed before. */
export interface Selected extends Browsed {
  readonly letter: DeadLetter;
}

/** Deals with the dead letters of one step; an answer ends the look. */
export type Visit = (selected: readonly Selected[]) => Promise<Exclude<PassEnd, "finished" | "failed"> | undefined>;

/** What one look through a queue came to. */
export interface Looked {
  readonly looked: number;
  readonly end: PassEnd;
  /** What the broker or the visit threw, where the end is `failed`. */
  readonly error?: unknown;
}

/**
 * Looks once through what is ready in a queue and has the dead letters that are meant visited, in steps. Everything
 * else is held until the end and then given back as it was, so that nothing is met twice; what is put into the queue
 * meanwhile is not looked at. A queue that is not there is empty. However it ends, what was not removed is given back.
 */
export async function pass(
  queue: string,
  filter: DeadLetterFilter,
  { broker, steadyMs }: PassDeps,
  visit: Visit,
): Promise<Looked> {
  const deadlineMs = steadyMs() + PASS_MS_MAX;
  let browsing: Browsing | undefined;
  let looked = 0;
  let held = 0;
  const counted = (browsed: Browsed): Browsed => ({
    message: browsed.message,
    remove: async () => {
      await browsed.remove();
      held -= 1;
    },
  });
  try {
    const ready = (await broker.depth(queue))?.ready ?? 0;
    if (ready === 0) return { looked, end: "finished" };
    browsing = await broker.browse(queue);
    while (looked < ready) {
      if (held >= HELD_MAX) return { looked, end: "held" };
      if (steadyMs() > deadlineMs) return { looked, end: "time" };
      const step = await browsing.next(Math.min(STEP_MESSAGES, ready - looked, HELD_MAX - held));
      if (step.length === 0) break;
      looked += step.length;
      held += step.length;
      const end = await visit(step.map(counted).flatMap((browsed) => selectedOf(browsed, filter)));
      if (end !== undefined) return { looked, end };
    }
    return { looked, end: "finished" };
  } catch (error) {
    return { looked, end: "failed", error };
  } finally {
    await browsing?.end();
  }
}

function selectedOf(browsed: Browsed, filter: DeadLetterFilter): Selected[] {
  const letter = readDeadLetter(browsed.message);
  return letter !== undefined && selects(filter, letter) ? [{ ...browsed, letter }] : [];
}

/** What an answer says about a look that failed. */
export function problemOf({ end, error }: Looked): { readonly problem?: string } {
  if (end !== "failed") return {};
  return { problem: error instanceof Error ? error.message : String(error) };
}

/**
 * The same of a look that only reads: it has nothing to tell that was done before it failed.
 *
 * @throws what the broker threw.
 */
export function wholeOf({ looked, end, error }: Looked): Pick<Looked, "looked" | "end"> {
  if (end === "failed") throw error instanceof Error ? error : new Error(String(error));
  return { looked, end };
}
