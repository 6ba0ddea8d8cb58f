import { isJsonObject, parseJson } from "../../json/json.ts";
import { parseDestinationLabel } from "../target/target.ts";

export const PAUSE_REASON_CHARACTERS_MAX = 256;
/** Of what the caller says of itself. */
export const PAUSED_BY_CHARACTERS_MAX = 128;
/** Of a principal's id, and what the caller says of itself behind it. */
const AUTHOR_CHARACTERS_MAX = 640;

/** A destination that is paused, and since when, by whom and why. What the configuration pauses alone has none of these. */
export interface Pause {
  readonly destination: string;
  /** Whether the configuration says so; then it cannot be resumed in any other way. */
  readonly configured: boolean;
  /** ISO 8601. */
  readonly since?: string;
  readonly by?: string;
  readonly reason?: string;
}

/** What somebody says who pauses a destination. */
export interface PauseFacts {
  readonly by?: string;
  readonly reason?: string;
}

/** What the control log says of one destination. The last record of each is what holds. */
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
  /** A copy of an old record, which the log may soon let go. It says nothing to a router that knows of the destination. */
  readonly renewed?: true;
}

export function writePauseRecord(record: PauseRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** Reads what `writePauseRecord` wrote. Undefined for anything else: whoever reaches the broker can write to the log. */
export function readPauseRecord(body: Buffer): PauseRecord | undefined {
  const read = parseJson(body.toString());
  if (!isJsonObject(read) || read["kind"] !== "pause") return undefined;
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

/** Whether it is a text on one line: it is printed to terminals and written to logs. */
export function isLine(value: unknown, charactersMax: number): value is string {
  return typeof value === "string" && value.length <= charactersMax && !/\p{Cc}/u.test(value);
}
