import { z } from "zod";
import type { EventBus } from "../../domain/config.ts";
import { parseDateTime } from "../../text/date-time.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Archive } from "../../domain/archive/archive.ts";
import { defineKind, NAME } from "./kind/kind.ts";
import { busPolicy } from "./parts/bus-policy.ts";
import { retentionBytes, retentionDays, retentionOf } from "./parts/retention.ts";
import { ARCHIVE_NAMES } from "./archive.ts";
import { addIssue, description } from "./parts/fields.ts";

const creationTime = z
  .string()
  .superRefine((value, issues) => {
    if (parseDateTime(value) === undefined) addIssue(issues, "must be a time such as 2026-01-31T12:00:00Z");
  })
  .describe("When it was made, as the API has it: a time such as 2026-01-31T12:00:00Z.");

const retention = z
  .strictObject({ days: retentionDays.exactOptional(), bytes: retentionBytes.exactOptional() })
  .describe("Keeps every event of the bus, in an archive of the bus's name: `{}` for ever.");

const schema = z
  .strictObject({
    description: description.exactOptional(),
    creationTime: creationTime.exactOptional(),
    policy: busPolicy.exactOptional(),
    retention: retention.exactOptional(),
  })
  .describe("An event bus: events are put on it, and its rules match them.");

/** A bus, and the archive of everything on it where it has a retention. */
interface MadeEventBus {
  readonly bus: EventBus;
  readonly archive: Archive | undefined;
}

function archiveOf(bus: string, { days, bytes }: z.output<typeof retention>): Archive {
  return { name: bus, bus, retention: retentionOf(days, bytes) };
}

/** `eventBuses` */
export const eventBuses = defineKind({
  noun: "event bus",
  about: "Event buses, by name. `default` is always there.",
  names: NAME,
  nameProblem: (name, raw) => {
    const hasRetention = isJsonObject(raw) && raw["retention"] !== undefined;
    if (!hasRetention || ARCHIVE_NAMES.pattern.test(name)) return undefined;
    return `has a retention, whose archive would be called as the bus: ${ARCHIVE_NAMES.message}`;
  },
  schema: () => schema,
  make: (name, { creationTime, retention, ...shape }: z.output<typeof schema>): MadeEventBus => {
    const creationTimeMs = creationTime === undefined ? undefined : parseDateTime(creationTime);
    const bus = { name, ...shape, ...(creationTimeMs === undefined ? {} : { creationTimeMs }) };
    return { bus, archive: retention === undefined ? undefined : archiveOf(name, retention) };
  },
  secrets: [],
});
