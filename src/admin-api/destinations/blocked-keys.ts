import { z } from "zod";

/** A key that waits, since its first event has used up its retries and is tried on. */
export const blockedKeyAnswer = z.object({
  function: z.string(),
  /** As JSON text; left out for an event without one. */
  key: z.string().exactOptional(),
  deliveryId: z.string(),
  /** Left out for what is no event, such as a record of another function. */
  eventId: z.string().exactOptional(),
  /** ISO 8601. */
  since: z.string(),
  /** How often it had been called for by then, and why the last of these failed. */
  attempts: z.number(),
  reason: z.string(),
  message: z.string(),
});
export type BlockedKeyAnswer = z.infer<typeof blockedKeyAnswer>;

export const blockedKeysAnswer = z.object({ blockedKeys: z.array(blockedKeyAnswer).readonly() });

export const skippedAnswer = z.object({ function: z.string(), deliveryId: z.string() });
