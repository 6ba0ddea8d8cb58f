import { Ongoing } from "../../../async/ongoing.ts";

/** A channel that says when it is closed. */
interface Closing {
  once(event: "close", listener: () => void): unknown;
  removeListener(event: "close", listener: () => void): unknown;
}

/**
 * How a consumer leaves a queue with a single active consumer. RabbitMQ activates the next one at the cancel, while the
 * first may still hold messages (3.10 and 4.3). So the cancel waits for the handlers, in these phases
 * (docs/adr/0012-a-queue-of-one-is-handed-over-when-work-is-done.md):
 *
 * - `none`: handlers begin, and what they have done is acked.
 * - `finishing`: the handlers that run come to their end. Nothing is acked: RabbitMQ would push more messages.
 * - `cancelling`: no handler runs, and none begins. Ends with RabbitMQ's answer; then all is acked.
 */
export class Handover {
  readonly #handlers = new Ongoing();
  #phase: "none" | "finishing" | "cancelling" = "none";
  #over: PromiseWithResolvers<undefined> | undefined;

  /** Counts a handler that begins. @returns false when none may begin now. */
  tryBegin(): boolean {
    if (this.#phase === "cancelling") return false;
    this.#handlers.begin();
    return true;
  }

  /** Counts a handler that has ended. */
  handlerEnded(): void {
    this.#handlers.end();
  }

  /** Resolves when messages may be acked again; undefined when they may be now. */
  get over(): Promise<undefined> | undefined {
    return this.#over?.promise;
  }

  /**
   * Lets the handlers end, and then cancels.
   *
   * @param channel when it closes, nobody waits for handlers: RabbitMQ hands their messages out again.
   */
  async run(channel: Closing, cancel: () => Promise<void>): Promise<void> {
    this.#over = Promise.withResolvers();
    this.#phase = "finishing";
    try {
      await this.#finish(channel);
      this.#phase = "cancelling";
      await cancel();
    } finally {
      this.#phase = "none";
      this.#over.resolve(undefined);
      this.#over = undefined;
    }
  }

  async #finish(channel: Closing): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<"closed">();
    const onClose = (): void => resolve("closed");
    channel.once("close", onClose);
    while (this.#handlers.any) {
      if ((await Promise.race([closed, this.#handlers.ended()])) === "closed") return;
    }
    // A channel outlives many hand-overs.
    channel.removeListener("close", onClose);
  }
}
