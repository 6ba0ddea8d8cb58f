import type { Received } from "../../domain/queue/message.ts";

/** One message that somebody asked for. Its holder calls exactly one of the two, once. */
export interface Taken {
  readonly message: Received;
  ack(): Promise<void>;
  /** Puts the message back into its queue. It does not count as crashed. */
  giveBack(): Promise<void>;
}

/** Takes messages one at a time, when somebody asks for one. */
export interface Taker {
  /** Waits for one message. @returns undefined when the signal fired first; then nothing was taken. */
  take(queue: string, signal: AbortSignal): Promise<Taken | undefined>;
}
