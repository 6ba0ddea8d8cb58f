import type { ConsumeMessage } from "amqplib";
import type { OneOffChannel } from "../connection/one-off-channel.ts";
import { offsetOf } from "../streams/stream.ts";
import { beginReading } from "../streams/arrivals.ts";

/** Messages on their way to us at once, 64 MiB at most. */
const PREFETCH = 64;
/**
 * A reading in which nothing comes for so long is begun anew. Now and then RabbitMQ sends nothing more to a reader whose
 * segment of the stream was deleted meanwhile.
 */
const IDLE_MS = 5_000;
/** So often in a row a reading is begun anew before it fails. */
const IDLE_READINGS_MAX = 3;

/**
 * Reads the messages of a stream from one offset up to another, which is left out and behind some message that is there.
 *
 * @throws Error when the connection or the stream goes away, when nothing comes, or what the listener throws.
 */
export async function readRange(
  open: () => Promise<OneOffChannel>,
  stream: string,
  { from, to }: { readonly from: number; readonly to: number },
  listener: (messages: readonly ConsumeMessage[]) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let next = from;
  for (let idle = 0; next < to && signal?.aborted !== true;) {
    const reached = await readOnce(open, stream, { from: next, to }, listener, signal);
    idle = reached > next ? 0 : idle + 1;
    if (idle === IDLE_READINGS_MAX) throw new Error(`stream "${stream}" does not give what it has from ${next} on`);
    next = reached;
  }
}

/** Reads until the end of the range, the signal, or a silence. Resolves with the offset to go on at. */
async function readOnce(
  open: () => Promise<OneOffChannel>,
  stream: string,
  { from, to }: { readonly from: number; readonly to: number },
  listener: (messages: readonly ConsumeMessage[]) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const oneOff = await open();
  try {
    const arrivals = await beginReading(oneOff, stream, { from, prefetch: PREFETCH });
    let next = from;
    while (next < to) {
      const messages = await arrivals.take(IDLE_MS, signal);
      const last = messages.at(-1);
      if (last === undefined || signal?.aborted === true) break;
      const wanted = messages.filter((message) => offsetOf(message) >= next && offsetOf(message) < to);
      if (wanted.length > 0) await listener(wanted);
      next = Math.max(next, offsetOf(last) + 1);
      oneOff.channel.ack(last, true);
    }
    return next;
  } finally {
    await oneOff.close();
  }
}
