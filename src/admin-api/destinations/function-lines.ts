import { z } from "zod";
import { linePlaceOf } from "../../domain/logs/line-place.ts";
import { FILTER_PATTERN_CHARACTERS_MAX } from "../../domain/logs/filter/filter-pattern.ts";
import { countParameter, textParameter, timeMsParameter } from "../parameters.ts";

/** How many lines an answer has at most. */
export const FUNCTION_LINES_MAX = 10_000;
const FUNCTION_LINES_INITIAL = 1_000;

/** Which lines of a function, and where to go on: times are epoch milliseconds, both included. */
export const functionLinesParameters = z.strictObject({
  /** Only those of this call. */
  request: textParameter.exactOptional(),
  /** A filter pattern as CloudWatch Logs has it. */
  filter: textParameter.max(FILTER_PATTERN_CHARACTERS_MAX, { error: "is too long" }).exactOptional(),
  fromMs: timeMsParameter.exactOptional(),
  toMs: timeMsParameter.exactOptional(),
  limit: countParameter(FUNCTION_LINES_MAX).default(FUNCTION_LINES_INITIAL),
  /** `next` of the answer before. */
  after: textParameter
    .refine((text) => linePlaceOf(text) !== undefined, { error: "must be `next` of an answer" })
    .exactOptional(),
});

const functionLine = z.object({
  /** Epoch milliseconds. */
  atMs: z.number(),
  /** `stdout`, `stderr`, or `platform` for what is said around calls. */
  source: z.string(),
  text: z.string(),
  /** Of the call that it belongs to; left out before the first of its environment. */
  requestId: z.string().exactOptional(),
  /** The log stream of its environment. */
  logStream: z.string(),
});
export type FunctionLineShown = z.infer<typeof functionLine>;

export const functionLinesAnswer = z.object({
  /** By their times. */
  lines: z.array(functionLine).readonly(),
  /** Where to go on, also for lines that are not written yet; left out where nothing was read. */
  next: z.string().exactOptional(),
  /** Whether that was all when it was read. An answer may have no line, and not be the last. */
  atEnd: z.boolean(),
});
export type FunctionLinesAnswer = z.infer<typeof functionLinesAnswer>;
