import { z } from "zod";

/** A refusal (RFC 9457, `application/problem+json`). */
export const problemAnswer = z.object({
  type: z.literal("about:blank"),
  /** The status in words. */
  title: z.string(),
  status: z.number(),
  /** Why, for people. */
  detail: z.string(),
});
