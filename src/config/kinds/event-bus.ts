import { z } from "zod";
import type { EventBus } from "../../domain/config.ts";
import { parseDateTime } from "../../text/date-time.ts";
import { defineKind, NAME } from "./kind.ts";
import { addIssue, description } from "./parts/fields.ts";

const creationTime = z
  .string()
  .superRefine((value, issues) => {
    if (parseDateTime(value) === undefined) addIssue(issues, "must be a time such as 2026-01-31T12:00:00Z");
  })
  .describe("When it was made, as the API has it: a time such as 2026-01-31T12:00:00Z.");

const schema = z
  .strictObject({ description: description.exactOptional(), creationTime: creationTime.exactOptional() })
  .describe("An event bus: events are put on it, and its rules match them.");

/** `eventBuses` */
export const eventBuses = defineKind({
  noun: "event bus",
  about: "Event buses, by name. `default` is always there.",
  names: NAME,
  schema: () => schema,
  make: (name, { creationTime, ...shape }: z.output<typeof schema>): EventBus => {
    const creationTimeMs = creationTime === undefined ? undefined : parseDateTime(creationTime);
    return { name, ...shape, ...(creationTimeMs === undefined ? {} : { creationTimeMs }) };
  },
  secrets: [],
});
