import { z } from "zod";
import type { EventBus } from "../domain/config.ts";
import { parseDateTime } from "../text/date-time.ts";
import { apiDestinationSchema } from "./kinds/api-destination-schema.ts";
import type { Context } from "./context.ts";
import type { Section } from "./source/document.ts";
import { functionSchema } from "./kinds/function-schema.ts";
import { ruleSchema } from "./kinds/rule-schema.ts";
import { addIssue, description } from "./kinds/schema-parts.ts";

const creationTime = z
  .string()
  .superRefine((value, issues) => {
    if (parseDateTime(value) === undefined) addIssue(issues, "must be a time such as 2026-01-31T12:00:00Z");
  })
  .describe("When it was made, as the API has it: a time such as 2026-01-31T12:00:00Z.");

const eventBusSchema = z
  .strictObject({ description: description.exactOptional(), creationTime: creationTime.exactOptional() })
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

/** What a checked entry of `eventBuses` means. */
export function toEventBus(name: string, { creationTime, ...shape }: z.output<typeof eventBusSchema>): EventBus {
  const creationTimeMs = creationTime === undefined ? undefined : parseDateTime(creationTime);
  return { name, ...shape, ...(creationTimeMs === undefined ? {} : { creationTimeMs }) };
}
