import { z } from "zod";
import type { Archive } from "../../domain/archive/archive.ts";
import { ARCHIVE_NAME_CHARACTERS_MAX } from "../../domain/archive/archive.ts";
import type { Context } from "./kind/context.ts";
import type { NameRule } from "./kind/kind.ts";
import { defineKind } from "./kind/kind.ts";
import { eventPattern } from "./parts/event-pattern.ts";
import { description, nameOf } from "./parts/fields.ts";
import { retentionBytes, retentionDays, retentionOf } from "./parts/retention.ts";

export const ARCHIVE_NAMES: NameRule = {
  pattern: new RegExp(`^[A-Za-z0-9._-]{1,${ARCHIVE_NAME_CHARACTERS_MAX}}$`),
  message: `its name must be 1 to ${ARCHIVE_NAME_CHARACTERS_MAX} letters, digits, dots, dashes and underscores`,
};

/** An archive, with EventBridge's property names. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      bus: nameOf(context, "event-bus", "The event bus whose events it keeps."),
      eventPattern: eventPattern("Which events it keeps. Left out, every event of the bus.").exactOptional(),
      retentionDays: retentionDays.exactOptional(),
      retentionBytes: retentionBytes.exactOptional(),
    })
    .describe("Keeps the events of a bus, to be replayed later.");
}

type Shape = z.output<ReturnType<typeof schema>>;

function toArchive(name: string, { eventPattern: given, retentionDays: days, retentionBytes: bytes, ...shape }: Shape) {
  const archive: Archive = { name, ...shape, retention: retentionOf(days, bytes) };
  return given === undefined ? archive : { ...archive, patternJson: given.patternJson };
}

/** `archives` */
export const archives = defineKind({
  noun: "archive",
  about: "Archives, by name, each of one event bus.",
  names: ARCHIVE_NAMES,
  schema,
  make: toArchive,
  secrets: [],
});
