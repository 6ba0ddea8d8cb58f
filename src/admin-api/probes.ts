import { z } from "zod";

export const livenessAnswer = z.object({ status: z.literal("alive") });
export type LivenessAnswer = z.infer<typeof livenessAnswer>;

export const readinessAnswer = z.object({
  ready: z.boolean(),
  /** Why the router is not ready. */
  reason: z.string().exactOptional(),
});
export type ReadinessAnswer = z.infer<typeof readinessAnswer>;
