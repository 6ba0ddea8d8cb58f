import { z } from "zod";
import { countParameter } from "../parameters.ts";

/** The longest payload, in bytes: that of a whole request to PutEvents. */
export const TEST_PAYLOAD_BYTES_MAX = 1_048_576;
/** How long a test may wait in its function's queue. */
export const TEST_WAIT_SECONDS_MAX = 60;
const WAIT_SECONDS_INITIAL = 10;

/** `waitSeconds`: how long a router may take until it begins the call. */
export const functionTestParameters = z.strictObject({
  waitSeconds: countParameter(TEST_WAIT_SECONDS_MAX).default(WAIT_SECONDS_INITIAL),
});

/** Lines that come before the last: the test waits in the function's queue, or a router has it in hand. */
export const functionTestProgressLine = z.object({ state: z.enum(["waiting", "calling"]), deliveryId: z.string() });
export type FunctionTestProgressLine = z.infer<typeof functionTestProgressLine>;

const outputLine = z.object({ stream: z.enum(["stdout", "stderr"]), line: z.string() });

/** The last line of the answer: what came of the test. */
export const functionTestAnswer = z.object({
  state: z.literal("ended"),
  /** The function's request id. */
  deliveryId: z.string(),
  /** `success`, the reason of a failure, `not_taken` or `unknown`. A later version may have more reasons. */
  outcome: z.string(),
  message: z.string().exactOptional(),
  statusCode: z.number().exactOptional(),
  invoked: z.boolean(),
  /** Epoch milliseconds, and milliseconds. */
  startedAtMs: z.number().exactOptional(),
  callMs: z.number().exactOptional(),
  /** The first 256 KiB of the function's answer, as JSON text, and how many bytes all of it has. */
  response: z.string().exactOptional(),
  responseBytes: z.number().exactOptional(),
  /** The last lines that it wrote, of a process of the router that called it. */
  output: z.array(outputLine).readonly(),
  outputLeftOut: z.number(),
});
export type FunctionTestAnswer = z.infer<typeof functionTestAnswer>;
