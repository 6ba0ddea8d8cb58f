import { FUNCTION_LOGS } from "../../../domain/queue/queues.ts";
import { readFrame } from "../../../domain/journal/frame.ts";
import type { FramesStart, LogFrames, TakeFrames } from "../../../ports/functions/function-logs.ts";
import { replyCode } from "../connection/channels.ts";
import type { OneOffChannel } from "../connection/one-off-channel.ts";
import { openOneOffChannel } from "../connection/one-off-channel.ts";
import { answerTo } from "../connection/rpc.ts";
import type { Server } from "../connection/server.ts";
import { beginReading } from "../streams/arrivals.ts";
import { readBeginning } from "../streams/stream-ends.ts";
import type { StreamOffset } from "../streams/stream.ts";
import { offsetOf } from "../streams/stream.ts";

/** Frames on their way to us at once. */
const PREFETCH = 32;
/** More messages than a chunk has: one that is not sent whole would hide the stream's end. */
const CHUNK_MESSAGES_MAX = 10_000;
/** A frame that is kept comes sooner than this. */
const SILENCE_MS = 5_000;
/** How far the clock of a router may be from that of the broker, and how long a frame may be on its way. */
const CLOCKS_APART_MS = 10_000;

/**
 * Reads the stream of functions' lines, each time on a connection of its own: RabbitMQ closes the whole connection of who
 * reads a stream that is not quite there. It makes no stream, and so needs no permission but to read.
 */
export function rabbitMqLogFrames(server: Server): LogFrames {
  return { read: (start, take) => read(server, start, take), close: () => Promise.resolve() };
}

async function read(server: Server, start: FramesStart, take: TakeFrames): Promise<void> {
  const oneOff = await openOneOffChannel(server);
  try {
    const last = await lastFrame(oneOff);
    if (last !== undefined && isBefore(start, last)) await readUntil(last, oneOff, start, take);
  } catch (error) {
    if (replyCode(error) === 404) return;
    throw oneOff.closedBecause() ?? error;
  } finally {
    await oneOff.close();
  }
}

async function readUntil(
  { position: end }: LastFrame,
  oneOff: OneOffChannel,
  start: FramesStart,
  take: TakeFrames,
): Promise<void> {
  const arrivals = await beginReading(oneOff, FUNCTION_LOGS, { from: offsetAt(start), prefetch: PREFETCH });
  for (;;) {
    const messages = await arrivals.take(SILENCE_MS, undefined);
    const last = messages.at(-1);
    if (last === undefined) throw new Error(`"${FUNCTION_LOGS}" does not give its frames up to ${end}`);
    const frames = messages.map((message) => ({ position: offsetOf(message), bytes: message.content }));
    // The chunk that a reading begins in is handed over whole.
    const wanted = frames.filter(({ position }) => start.kind !== "position" || position >= start.position);
    if (take(wanted) === "enough" || offsetOf(last) >= end) return;
    oneOff.channel.ack(last, true);
  }
}

interface LastFrame {
  readonly position: number;
  /** When its first line was written, by the clock of its router. */
  readonly startedAtMs: number;
}

/** Undefined where there is none. */
async function lastFrame({ channel }: OneOffChannel): Promise<LastFrame | undefined> {
  await answerTo("a passive declare", channel.checkQueue(FUNCTION_LOGS));
  await answerTo("setting the prefetch", channel.prefetch(CHUNK_MESSAGES_MAX));
  const messages = await readBeginning(channel, FUNCTION_LOGS, "last");
  const last = messages.at(-1);
  if (last === undefined) return undefined;
  // Of a frame that only a later version can read nothing is known: it may have lines of any time.
  const startedAtMs = readFrame(last.content)?.startedAtMs ?? Infinity;
  return { position: offsetOf(last), startedAtMs };
}

/** Whether there may be frames from the start on. RabbitMQ stays silent where there are none. */
function isBefore(start: FramesStart, { position, startedAtMs }: LastFrame): boolean {
  if (start.kind === "position") return start.position <= position;
  return start.kind === "oldest" || startedAtMs >= start.atMs - CLOCKS_APART_MS;
}

/**
 * RabbitMQ finds a time by its own clock, in chunks. Whatever `isBefore` takes for later than the start is in a chunk that is
 * found.
 */
function offsetAt(start: FramesStart): StreamOffset {
  if (start.kind === "oldest") return "first";
  if (start.kind === "position") return start.position;
  return { "!": "timestamp", value: Math.max(0, Math.floor((start.atMs - 2 * CLOCKS_APART_MS) / 1_000)) };
}
