import type { MessageLimit } from "../consume/consumer-spec.ts";
import type { Callee } from "../functions/callee.ts";
import { firstWindow, WINDOW_BYTES_MAX } from "../order/window.ts";

/**
 * How many messages a router has in hand for one function's batches, from size to size: first to try a function whose circuit
 * is half open, and in the end as many as the largest batch has.
 *
 * What each size has more than the one before comes by a consumer of its own. The hand grows by one more consumer, and shrinks by
 * one fewer. None is replaced by a larger one, which would come on top of all that the former one still holds: so the last
 * size is the bound of all that is in hand, at any time.
 */
export const HAND_SIZES = [1, 8, 64, 256, 1_024, 4_096, 10_000] as const;
/** The place of the smallest one that makes batches. */
const SMALLEST = 1;

/** What is in hand. */
export interface HandContent {
  readonly messages: number;
  readonly bytes: number;
  /** Whether all of them wait for more. */
  readonly isStarving: boolean;
}

/** The place of the size to begin with. */
export function firstHandSize(concurrency: number): number {
  const first = firstWindow(concurrency);
  return HAND_SIZES.findIndex((size) => size >= first);
}

/** The place of the size to go on with: the next one where all that is in hand waits for more, the one before where it is too long. */
export function nextHandSize(place: number, { messages, bytes, isStarving }: HandContent): number {
  if (bytes > WINDOW_BYTES_MAX) return Math.max(SMALLEST, place - 1);
  const size = handSize(place);
  const next = HAND_SIZES[place + 1];
  if (next === undefined || !isStarving || messages < size) return place;
  return bytes * (next / size) <= WINDOW_BYTES_MAX ? place + 1 : place;
}

export function handSize(place: number): number {
  return HAND_SIZES[place] ?? 0;
}

/**
 * What the consumer holds that brings what a size has more than the one before.
 *
 * @param place of the size.
 * @param current the place of the size that the hand has.
 */
export function shareOfHand(place: number, current: number, callee: Callee | undefined): MessageLimit | undefined {
  if (callee?.mayBeCalled !== true) return undefined;
  if (place > (callee.circuit === "half-open" ? 0 : current)) return undefined;
  const share = handSize(place) - handSize(place - 1);
  return { least: share, wanted: share, most: share };
}
