import type { QueueObserver } from "../../src/ports/queue-observer.ts";

/** Hears of messages, and does nothing. */
export const NO_QUEUE_OBSERVER: QueueObserver = {
  sent: () => undefined,
  duplicated: () => undefined,
  received: () => undefined,
  deleted: () => undefined,
  givenBack: () => undefined,
  moved: () => undefined,
  refused: () => undefined,
};
