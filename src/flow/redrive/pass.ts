import type { Broker, Browsed } from "../../core/broker.ts";
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

/**
 * Looks once through what is ready in a queue and has the dead letters that are meant visited, in steps. Everything
 * else is held until the end and then given back as it was, so that nothing is met twice; what is put into the queue
 * meanwhile is not looked at. A queue that is not there is empty.
 *
 * @throws whatever the broker or the visit throws; by then everything is given back as well.
 */
export async function pass(
  queue: string,
  filter: DeadLetterFilter,
  { broker, steadyMs }: PassDeps,
  visit: Visit,
): Promise<{ looked: number; end: PassEnd }> {
  const deadlineMs = steadyMs() + PASS_MS_MAX;
  const ready = (await broker.depth(queue))?.ready ?? 0;
  if (ready === 0) return { looked: 0, end: "finished" };
  const browsing = await broker.browse(queue);
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
  } finally {
    await browsing.end();
  }
}

function selectedOf(browsed: Browsed, filter: DeadLetterFilter): Selected[] {
  const letter = readDeadLetter(browsed.message);
  return letter !== undefined && selects(filter, letter) ? [{ ...browsed, letter }] : [];
}
