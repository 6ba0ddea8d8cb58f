import type { Message } from "../../domain/queue/message.ts";

/** Messages of a list that wait equally long. */
interface EquallyDelayed {
  /** 0 where they do not wait. */
  readonly delayMs: number;
  readonly messages: readonly Message[];
  /** The place of each in the list. */
  readonly indexes: readonly number[];
}

/**
 * A list of messages as a broker takes it: one part for each delay. Within a part they stand as in the list.
 *
 * @param leastMs how long all of them wait at least.
 */
export function equallyDelayed(messages: readonly Message[], leastMs = 0): readonly EquallyDelayed[] {
  const places = Map.groupBy(messages.entries(), ([, { delayMs = 0 }]) => Math.max(delayMs, leastMs));
  return [...places].map(([delayMs, entries]) => ({
    delayMs,
    messages: entries.map(([, message]) => message),
    indexes: entries.map(([index]) => index),
  }));
}
