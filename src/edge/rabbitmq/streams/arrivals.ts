import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import type { OneOffChannel } from "../connection/one-off-channel.ts";
import { answerTo } from "../connection/rpc.ts";
import type { StreamOffset } from "./stream.ts";
import { offsetOf, readStream } from "./stream.ts";

/** Messages as they come, for one reader that takes them when it is ready. */
export class Arrivals {
  #messages: ConsumeMessage[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  add(message: ConsumeMessage): void {
    this.#messages.push(message);
    this.#wake();
  }

  /** Nothing comes any more. What came before is still taken. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** All that came; none when nothing comes within the time, or the signal fires. Rejects after `fail`. */
  async take(idleMs: number, signal: AbortSignal | undefined): Promise<readonly ConsumeMessage[]> {
    if (this.#messages.length === 0 && this.#failure === undefined && signal?.aborted !== true) {
      await this.#arrival(idleMs, signal);
    }
    const messages = this.#messages;
    this.#messages = [];
    if (messages.length === 0 && this.#failure !== undefined) throw this.#failure;
    return messages;
  }

  async #arrival(idleMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, idleMs, undefined);
    this.#wake = () => resolve(undefined);
    signal?.addEventListener("abort", this.#wake, { once: true });
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", this.#wake);
  }
}

export interface ReadingOptions {
  readonly from: StreamOffset;
  /** Messages on their way to us at once. 3.10 sends a chunk of the stream whole, which may be more of them. */
  readonly prefetch: number;
}

/** Begins to read a stream. What it gives arrives until the channel closes; the reader acks it. */
export async function beginReading(
  { channel, closedBecause }: OneOffChannel,
  stream: string,
  { from, prefetch }: ReadingOptions,
): Promise<Arrivals> {
  const arrivals = new Arrivals();
  channel.once("close", () => arrivals.fail(closedBecause() ?? new Error("the connection to RabbitMQ is lost")));
  await answerTo("setting the prefetch", channel.prefetch(prefetch));
  await readStream(channel, stream, from, randomUUID(), (message) => {
    if (message === null) arrivals.fail(new Error(`stream "${stream}" was deleted`));
    else if (Number.isNaN(offsetOf(message))) arrivals.fail(new Error(`"${stream}" is no stream`));
    else arrivals.add(message);
  });
  return arrivals;
}
