import { z } from "zod";
import { PAUSE_REASON_CHARACTERS_MAX, PAUSED_BY_CHARACTERS_MAX } from "../../domain/target/pause.ts";
import { lineParameter } from "../parameters.ts";

export const pauseParameters = z.object({
  by: lineParameter(PAUSED_BY_CHARACTERS_MAX).optional(),
  reason: lineParameter(PAUSE_REASON_CHARACTERS_MAX).optional(),
});

/** A destination that is paused. */
export const pauseAnswer = z.object({
  /** `function/NAME` or `api-destination/NAME`. */
  destination: z.string(),
  /** Whether the configuration pauses it. Then only a change of the configuration resumes it. */
  configured: z.boolean(),
  /** ISO 8601. */
  since: z.string().exactOptional(),
  by: z.string().exactOptional(),
  reason: z.string().exactOptional(),
});
export type PauseAnswer = z.infer<typeof pauseAnswer>;

export const pausedAnswer = z.object({ paused: z.array(pauseAnswer).readonly() });
export type PausedAnswer = z.infer<typeof pausedAnswer>;

export const resumedAnswer = z.object({ destination: z.string() });
export type ResumedAnswer = z.infer<typeof resumedAnswer>;
