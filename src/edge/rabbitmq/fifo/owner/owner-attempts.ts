import { FIFO_MEMORY_MS } from "../../../../domain/queue/fifo.ts";
import type { GroupBook } from "../book/group-book.ts";
import type { WindowMessage } from "./window.ts";

/** A message that was received: it is unchanged while it has these. */
interface ReceivedThen {
  readonly key: string;
  readonly receives: number;
  readonly visibleAtMs: number | undefined;
}

const ATTEMPTS_MAX = 10_000;

/** What requests with an id were answered, in the owner's memory: another owner knows nothing of them. */
export class OwnerAttempts {
  readonly #byId = new Map<string, { readonly untilMs: number; readonly received: readonly ReceivedThen[] }>();

  /** The same messages. Undefined when one of them has changed, or nothing is known. */
  find(book: GroupBook<WindowMessage>, attemptId: string, nowMs: number): readonly WindowMessage[] | undefined {
    const attempt = this.#byId.get(attemptId);
    if (attempt === undefined || attempt.untilMs <= nowMs) return undefined;
    const messages = attempt.received.map(({ key, receives, visibleAtMs }) => {
      const message = book.find(key);
      const isSame = message?.receives === receives && message.visibleAtMs === visibleAtMs;
      return isSame && visibleAtMs !== undefined && visibleAtMs > nowMs ? message : undefined;
    });
    return messages.every((message) => message !== undefined) ? messages : undefined;
  }

  remember(attemptId: string, messages: readonly WindowMessage[], nowMs: number): void {
    this.#byId.delete(attemptId);
    const received = messages.map(({ key, receives, visibleAtMs }) => ({ key, receives, visibleAtMs }));
    if (received.length > 0) this.#byId.set(attemptId, { untilMs: nowMs + FIFO_MEMORY_MS, received });
    for (const [oldest, { untilMs }] of this.#byId) {
      if (untilMs > nowMs && this.#byId.size <= ATTEMPTS_MAX) return;
      this.#byId.delete(oldest);
    }
  }
}
