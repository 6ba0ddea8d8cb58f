import { z } from "zod";
import type { StreamConfig } from "../../domain/stream/stream.ts";
import { STREAM_PARTITIONS_MAX } from "../../domain/stream/stream.ts";
import { RESERVED_QUEUE_PREFIXES } from "../../domain/queue/queues.ts";
import type { Context } from "./kind/context.ts";
import type { NameRule } from "./kind/kind.ts";
import { defineKind } from "./kind/kind.ts";
import { description, wholeNumber } from "./parts/fields.ts";
import { retentionBytes, retentionDays, retentionOf } from "./parts/retention.ts";

/** Kinesis's names, so that each has an ARN. */
const names: NameRule = {
  pattern: new RegExp(`^(?!${RESERVED_QUEUE_PREFIXES.join("|").replaceAll(".", "\\.")})[A-Za-z0-9._-]{1,124}$`),
  message: `its name must be 1 to 124 letters, digits, dots, dashes and underscores, and not begin with ${RESERVED_QUEUE_PREFIXES.join(" or ")}`,
};

function schema() {
  return z
    .strictObject({
      description: description.exactOptional(),
      partitions: wholeNumber(
        1,
        STREAM_PARTITIONS_MAX,
        "How many partitions it has: with several, streams called NAME-0 and on. Records of a partition key are in one.",
      ).default(1),
      retentionDays: retentionDays.exactOptional(),
      retentionBytes: retentionBytes.exactOptional(),
    })
    .describe("A stream of yours, exactly so named on the broker. One that exists is taken as found.");
}

type Shape = z.output<ReturnType<typeof schema>>;

function toStream(name: string, { retentionDays: days, retentionBytes: bytes, ...shape }: Shape): StreamConfig {
  return { name, ...shape, retention: retentionOf(days, bytes) };
}

/** A stream and a queue of one name would be one and the same on the broker, and so would a partition and a stream. */
function takenName(name: string, _raw: unknown, { names: taken }: Context): string | undefined {
  if (taken.queue.has(name)) return "its name is a queue's too: the broker has one thing of a name";
  const [, whole] = /^(.+)-\d+$/.exec(name) ?? [];
  if (whole === undefined || !taken.stream.has(whole)) return undefined;
  return `its name may be that of a partition of stream "${whole}": give it one that does not end with a number`;
}

/** `streams` */
export const streams = defineKind({
  noun: "stream",
  about: "Streams of yours, by name: what is appended is kept, and read in order by as many as want to.",
  names,
  nameProblem: takenName,
  schema,
  make: toStream,
  secrets: [],
});
