import type { ConsumeMessage } from "amqplib";
import type { ArchiveSize } from "../../../ports/archives.ts";
import { offsetOf } from "../streams/stream.ts";
import { archivedEvents } from "./archived-events.ts";

/** The offsets of a stream: from the first one up to one that is left out. */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** How many places in a stream are looked at between its ends. Each takes some milliseconds. */
const SAMPLES_BETWEEN = 6;

/** Where to look into a part of a stream of which nothing is known: offsets that divide it evenly. */
export function offsetsBetween({ from, to }: OffsetRange): readonly number[] {
  const count = Math.min(SAMPLES_BETWEEN, to - from);
  return Array.from({ length: Math.max(0, count) }, (_, n) => Math.floor(from + ((n + 0.5) * (to - from)) / count));
}

/**
 * What a stream has: what was met, and for each other message as much as those in `between` have on average. Each sample
 * counts alike there, since they are spread evenly. Exact where nothing else is in the stream.
 */
export function archiveSize(
  ends: readonly ConsumeMessage[],
  between: readonly (readonly ConsumeMessage[])[],
  { from, to }: OffsetRange,
): ArchiveSize {
  const met = [...new Map([...ends, ...between.flat()].map((message) => [offsetOf(message), message])).values()];
  const known = sumOf(met);
  const unmet = Math.max(0, to - from - met.length);
  const samples = between.filter(({ length }) => length > 0).map((sample) => averageOf(sample));
  if (samples.length === 0) return known;
  return {
    events: Math.round(known.events + (unmet * sum(samples.map(({ events }) => events))) / samples.length),
    bytes: Math.round(known.bytes + (unmet * sum(samples.map(({ bytes }) => bytes))) / samples.length),
  };
}

function sumOf(messages: readonly ConsumeMessage[]): ArchiveSize {
  const events = messages.flatMap(archivedEvents);
  return { events: events.length, bytes: sum(events.map(({ body }) => body.length)) };
}

/** Of one message of a sample. */
function averageOf(sample: readonly ConsumeMessage[]): ArchiveSize {
  const { events, bytes } = sumOf(sample);
  return { events: events / sample.length, bytes: bytes / sample.length };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
