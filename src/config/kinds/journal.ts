import { z } from "zod";
import type { JournalConfig, Redaction } from "../../domain/journal/journal-config.ts";
import { redactionKey, SECRET_KEYS } from "../../domain/journal/journal-config.ts";
import { addIssue, wholeNumber } from "./parts/fields.ts";
import { defineKind } from "./kind/kind.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const KEYS_MAX = 100;
const PATHS_MAX = 100;

const FIELDS_MAX = 8;
const FIELD = /^[^.[\]$*]+(\.[^.[\]$*]+)*$/;

const PATH = /^\$(\.[^.[\]]+|\[\*\])+$/;

const path = z
  .string()
  .max(512)
  .superRefine((text, issues) => {
    if (!PATH.test(text)) addIssue(issues, 'must be a path such as $.detail.card.number, with "*" or [*] for any');
  })
  .describe("A member of the event; `*` is any member, `[*]` any item.");

const field = z
  .string()
  .max(256)
  .superRefine((text, issues) => {
    if (!FIELD.test(text)) addIssue(issues, "must be a member such as detail.orderId");
  });

const redact = z
  .strictObject({
    keys: z
      .array(z.string().min(1).max(128))
      .max(KEYS_MAX)
      .default([...SECRET_KEYS])
      .describe(
        "How names of members end that are redacted; only their letters and digits count, whatever their case.",
      ),
    paths: z.array(path).max(PATHS_MAX).default([]).describe("Members to redact, by their path."),
    with: z
      .enum(["mask", "hash"])
      .default("mask")
      .describe("`mask` leaves nothing; `hash` leaves what tells whether two values are the same."),
  })
  .describe("What is replaced in events and answers before they leave the router.");

const schema = z
  .strictObject({
    bodies: z
      .enum(["off", "failed", "all"])
      .default("failed")
      .describe("Which events and answers are kept: those that failed or matched nothing, all, or none."),
    fields: z
      .array(field)
      .max(FIELDS_MAX)
      .default([])
      .describe("Members by whose values the console finds events, such as `detail.orderId`; 8 at most."),
    redact: redact.prefault({}),
    kibibytesPerSecond: wholeNumber(
      16,
      65_536,
      "What a router writes at most. Beyond it successes are sampled.",
    ).default(512),
    mebibytes: wholeNumber(16, 1_048_576, "About how much of the journal is kept.").default(2_048),
    hours: wholeNumber(1, 8_760, "How long the journal is kept at most.").default(168),
  })
  .describe("What routers write down for the console. Without this section they write nothing.");

/** `journal` */
export const journal = defineKind({
  noun: "journal",
  isOne: true,
  about: "What routers write down for the console. Without this section they write nothing.",
  names: { pattern: /^journal$/, message: "it has no name" },
  schema: () => schema,
  make: (_name, shape: z.output<typeof schema>): JournalConfig => ({
    bodies: shape.bodies,
    fields: [...new Set(shape.fields)].map((name) => ({ name, path: name.split(".") })),
    redact: redactionOf(shape.redact),
    bytesPerSecondMax: shape.kibibytesPerSecond * 1_024,
    bytesMax: shape.mebibytes * MIB,
    ageMsMax: shape.hours * HOUR_MS,
  }),
  secrets: [],
});

function redactionOf(shape: z.output<typeof redact>): Redaction {
  return { keys: shape.keys.map(redactionKey), paths: shape.paths.map(segmentsOf), with: shape.with };
}

/** `$.detail.items[*].id` is `["detail", "items", "*", "id"]`. */
function segmentsOf(path: string): readonly string[] {
  return path.slice(1).replaceAll("[*]", ".*").split(".").slice(1);
}
