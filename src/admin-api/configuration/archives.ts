import { z } from "zod";
import { countParameter, textParameter } from "../parameters.ts";

/** What an archive keeps is asked of the broker for each. */
export const ARCHIVE_LIST_MAX = 100;

export const archiveListParameters = z.strictObject({
  archive: textParameter.exactOptional(),
  limit: countParameter(ARCHIVE_LIST_MAX).default(ARCHIVE_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

const archiveAnswer = z.object({
  name: z.string(),
  bus: z.string(),
  description: z.string().exactOptional(),
  /** JSON text; absent for every event of the bus. */
  eventPattern: z.string().exactOptional(),
  /** Absent where there is no bound. */
  retentionDays: z.number().exactOptional(),
  retentionBytes: z.number().exactOptional(),
  /** Where a file has it, `config/busbar.yaml:14:3`: it is changed there. Absent for one that was made over the API. */
  place: z.string().exactOptional(),
  /** When it was made over the API, in epoch milliseconds. */
  createdAtMs: z.number().exactOptional(),
  /** About how many events it keeps, and bytes of them. */
  events: z.number(),
  bytes: z.number(),
  /** When the oldest and the newest of them were accepted, in epoch milliseconds. */
  firstMs: z.number().exactOptional(),
  lastMs: z.number().exactOptional(),
});

export const archiveListAnswer = z.object({
  archives: z.array(archiveAnswer).readonly(),
  next: z.string().exactOptional(),
});
export type ArchiveListAnswer = z.infer<typeof archiveListAnswer>;
