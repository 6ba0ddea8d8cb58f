import type { Identity } from "../../../../domain/arn.ts";
import { targetOfArn } from "../../../../domain/arn.ts";
import { MAPPING_BOUNDS, STREAM_BATCH_SIZE_DEFAULT } from "../../../../domain/mapping/mapping.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { CALLERS_BOUNDS, parsePattern } from "../../../../pattern/parse/parse.ts";
import { epochMsOf, shown } from "../../input/shapes.ts";
import { wrongParameter } from "./errors.ts";
import type { GivenMembers } from "./mappings/mapping-shape.ts";
import type { EventSource, SourceKind } from "./mappings/mapping-source.ts";

/** What every mapping of a kind has, where it was not given. */
const DEFAULTS: Readonly<Record<SourceKind, JsonObject>> = {
  sqs: { BatchSize: MAPPING_BOUNDS.batchSize.default, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [] },
  kinesis: {
    BatchSize: STREAM_BATCH_SIZE_DEFAULT,
    BisectBatchOnFunctionError: false,
    DestinationConfig: { OnFailure: {} },
    FunctionResponseTypes: [],
    MaximumBatchingWindowInSeconds: 0,
    MaximumRecordAgeInSeconds: -1,
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 0,
  },
  mq: { BatchSize: STREAM_BATCH_SIZE_DEFAULT, MaximumBatchingWindowInSeconds: 0 },
};

/** The members that only mappings of streams have. */
const STREAMS_ONLY = [
  "ParallelizationFactor",
  "BisectBatchOnFunctionError",
  "MaximumRetryAttempts",
  "MaximumRecordAgeInSeconds",
  "TumblingWindowInSeconds",
] as const;

/** The members that mappings of a kind cannot have. */
const UNSUPPORTED: Readonly<Record<SourceKind, readonly (keyof GivenMembers)[]>> = {
  sqs: [...STREAMS_ONLY, "Queues", "SourceAccessConfigurations"],
  kinesis: ["ScalingConfig", "Queues", "SourceAccessConfigurations"],
  mq: [...STREAMS_ONLY, "FunctionResponseTypes", "ScalingConfig"],
};

/** The members that are kept as they are given. */
const PLAIN = [
  "BatchSize",
  "MaximumBatchingWindowInSeconds",
  "FunctionResponseTypes",
  "StartingPosition",
  "Queues",
  "SourceAccessConfigurations",
  ...STREAMS_ONLY,
] as const;

/**
 * The members of a mapping as they are kept and shown, with Lambda's defaults.
 *
 * @param before those that it had; undefined for one that is made.
 * @throws AwsError
 */
export function checkedMembers(
  identity: Identity,
  given: GivenMembers,
  source: EventSource,
  before: JsonObject | undefined,
): JsonObject {
  const { kind } = source;
  for (const name of UNSUPPORTED[kind]) if (isGiven(given[name])) throw unsupported(name);
  if (kind !== "kinesis" && isGiven(given.StartingPosition)) {
    throw wrongParameter(`StartingPosition is not valid for ${kind.toUpperCase()} event sources.`);
  }
  if (kind === "kinesis" && before === undefined) requirePosition(given);
  const plain = PLAIN.flatMap((name) => {
    const value = given[name] ?? null;
    return value === null ? [] : [[name, value] as const];
  });
  const { StartingPositionTimestamp: time } = given;
  const atMs = time === undefined || time === null ? undefined : epochMsOf(time);
  const members: JsonObject = {
    ...(before ?? DEFAULTS[kind]),
    ...Object.fromEntries(plain),
    ...(atMs === undefined ? {} : { StartingPositionTimestamp: atMs / 1_000 }),
    ...destinationOf(identity, given, kind),
  };
  const whole = withScaling(withFilters(members, given), given);
  if (kind === "sqs") requireBatches(whole);
  return whole;
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.values(value).some(isGiven);
}

function unsupported(name: string) {
  return wrongParameter(`Unsupported ${name} parameter for given event source mapping type.`);
}

function requirePosition({ StartingPosition, StartingPositionTimestamp }: GivenMembers): void {
  if (!isGiven(StartingPosition)) {
    const constraint = "failed to satisfy constraint: Member must not be null.";
    throw wrongParameter(`1 validation error detected: Value null at 'startingPosition' ${constraint}`);
  }
  if ((StartingPosition === "AT_TIMESTAMP") !== isGiven(StartingPositionTimestamp)) {
    throw wrongParameter("StartingPositionTimestamp is given with StartingPosition AT_TIMESTAMP, and only with that.");
  }
}

/** Where nothing is said of it, it stays. The queue need not be there. */
function destinationOf(identity: Identity, { DestinationConfig: config }: GivenMembers, kind: SourceKind): JsonObject {
  if (config === undefined || config === null) return {};
  if (isGiven(config.OnSuccess) || (kind !== "kinesis" && isGiven(config))) throw unsupported("DestinationConfig");
  if (kind !== "kinesis") return {};
  const destination = config.OnFailure?.Destination ?? "";
  if (destination === "") return { DestinationConfig: { OnFailure: {} } };
  if (targetOfArn(identity, destination).kind !== "queue")
    throw wrongParameter(`OnFailure must be the ARN of a queue of this account and region, not ${shown(destination)}`);
  return { DestinationConfig: { OnFailure: { Destination: destination } } };
}

/** An empty list of filters takes those of before away. */
function withFilters(members: JsonObject, { FilterCriteria: criteria }: GivenMembers): JsonObject {
  if (criteria === undefined || criteria === null) return members;
  const { FilterCriteria: _, ...rest } = members;
  const filters = (criteria.Filters ?? []).map(({ Pattern }) => {
    const text = Pattern ?? "";
    if (!parsePattern(text, CALLERS_BOUNDS).ok) throw wrongParameter("Invalid filter pattern definition.");
    return { Pattern: text };
  });
  return filters.length === 0 ? rest : { ...rest, FilterCriteria: { Filters: filters } };
}

function withScaling(members: JsonObject, { ScalingConfig: config }: GivenMembers): JsonObject {
  if (config === undefined || config === null) return members;
  const { ScalingConfig: _, ...rest } = members;
  const { MaximumConcurrency } = config;
  return isGiven(MaximumConcurrency)
    ? { ...rest, ScalingConfig: { MaximumConcurrency: MaximumConcurrency ?? null } }
    : rest;
}

function requireBatches({ BatchSize, MaximumBatchingWindowInSeconds }: JsonObject): void {
  const [size, windowSeconds] = [Number(BatchSize), Number(MaximumBatchingWindowInSeconds)];
  const few = MAPPING_BOUNDS.batchSize.default;
  if (size > few && windowSeconds === 0) {
    throw wrongParameter(
      "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
    );
  }
}
