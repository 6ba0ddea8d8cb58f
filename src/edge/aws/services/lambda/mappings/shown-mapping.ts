import type { Identity } from "../../../../../domain/arn.ts";
import { brokerArn, functionArn, mappingArn, queueArn, streamArn } from "../../../../../domain/arn.ts";
import type { MadeMapping } from "../../../../../domain/made/mapping.ts";
import type { Mapping, MappingOf, StreamSource } from "../../../../../domain/mapping/mapping.ts";
import { isOfStream, startingPositionName } from "../../../../../domain/mapping/mapping.ts";
import { mappingUuidOf } from "../../../../../domain/mapping/mapping-uuid.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { MappingStatus } from "../../../../../ports/admin/mappings.ts";
import { qualifiedArn } from "../function-name.ts";
import { sourceArnOf, sourceKindOf } from "./mapping-source.ts";

/** A mapping's states, in Lambda's words. All but `Enabled` and `Disabled` are until the router that answers has taken over what was changed. */
export type MappingState = "Creating" | "Enabling" | "Enabled" | "Disabling" | "Disabled" | "Updating" | "Deleting";

/** How a mapping is shown besides what it was given. */
export interface MappingView {
  readonly identity: Identity;
  readonly state: MappingState;
  readonly status: Pick<MappingStatus, "lastResult">;
}

/** A mapping that was made over the API, as the API shows it. */
export function shownMade(uuid: string, made: MadeMapping, view: MappingView): JsonObject {
  const { functionName: name, qualifier, members, modifiedMs } = made;
  return {
    ...members,
    ...common(uuid, view, sourceKindOf(sourceArnOf(members)) === "kinesis"),
    FunctionArn: qualifiedArn(view.identity, { name, qualifier }),
    LastModified: modifiedMs / 1_000,
  };
}

/** A mapping of a file, as the API shows it. Files say no time, so its `LastModified` is 0. */
export function shownOfFile(mapping: Mapping, view: MappingView): JsonObject {
  const { identity } = view;
  const { batchSize, batchWindowSeconds, reportBatchItemFailures, filters, maximumConcurrency } = mapping;
  const types = mapping.format === "rmq" ? {} : { FunctionResponseTypes: reportBatchItemFailures ? [REPORTS] : [] };
  return {
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: batchWindowSeconds,
    ...types,
    ...(filters.length === 0
      ? {}
      : { FilterCriteria: { Filters: filters.map((one) => ({ Pattern: one.patternJson })) } }),
    ...(maximumConcurrency === undefined ? {} : { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
    ...sourceOf(mapping, identity),
    ...common(mappingUuidOf(mapping.name), view, isOfStream(mapping)),
    FunctionArn: functionArn(identity, mapping.functionName),
    LastModified: 0,
  };
}

const REPORTS = "ReportBatchItemFailures";

/** AWS says of a stream from the beginning what came of it. */
function common(uuid: string, { identity, state, status: { lastResult } }: MappingView, isStream: boolean): JsonObject {
  const first = isStream ? { LastProcessingResult: "No records processed" } : {};
  const last = { LastProcessingResult: lastResult?.outcome === "success" ? "OK" : "PROBLEM: Function call failed" };
  return {
    UUID: uuid,
    EventSourceMappingArn: mappingArn(identity, uuid),
    State: state,
    StateTransitionReason: isStream ? "User action" : "USER_INITIATED",
    ...(lastResult === undefined ? first : last),
  };
}

function sourceOf(mapping: Mapping, identity: Identity): JsonObject {
  if (isOfStream(mapping)) return streamMembers(mapping, identity);
  const { queue } = mapping.source;
  if (mapping.format === "rmq") return { EventSourceArn: brokerArn(identity), Queues: [queue] };
  return { EventSourceArn: queueArn(identity, queue) };
}

function streamMembers({ source }: MappingOf<StreamSource>, identity: Identity): JsonObject {
  const { startingPosition: position, onFailure } = source;
  return {
    EventSourceArn: streamArn(identity, source.stream),
    BisectBatchOnFunctionError: source.bisectBatchOnFunctionError,
    DestinationConfig: { OnFailure: onFailure === undefined ? {} : { Destination: queueArn(identity, onFailure) } },
    MaximumRecordAgeInSeconds: source.maximumRecordAgeSeconds,
    MaximumRetryAttempts: source.maximumRetryAttempts,
    ParallelizationFactor: source.parallelizationFactor,
    StartingPosition: startingPositionName(position),
    ...(position.kind === "time" ? { StartingPositionTimestamp: position.atMs / 1_000 } : {}),
    TumblingWindowInSeconds: source.tumblingWindowSeconds,
  };
}
