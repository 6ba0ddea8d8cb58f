import type { JsonObject } from "../../json/json.ts";
import { parseDestinationLabel } from "../../domain/target/target.ts";
import { PAUSE_REASON_CHARACTERS_MAX } from "../../domain/target/pause.ts";
import { isLine } from "../../text/line.ts";

/** A principal's id and, behind it, the name that the caller gives. */
const AUTHOR_CHARACTERS_MAX = 640;

/** One line of the control log about a destination. The last record of a destination decides. */
export interface PauseRecord {
  readonly kind: "pause";
  readonly id: string;
  /** As `destinationLabel` writes it. */
  readonly destination: string;
  readonly paused: boolean;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly by?: string;
  readonly reason?: string;
  /** A copy of an old record, made before the log discards the original. A router that has a later record ignores it. */
  readonly renewed?: true;
}

export function writePauseRecord(record: PauseRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** Reads what `writePauseRecord` wrote. Undefined for anything else: any user of the broker can write to the log. */
export function readPauseRecord(read: JsonObject): PauseRecord | undefined {
  const { id, destination, paused, atMs, by, reason, renewed } = read;
  if (typeof id !== "string" || typeof paused !== "boolean" || typeof atMs !== "number") return undefined;
  if (typeof destination !== "string" || parseDestinationLabel(destination) === undefined) return undefined;
  if (Number.isNaN(new Date(atMs).getTime())) return undefined;
  if (by !== undefined && !isLine(by, AUTHOR_CHARACTERS_MAX)) return undefined;
  if (reason !== undefined && !isLine(reason, PAUSE_REASON_CHARACTERS_MAX)) return undefined;
  return {
    kind: "pause",
    id,
    destination,
    paused,
    atMs,
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(renewed === true ? { renewed } : {}),
  };
}
