/** What an ordered function may have in hand: so many messages, and about so many bytes. */
export const WINDOW_MESSAGES_MIN = 8;
export const WINDOW_MESSAGES_MAX = 1_024;
export const WINDOW_BYTES_MAX = 32 * 1024 * 1024;
/** How many it begins with, or twice its calls at once. A broker hands out as many before anybody knows how long they are. */
const WINDOW_MESSAGES_FIRST = 64;
const GROWTH = 4;

/** What is in hand. */
export interface WindowContent {
  readonly messages: number;
  readonly bytes: number;
  /** Whether another call could be made, and no key may go on. */
  readonly isStarving: boolean;
}

export function firstWindow(concurrency: number): number {
  return Math.min(WINDOW_MESSAGES_MAX, Math.max(WINDOW_MESSAGES_FIRST, 2 * concurrency));
}

/**
 * How many messages to have in hand from now on. Keys that wait fill the window, and those behind it would wait with them:
 * so it grows when it is full of them. It shrinks when what is in hand is too long together.
 */
export function nextWindow(
  window: number,
  { messages, bytes, isStarving }: WindowContent,
  messagesMax = WINDOW_MESSAGES_MAX,
): number {
  if (bytes > WINDOW_BYTES_MAX) return Math.max(WINDOW_MESSAGES_MIN, Math.floor(window / 2));
  const mayGrow = isStarving && messages >= window && bytes * GROWTH <= WINDOW_BYTES_MAX;
  return mayGrow ? Math.min(messagesMax, window * GROWTH) : window;
}
