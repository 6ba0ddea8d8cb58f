import { z } from "zod";
import { countParameter, textParameter } from "../parameters.ts";

const MAPPING_LIST_MAX = 1_000;

export const mappingListParameters = z.strictObject({
  mapping: textParameter.exactOptional(),
  limit: countParameter(MAPPING_LIST_MAX).default(MAPPING_LIST_MAX),
  /** `next` of the page before. */
  after: textParameter.exactOptional(),
});

const mappingAnswer = z.object({
  name: z.string(),
  /** By which the Lambda API knows it. */
  uuid: z.string(),
  /** Where a file has it, as `config/functions.yaml:14:3`; absent for one that was made over the API. */
  place: z.string().exactOptional(),
  description: z.string().exactOptional(),
  /** What it reads. */
  source: z.object({ kind: z.string(), name: z.string() }),
  function: z.string(),
  format: z.string(),
  batchSize: z.number(),
  maximumBatchingWindowInSeconds: z.number(),
  reportBatchItemFailures: z.boolean(),
  /** Event patterns, JSON texts. */
  filters: z.array(z.string()).readonly(),
  maximumConcurrency: z.number().exactOptional(),
  /** Of a mapping of a stream, by Lambda's names. */
  stream: z
    .object({
      startingPosition: z.string(),
      parallelizationFactor: z.number(),
      bisectBatchOnFunctionError: z.boolean(),
      maximumRetryAttempts: z.number(),
      maximumRecordAgeInSeconds: z.number(),
      tumblingWindowInSeconds: z.number(),
      /** The queue that takes records of what was given up. */
      onFailure: z.string().exactOptional(),
    })
    .exactOptional(),
  /** At the router that answers: `reading`, `waiting` while its function is not called, or `disabled`. */
  state: z.string(),
  /** At the router that answers. */
  callsInFlight: z.number(),
  /**
   * How long ago the oldest record of a stream was accepted that was read at the router that answers and is not finished; 0 where
   * all are. Absent for a queue, and where another router reads.
   */
  oldestRecordAgeMs: z.number().exactOptional(),
  /** What came of the batch that ended last at the router that answers; absent before the first. */
  lastResult: z
    .object({ atMs: z.number(), records: z.number(), failed: z.number(), outcome: z.string() })
    .exactOptional(),
});

export const mappingListAnswer = z.object({
  mappings: z.array(mappingAnswer).readonly(),
  next: z.string().exactOptional(),
});

/** What the Lambda API is asked to change. */
export const switchMappingBody = z.object({ Enabled: z.boolean() });

/** What it answers, as far as it is read here. */
export const switchMappingAnswer = z.looseObject({ UUID: z.string(), State: z.string() });

export type MappingListAnswer = z.infer<typeof mappingListAnswer>;
