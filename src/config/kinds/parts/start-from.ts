import { z } from "zod";
import type { StartFrom } from "../../../domain/rule/rule.ts";
import { parseDateTime } from "../../../text/date-time.ts";
import { addIssue, ALWAYS } from "./fields.ts";

const timestamp = z
  .string()
  .superRefine((value, issues) => {
    if (parseDateTime(value) === undefined) addIssue(issues, "must be a time such as 2026-01-31T12:00:00Z");
  })
  .describe("Events that were accepted at this time or later. Left out, all that the archive has.");

/** Which past a rule gets before it gets new events. */
export const startFrom = z
  .strictObject({
    archive: z
      .string()
      .describe("An archive of the rule's event bus. Left out, that of the bus itself, which has a retention.")
      .exactOptional(),
    timestamp: timestamp.exactOptional(),
  })
  .superRefine((value, issues) => {
    if (Object.keys(value).length === 0) addIssue(issues, "must have an archive, a timestamp or both");
  }, ALWAYS)
  .describe("Gives the rule what was archived before it was there, once, and only then what is new.");

/** The archive of a bus with a retention is called as the bus. */
export function toStartFrom({ archive, timestamp: since }: z.output<typeof startFrom>, bus: string): StartFrom {
  const sinceMs = since === undefined ? undefined : parseDateTime(since);
  return { archive: archive ?? bus, ...(sinceMs === undefined ? {} : { sinceMs }) };
}
