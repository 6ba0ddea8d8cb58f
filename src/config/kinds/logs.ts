import { z } from "zod";
import type { LogsConfig } from "../../domain/logs/logs-config.ts";
import { defineKind } from "./kind/kind.ts";
import { wholeNumber } from "./parts/fields.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;
const HOUR_MS = 3_600_000;

const ABOUT = "What functions write, kept for people and tools. Without this section no line is kept.";

const schema = z
  .strictObject({
    kibibytesPerSecond: wholeNumber(16, 65_536, "What a router keeps at most, on the average of 4 s.").default(256),
    kibibytesPerCall: wholeNumber(1, 65_536, "What is kept of one call at most.").default(256),
    mebibytes: wholeNumber(16, 1_048_576, "About how much is kept, of all functions.").default(1_024),
    hours: wholeNumber(1, 8_760, "How long lines are kept at most.").default(168),
  })
  .describe(ABOUT);

/** `logs` */
export const logs = defineKind({
  noun: "logs",
  isOne: true,
  about: ABOUT,
  names: { pattern: /^logs$/, message: "it has no name" },
  schema: () => schema,
  make: (_name, shape: z.output<typeof schema>): LogsConfig => ({
    bytesPerSecondMax: shape.kibibytesPerSecond * KIB,
    callBytesMax: shape.kibibytesPerCall * KIB,
    bytesMax: shape.mebibytes * MIB,
    ageMsMax: shape.hours * HOUR_MS,
  }),
  secrets: [],
});
