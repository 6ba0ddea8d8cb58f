import { z } from "zod";

/** An event of a bus with its JSON. */
export const eventBodyListed = z.object({
  id: z.string(),
  atMs: z.number(),
  type: z.string(),
  /** JSON text, after redaction. */
  body: z.string(),
});
export type EventBodyListed = z.infer<typeof eventBodyListed>;

/** What rules and their targets did of late. */
export const flows = z.object({
  /** Events that each rule matched. One that matched none in a day is not among them. */
  rules: z.array(z.object({ bus: z.string(), rule: z.string(), lastHour: z.number(), lastDay: z.number() })).readonly(),
  /** Attempts of the last hour at what each rule sends to. Queues and buses have none. */
  targets: z
    .array(
      z.object({
        bus: z.string(),
        rule: z.string(),
        destination: z.string(),
        delivered: z.number(),
        failed: z.number(),
      }),
    )
    .readonly(),
  /** Whether there are more than are listed. */
  isMore: z.boolean(),
});
export type Flows = z.infer<typeof flows>;
