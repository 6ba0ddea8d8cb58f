import type { Received } from "../domain/queue/message.ts";

/** One message taken out of turn. Exactly one of the two is to be called, once. */
export interface Taken {
  readonly message: Received;
  ack(): Promise<void>;
  /** Back to the queue, not counted as a crash. */
  giveBack(): Promise<void>;
}

/** Takes messages one at a time, when somebody asks for one. */
export interface Taker {
  /** Waits for one message until the signal fires; undefined when it fired first, and then nothing was taken. */
  take(queue: string, signal: AbortSignal): Promise<Taken | undefined>;
}
