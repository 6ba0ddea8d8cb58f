import { z } from "zod";
import { apiDestinationSchema } from "./api-destination-schema.ts";
import type { Context } from "./context.ts";
import type { Section } from "./document.ts";
import { functionSchema } from "./function-schema.ts";
import { ruleSchema } from "./rule-schema.ts";
import { description } from "./schema-parts.ts";

const eventBusSchema = z
  .strictObject({ description: description.exactOptional() })
  .describe("An event bus: events are put on it, and its rules look at them.");

const queueSchema = z
  .strictObject({ description: description.exactOptional() })
  .describe("A queue of yours, exactly so named on the broker. One that exists is taken as found.");

/** What one entry of each section may say. */
export function entrySchemas(context: Context) {
  return {
    eventBuses: eventBusSchema,
    functions: functionSchema(context),
    queues: queueSchema,
    apiDestinations: apiDestinationSchema,
    rules: ruleSchema(context),
  } satisfies Record<Section, z.ZodType>;
}
