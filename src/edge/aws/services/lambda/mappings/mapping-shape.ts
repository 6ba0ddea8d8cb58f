import { MAPPING_BOUNDS, MAPPING_CONCURRENCY, STREAM_BOUNDS } from "../../../../../domain/mapping/mapping.ts";
import { integer, list, string, structure, timestamp } from "../../../input/shapes.ts";
import type { StructureOf } from "../../../input/shapes.ts";
import { boolean, enumeration } from "../../../input/values.ts";

const ARN_PATTERN = "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}(-gov)?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";

/** The ARN of a source. */
export const SOURCE_ARN = string({ pattern: ARN_PATTERN, lengthMax: 1_024 });

const DESTINATION = structure("Destination", { Destination: string({ lengthMax: 350 }) });

/** Far more than a mapping may have. */
const FILTERS_MAX = 100;

/** The members that both making and updating a mapping may give, with the model's bounds. Those of Kafka and DocumentDB are ignored. */
export const COMMON_MEMBERS = {
  Enabled: boolean,
  BatchSize: integer(MAPPING_BOUNDS.batchSize),
  FilterCriteria: structure("FilterCriteria", {
    Filters: list(structure("Filter", { Pattern: string({ lengthMax: 4_096 }) }), { lengthMax: FILTERS_MAX }),
  }),
  MaximumBatchingWindowInSeconds: integer(MAPPING_BOUNDS.batchWindowSeconds),
  ParallelizationFactor: integer(STREAM_BOUNDS.parallelizationFactor),
  DestinationConfig: structure("DestinationConfig", { OnSuccess: DESTINATION, OnFailure: DESTINATION }),
  MaximumRecordAgeInSeconds: integer(STREAM_BOUNDS.maximumRecordAgeSeconds),
  BisectBatchOnFunctionError: boolean,
  MaximumRetryAttempts: integer(STREAM_BOUNDS.maximumRetryAttempts),
  TumblingWindowInSeconds: integer(STREAM_BOUNDS.tumblingWindowSeconds),
  FunctionResponseTypes: list(enumeration("ReportBatchItemFailures"), { lengthMax: 1 }),
  SourceAccessConfigurations: list(
    structure("SourceAccessConfiguration", { Type: string({ lengthMax: 64 }), URI: string({ lengthMax: 200 }) }),
    { lengthMax: 22 },
  ),
  ScalingConfig: structure("ScalingConfig", { MaximumConcurrency: integer(MAPPING_CONCURRENCY) }),
};

/** What only making one may give. */
export const CREATE_MEMBERS = {
  EventSourceArn: SOURCE_ARN,
  StartingPosition: enumeration("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
  StartingPositionTimestamp: timestamp,
  Queues: list(string({ lengthMin: 1, lengthMax: 1_000 }), { lengthMin: 1, lengthMax: 1 }),
};

/** The members as they were given. */
export type GivenMembers = StructureOf<typeof COMMON_MEMBERS> & StructureOf<typeof CREATE_MEMBERS>;
