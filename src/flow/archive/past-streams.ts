import type { Retention } from "../../domain/archive/archive.ts";
import type { ArchiveReader } from "../../ports/broker/archive.ts";
import type { NumberedStream } from "./stream-record.ts";

const DAY_MS = 86_400_000;

/** How long a stream is a former one before it may go: until then a router may still run with a former configuration. */
const FORMER_MS = DAY_MS;

export interface ArchiveStreamsNow {
  /** In the order of their numbers. */
  readonly streams: readonly NumberedStream[];
  /** The one that events come to. */
  readonly current: string;
  readonly retention: Retention;
}

/** The former streams of an archive all of whose events are beyond its retention. */
export async function pastStreams(
  { streams, current, retention: { days, bytes } }: ArchiveStreamsNow,
  reader: Pick<ArchiveReader, "extent">,
  nowMs: number,
): Promise<readonly string[]> {
  if (streams.length < 2) return [];
  const past: string[] = [];
  let newerBytes = 0;
  for (const [at, { stream }] of [...streams.entries()].reverse()) {
    const extent = await reader.extent(stream);
    const isFormer = stream !== current && nowMs > (streams[at + 1]?.sinceMs ?? Infinity) + FORMER_MS;
    const lastMs = extent?.times?.lastMs ?? 0;
    const isTooOld = days !== undefined && lastMs < nowMs - days * DAY_MS;
    const isTooMuch = bytes !== undefined && newerBytes >= bytes;
    const isEmpty = (extent?.events ?? 0) === 0;
    if (isFormer && (isTooOld || isTooMuch || isEmpty)) past.push(stream);
    newerBytes += extent?.bytes ?? 0;
  }
  return past;
}
