import { z } from "zod";
import type { StreamSource } from "../../../domain/mapping/mapping.ts";
import { STREAM_BOUNDS } from "../../../domain/mapping/mapping.ts";
import { parseDateTime } from "../../../text/date-time.ts";
import type { Context } from "../kind/context.ts";
import type { Issues } from "./fields.ts";
import { addIssue, nameOf, wholeNumber } from "./fields.ts";

const timestamp = z
  .string()
  .superRefine((value, issues) => {
    if (parseDateTime(value) === undefined) addIssue(issues, "must be a time such as 2026-01-31T12:00:00Z");
  })
  .describe("For AT_TIMESTAMP: records that were accepted at this time or later.");

function setting(name: keyof typeof STREAM_BOUNDS, about: string) {
  const { min, max } = STREAM_BOUNDS[name];
  return wholeNumber(min, max, about).exactOptional();
}

/** The properties of an event source mapping that are for streams only, with Lambda's names. */
export function streamFields(context: Context) {
  return {
    startingPosition: z
      .enum(["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"])
      .describe("Where the reading of the stream begins, once.")
      .exactOptional(),
    startingPositionTimestamp: timestamp.exactOptional(),
    parallelizationFactor: setting(
      "parallelizationFactor",
      "How many batches of a partition are called at once, those of a partition key in order. Default: 1.",
    ),
    bisectBatchOnFunctionError: z
      .boolean()
      .describe("Whether a batch whose call failed is halved. Default: false.")
      .exactOptional(),
    maximumRetryAttempts: setting(
      "maximumRetryAttempts",
      "How often a batch is called again whose call failed. Default: -1, for ever.",
    ),
    maximumRecordAgeInSeconds: setting(
      "maximumRecordAgeSeconds",
      "Older records are given up; -1 or 60 to 604800. Default: -1, none are.",
    ),
    tumblingWindowInSeconds: setting(
      "tumblingWindowSeconds",
      "How long a tumbling window is, whose state goes from call to call. Default: 0, none.",
    ),
    onFailure: z
      .strictObject({
        queue: nameOf(context, "queue", "The queue that takes the record of a batch that was given up."),
      })
      .describe("Where it is written that a batch was given up.")
      .exactOptional(),
  };
}

type Fields = { [Key in keyof ReturnType<typeof streamFields>]?: z.output<ReturnType<typeof streamFields>[Key]> };

const NAMES: readonly (keyof Fields)[] = [
  "startingPosition",
  "startingPositionTimestamp",
  "parallelizationFactor",
  "bisectBatchOnFunctionError",
  "maximumRetryAttempts",
  "maximumRecordAgeInSeconds",
  "tumblingWindowInSeconds",
  "onFailure",
];

/** Checks what a mapping says of a stream, or that it says nothing where it reads none. */
export function checkStreamFields(value: Fields & { readonly stream?: unknown }, issues: Issues): void {
  if (value.stream === undefined) {
    for (const name of NAMES) {
      if (Object.hasOwn(value, name)) addIssue(issues, "is for streams only", { path: [name] });
    }
    return;
  }
  const { startingPosition, startingPositionTimestamp } = value;
  if (startingPosition === undefined) addIssue(issues, "must have a startingPosition: where the stream is read from");
  if ((startingPosition === "AT_TIMESTAMP") !== (startingPositionTimestamp !== undefined)) {
    const message = "must be given with startingPosition AT_TIMESTAMP, and only with that";
    addIssue(issues, message, { path: ["startingPositionTimestamp"] });
  }
  const age = value.maximumRecordAgeInSeconds ?? -1;
  if (age >= 0 && age < STREAM_BOUNDS.maximumRecordAgeSeconds.least) {
    const message = `must be -1 or at least ${STREAM_BOUNDS.maximumRecordAgeSeconds.least}`;
    addIssue(issues, message, { path: ["maximumRecordAgeInSeconds"] });
  }
  // The state is one for a partition, and lanes would each change it.
  if ((value.tumblingWindowInSeconds ?? 0) > 0 && (value.parallelizationFactor ?? 1) > 1) {
    addIssue(issues, "must be 1 with tumbling windows", { path: ["parallelizationFactor"] });
  }
}

/** What checked fields mean. */
export function toStreamSource(stream: string, fields: Fields): StreamSource {
  const atMs = parseDateTime(fields.startingPositionTimestamp ?? "") ?? 0;
  const positions = {
    TRIM_HORIZON: { kind: "oldest" },
    LATEST: { kind: "latest" },
    AT_TIMESTAMP: { kind: "time", atMs },
  } as const;
  return {
    kind: "stream",
    stream,
    startingPosition: positions[fields.startingPosition ?? "TRIM_HORIZON"],
    parallelizationFactor: fields.parallelizationFactor ?? 1,
    bisectBatchOnFunctionError: fields.bisectBatchOnFunctionError ?? false,
    maximumRetryAttempts: fields.maximumRetryAttempts ?? -1,
    maximumRecordAgeSeconds: fields.maximumRecordAgeInSeconds ?? -1,
    tumblingWindowSeconds: fields.tumblingWindowInSeconds ?? 0,
    ...(fields.onFailure === undefined ? {} : { onFailure: fields.onFailure.queue }),
  };
}
