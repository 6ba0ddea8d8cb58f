import { z } from "zod";
import { timeParameter } from "../parameters.ts";

/** When the events were accepted, both included. */
export const archivedEventsParameters = z.strictObject({ from: timeParameter, to: timeParameter });

export const archivedEventsAnswer = z.object({
  /** The bus of the archive. */
  bus: z.string(),
  /** In the order in which they were stored; the earliest of them where there are more. */
  events: z
    .array(
      z.object({
        id: z.string(),
        /** When it was accepted; ISO 8601. */
        acceptedAt: z.string(),
        /** As it was archived, as JSON text. */
        json: z.string(),
        /** The rules in force that match it. */
        rules: z.array(z.object({ bus: z.string(), rule: z.string() })).readonly(),
      }),
    )
    .readonly(),
  /** `finished`: these are all. Otherwise there are more than an answer has, or than are read in 15 seconds. */
  end: z.enum(["finished", "count", "bytes", "time"]),
  /** Events that cannot be matched are left out. */
  unmatchable: z.number(),
});
export type ArchivedEventsAnswer = z.infer<typeof archivedEventsAnswer>;
