import { z } from "zod";
import { jsonPath } from "./json-path.ts";

/** What a function's order is kept by. */
export const orderBySchema = z
  .strictObject({
    path: jsonPath(
      "A JSON path into the event: events for which it finds the same value are called one at a time, in their order.",
    ),
    whenFailed: z
      .enum(["skip", "block"])
      .default("skip")
      .describe(
        "What becomes of an event that has used up its retries. skip: it is a dead letter, and its key goes on. block: it is tried on, and its key waits, until it succeeds, an operator skips it or its age is over.",
      ),
  })
  .describe("Keeps the order of the events of each key, over all routers and through retries.");
