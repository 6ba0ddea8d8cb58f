import type { Pattern } from "../../pattern/pattern.ts";

/** A queue whose messages are read. */
export interface QueueSource {
  readonly kind: "queue";
  readonly queue: string;
}

/**
 * How a queue's messages are shown to the function.
 *
 * - `sqs`: as SQS's records.
 * - `rmq`: as those of Amazon MQ for RabbitMQ.
 */
export type MappingFormat = "sqs" | "rmq";

/** A stream that is read, each of its partitions in order. */
export interface StreamSource {
  readonly kind: "stream";
  readonly stream: string;
  /** Where the reading begins, once; `latest` is when a router first reads the mapping. */
  readonly startingPosition:
    { readonly kind: "oldest" } | { readonly kind: "latest" } | { readonly kind: "time"; readonly atMs: number };
  /** How many batches of a partition are called at once, those of a partition key in order. */
  readonly parallelizationFactor: number;
  /** Whether a batch whose call failed is halved. */
  readonly bisectBatchOnFunctionError: boolean;
  /** How often a batch is called again whose call failed; -1 for ever. */
  readonly maximumRetryAttempts: number;
  /** Older records are given up; -1 for none. */
  readonly maximumRecordAgeSeconds: number;
  /** 0 for none. */
  readonly tumblingWindowSeconds: number;
  /** The queue that takes the records of batches that were given up. */
  readonly onFailure?: string;
}

/** Where the reading of a stream begins, by Lambda's name. */
export function startingPositionName({ kind }: StreamSource["startingPosition"]): string {
  return { oldest: "TRIM_HORIZON", latest: "LATEST", time: "AT_TIMESTAMP" }[kind];
}

/** An event pattern that records must fit. */
export interface MappingFilter {
  readonly pattern: Pattern;
  /** As it was given. */
  readonly patternJson: string;
}

/** An event source mapping: reads batches of records from a source, and calls a function with each. */
export type Mapping = MappingOf<QueueSource> | MappingOf<StreamSource>;

/** The same of one kind of source. */
export interface MappingOf<Source> {
  readonly name: string;
  readonly description?: string;
  readonly source: Source;
  /** The function that is called. */
  readonly functionName: string;
  /** The version or alias of it, if one is named. */
  readonly qualifier?: string;
  /** Records of a stream are always shown as those of a Kinesis data stream. */
  readonly format: Source extends QueueSource ? MappingFormat : "kinesis";
  /** Records of one call. */
  readonly batchSize: number;
  /** How long a batch is collected, from its first record on. With 0 a call has what is there. */
  readonly batchWindowSeconds: number;
  /** Whether the function's answer says which records failed. Otherwise they fail or succeed together. */
  readonly reportBatchItemFailures: boolean;
  /** Records that fit none of them are deleted, and the function is not called with them. Where there are none, all fit. */
  readonly filters: readonly MappingFilter[];
  /** Calls of this mapping at once, over all routers; left out, as many as the function takes. */
  readonly maximumConcurrency?: number;
  readonly isEnabled: boolean;
}

/** Why records of a stream are given up, in Lambda's words. */
export type GiveUpCondition = (typeof GIVE_UP_CONDITIONS)[number];
export const GIVE_UP_CONDITIONS = ["RetryAttemptsExhausted", "RecordAgeExceeded"] as const;

export function isOfStream(mapping: Mapping): mapping is MappingOf<StreamSource> {
  return mapping.source.kind === "stream";
}

/** Lambda's bounds of what is for streams only. */
export const STREAM_BOUNDS = {
  parallelizationFactor: { min: 1, max: 10 },
  maximumRetryAttempts: { min: -1, max: 10_000 },
  /** Apart from -1, at least so many. */
  maximumRecordAgeSeconds: { min: -1, max: 604_800, least: 60 },
  tumblingWindowSeconds: { min: 0, max: 900 },
} as const;

/** A batch of a stream has more records, where the mapping does not say how many. */
export const STREAM_BATCH_SIZE_DEFAULT = 100;

/** Lambda's bounds and defaults. */
export const MAPPING_BOUNDS = {
  batchSize: { min: 1, max: 10_000, default: 10 },
  batchWindowSeconds: { min: 0, max: 300, default: 0 },
} as const;

/** What SQS has in one receive. */
export const FIFO_BATCH_SIZE_MAX = 10;

export const MAPPING_CONCURRENCY = { min: 2, max: 1_000 } as const;
export const MAPPING_FILTERS_MAX = 10;
export const FILTER_CHARACTERS_MAX = 4_096;

/** A call's event must have fewer bytes, as Lambda's synchronous calls have it: 6 MB. */
export const BATCH_BYTES_MAX = 6 * 1024 * 1024;
