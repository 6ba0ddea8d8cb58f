import { z } from "zod";

/** A request of PutEvents, as EventBridge has it. The service itself checks it. */
export const putEventsBody = z.object({
  Entries: z
    .array(
      z.object({
        Source: z.string(),
        DetailType: z.string(),
        /** The text of a JSON object. */
        Detail: z.string(),
        EventBusName: z.string().exactOptional(),
        Resources: z.array(z.string()).readonly().exactOptional(),
        /** Epoch seconds, or ISO 8601 with an offset. */
        Time: z.union([z.number(), z.string()]).exactOptional(),
        TraceHeader: z.string().exactOptional(),
      }),
    )
    .readonly(),
});
export type PutEventsBody = z.infer<typeof putEventsBody>;

export const putEventsAnswer = z.object({
  FailedEntryCount: z.number(),
  /** One for each entry, in their order. */
  Entries: z
    .array(
      z.object({
        EventId: z.string().exactOptional(),
        ErrorCode: z.string().exactOptional(),
        ErrorMessage: z.string().exactOptional(),
      }),
    )
    .readonly(),
});
export type PutEventsAnswer = z.infer<typeof putEventsAnswer>;
