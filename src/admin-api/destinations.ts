import { z } from "zod";
import { pauseAnswer } from "./paused.ts";

const destinationAnswer = z.object({
  /** `function/NAME` or `api-destination/NAME`. */
  destination: z.string(),
  /** How it is called. */
  calledBy: z.enum(["http", "runtimeApi", "container", "process", "api-destination"]),
  description: z.string().exactOptional(),
  /** Calls at once, on each router or in all. */
  concurrency: z.number(),
  /** The most retries that count, and how old an event may get. */
  maximumRetryAttempts: z.number().exactOptional(),
  maximumEventAgeInSeconds: z.number().exactOptional(),
  pause: pauseAnswer.exactOptional(),
});

export const destinationListAnswer = z.object({ destinations: z.array(destinationAnswer).readonly() });
export type DestinationListAnswer = z.infer<typeof destinationListAnswer>;
