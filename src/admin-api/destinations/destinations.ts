import { z } from "zod";
import { connectionState } from "../configuration/connections.ts";
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
  /** By which key a function keeps the order of its events, and what becomes of a key whose event has used up its retries. */
  orderBy: z.object({ path: z.string(), whenFailed: z.enum(["skip", "block"]) }).exactOptional(),
  /** The connection of an API destination that was made over the API; absent where it is gone. */
  connection: z.object({ name: z.string(), state: connectionState }).exactOptional(),
  pause: pauseAnswer.exactOptional(),
});

export const destinationListAnswer = z.object({ destinations: z.array(destinationAnswer).readonly() });
export type DestinationListAnswer = z.infer<typeof destinationListAnswer>;
