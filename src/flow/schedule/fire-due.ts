import type { Config } from "../../domain/config.ts";
import type { ScheduleDue } from "../../domain/schedule/schedule.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { RouterObserver } from "../../ports/observer.ts";
import { storeUnlessRefused } from "../store/until-confirmed.ts";
import type { FireContext, Firing } from "./fire.ts";
import { firingOf } from "./fire.ts";
import type { LastFirings } from "./last-firings.ts";
import type { RefusedOptions } from "./refused.ts";
import { keepRefused, storingWith } from "./refused.ts";

/** How long a queue that does not take its message holds up what is due next. After that the message is kept. */
const REFUSED_MS_MAX = 5_000;
/** What is stored together. */
const FIRINGS_MAX = 100;

export interface FireDueOptions extends Omit<FireContext, "config" | "nowMs">, RefusedOptions {
  readonly broker: Publisher;
  readonly config: () => Config;
  readonly observer: RefusedOptions["observer"] & Pick<RouterObserver, "scheduleFired">;
  readonly onError: (error: unknown) => void;
}

/** When to end before everything is stored. */
export interface FireEnd {
  /** What a queue refuses now is kept at once. */
  readonly hurry: AbortSignal;
  /** Nothing more is stored. */
  readonly leave: AbortSignal;
}

/**
 * Stores what due schedules make, and says so. Resolves when all of it is confirmed. What a user's full queue refuses is
 * kept, and comes back through the queue of cursors.
 *
 * @throws when `leave` fires: the next router fires all of it again.
 */
export async function fireDue(
  due: readonly ScheduleDue[],
  last: LastFirings,
  { hurry, leave }: FireEnd,
  options: FireDueOptions,
): Promise<void> {
  const { config, nowMs, observer } = options;
  for (let at = 0; at < due.length; at += FIRINGS_MAX) {
    const context = { ...options, config: config(), nowMs: nowMs() };
    const firings = await firingsOf(due.slice(at, at + FIRINGS_MAX), context, options.onError);
    await storeAll(firings, { hurry, leave }, options);
    const firedAtMs = nowMs();
    for (const { fact } of firings) observer.scheduleFired({ ...fact, firedAtMs });
    last.fired(firings.map(({ fact: { schedule, dueMs } }) => ({ schedule, dueMs, firedAtMs })));
  }
}

async function storeAll(firings: readonly Firing[], { hurry, leave }: FireEnd, options: FireDueOptions): Promise<void> {
  const messages = firings.flatMap((firing) => firing.messages);
  const giveUp = { afterMs: REFUSED_MS_MAX, signal: hurry };
  const refused = await storeUnlessRefused(storingWith(options, messages, leave), giveUp, options);
  const marks = firings.flatMap(({ mark, messages: [message] }) =>
    mark === undefined || message === undefined ? [] : [[message, mark] as const],
  );
  await keepRefused(refused, new Map(marks), leave, options);
}

/** A schedule that cannot be fired, by a fault of ours, must not keep the others from it. */
async function firingsOf(
  due: readonly ScheduleDue[],
  context: FireContext,
  onError: FireDueOptions["onError"],
): Promise<readonly Firing[]> {
  const firings: Firing[] = [];
  for (const one of due) {
    try {
      firings.push(await firingOf(one, context));
    } catch (cause) {
      onError(new Error(`schedule "${one.schedule.name}" could not be fired`, { cause }));
    }
  }
  return firings;
}
