import type { JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { parseArchiveStream } from "../../domain/archive/archive.ts";

/** One of the streams that an archive has had, one for each retention. */
export interface NumberedStream {
  /** Grows from stream to stream. */
  readonly number: number;
  readonly stream: string;
  /** Since when events come to it, in epoch milliseconds. */
  readonly sinceMs: number;
}

/** One line of the control log about an archive. The last record of an archive decides. */
export interface StreamRecord {
  readonly kind: "archive";
  readonly id: string;
  readonly archive: string;
  /** In the order of their numbers. Empty for an archive of which nothing is left. */
  readonly streams: readonly NumberedStream[];
  /** When the archive was deleted, in epoch milliseconds. */
  readonly deletedAtMs?: number;
  /** A copy of an old record, made before the log discards the original. A router that has a later record ignores it. */
  readonly renewed?: true;
}

export function writeStreamRecord(record: StreamRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** Reads what `writeStreamRecord` wrote. Undefined for anything else: any user of the broker can write to the log. */
export function readStreamRecord({ id, archive, streams, deletedAtMs, renewed }: JsonObject): StreamRecord | undefined {
  if (typeof id !== "string" || typeof archive !== "string" || !Array.isArray(streams)) return undefined;
  if (deletedAtMs !== undefined && typeof deletedAtMs !== "number") return undefined;
  const read = streams.map((each) => readStream(each, archive));
  const known = read.filter((each) => each !== undefined);
  if (known.length !== read.length) return undefined;
  return {
    kind: "archive",
    id,
    archive,
    streams: known,
    ...(deletedAtMs === undefined ? {} : { deletedAtMs }),
    ...(renewed === true ? { renewed } : {}),
  };
}

function readStream(value: unknown, archive: string): NumberedStream | undefined {
  if (!isJsonObject(value)) return undefined;
  const { number, stream, sinceMs } = value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 1) return undefined;
  if (typeof stream !== "string" || parseArchiveStream(stream)?.archive !== archive) return undefined;
  return typeof sinceMs === "number" ? { number, stream, sinceMs } : undefined;
}
