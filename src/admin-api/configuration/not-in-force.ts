import { z } from "zod";
import { countParameter, textParameter } from "../parameters.ts";

export const NOT_IN_FORCE_LIST_MAX = 1_000;

export const notInForceParameters = z.strictObject({
  limit: countParameter(NOT_IN_FORCE_LIST_MAX).default(NOT_IN_FORCE_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

export const notInForceAnswer = z.object({
  notInForce: z
    .array(
      z.object({
        /** What it is: `rule BUS/NAME`, `archive NAME`, `event bus NAME`, `connection NAME` or `API destination NAME`. */
        name: z.string(),
        /** Why the store has it and this router does not use it. */
        reason: z.string(),
      }),
    )
    .readonly(),
  /** How many there are in all. */
  count: z.number(),
  next: z.string().exactOptional(),
});
export type NotInForceAnswer = z.infer<typeof notInForceAnswer>;
