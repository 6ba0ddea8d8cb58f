import type { Retention } from "../../../domain/archive/archive.ts";
import { wholeNumber } from "./fields.ts";

const DAYS_MAX = 36_500;
/** Below that, RabbitMQ would have more segments than events. */
const BYTES_MIN = 1024 * 1024;

export const retentionDays = wholeNumber(1, DAYS_MAX, "How many days an event is kept. Left out, there is no bound.");

export const retentionBytes = wholeNumber(
  BYTES_MIN,
  Number.MAX_SAFE_INTEGER,
  "About how many bytes are kept. Beyond them the oldest events are deleted. Left out, there is no bound.",
);

/** A retention of the two, either of which may be left out. */
export function retentionOf(days: number | undefined, bytes: number | undefined): Retention {
  return { ...(days === undefined ? {} : { days }), ...(bytes === undefined ? {} : { bytes }) };
}
