import type { Identity } from "../../../domain/arn.ts";
import { brokerArn, targetOfArn } from "../../../domain/arn.ts";
import type { MadeMapping } from "../../../domain/made/mapping.ts";
import type { Mapping } from "../../../domain/mapping/mapping.ts";
import { qualifiedName } from "../../../domain/target/function-version.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { parseEpochSeconds } from "../../../text/date-time.ts";
import type { ShownEntry } from "../../document/config-document.ts";
import { KINDS } from "../../kinds/kinds.ts";
import { ANY_NAMES } from "./any-names.ts";

/** What files call the members that have the same values there. */
const SAME = {
  BatchSize: "batchSize",
  MaximumBatchingWindowInSeconds: "maximumBatchingWindowInSeconds",
  StartingPosition: "startingPosition",
  ParallelizationFactor: "parallelizationFactor",
  BisectBatchOnFunctionError: "bisectBatchOnFunctionError",
  MaximumRetryAttempts: "maximumRetryAttempts",
  MaximumRecordAgeInSeconds: "maximumRecordAgeInSeconds",
  TumblingWindowInSeconds: "tumblingWindowInSeconds",
} as const;

const SCHEMA = KINDS.eventSourceMappings.schema(ANY_NAMES);

/** An event source mapping that was made over the API, as a file would have it. */
export function mappingEntry(uuid: string, made: MadeMapping, identity: Identity): ShownEntry {
  return { section: "eventSourceMappings", name: uuid, raw: rawMapping(made, identity) };
}

/** Compiles a mapping by the schema that files are read by. @returns undefined when a router of another version wrote it. */
export function compileMadeMapping(uuid: string, made: MadeMapping, identity: Identity): Mapping | undefined {
  const checked = checkedMapping(made, identity);
  return checked.success ? KINDS.eventSourceMappings.make(uuid, checked.data) : undefined;
}

/** What the schema of files says of a mapping. */
export function checkedMapping(made: MadeMapping, identity: Identity) {
  return SCHEMA.safeParse(rawMapping(made, identity));
}

function rawMapping({ functionName, qualifier, isEnabled, members }: MadeMapping, identity: Identity): object {
  const same = Object.entries(SAME).flatMap(([member, name]) => {
    const value = members[member];
    return value === undefined ? [] : [[name, value] as const];
  });
  const maximumConcurrency = memberOf(members["ScalingConfig"], "MaximumConcurrency");
  const filters = filtersOf(members["FilterCriteria"]);
  const types = members["FunctionResponseTypes"];
  return {
    ...rawSource(members, identity),
    function: qualifiedName(functionName, qualifier),
    ...Object.fromEntries(same),
    ...positionTime(members["StartingPositionTimestamp"]),
    ...(Array.isArray(types) && types.length > 0 ? { reportBatchItemFailures: true } : {}),
    ...(filters.length === 0 ? {} : { filters }),
    ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
    ...rawOnFailure(members["DestinationConfig"], identity),
    ...(isEnabled ? {} : { enabled: false }),
  };
}

/** Of Amazon MQ's broker the queue is named beside it. */
function rawSource({ EventSourceArn: arn, Queues: queues }: JsonObject, identity: Identity): object {
  if (typeof arn !== "string") return {};
  const [queue] = Array.isArray(queues) ? (queues as readonly Json[]) : [];
  if (arn === brokerArn(identity)) return { queue, format: "rmq" };
  const { kind, name } = targetOfArn(identity, arn);
  return kind === "queue" || kind === "stream" ? { [kind]: name } : {};
}

/** @param seconds epoch seconds */
function positionTime(seconds: Json | undefined): object {
  const atMs = typeof seconds === "number" ? parseEpochSeconds(seconds) : undefined;
  return atMs === undefined ? {} : { startingPositionTimestamp: new Date(atMs).toISOString() };
}

function filtersOf(criteria: Json | undefined): readonly unknown[] {
  const filters = memberOf(criteria, "Filters");
  return (Array.isArray(filters) ? (filters as readonly Json[]) : []).map((filter) => {
    const pattern = memberOf(filter, "Pattern");
    return typeof pattern === "string" ? tryParseExactly(pattern) : undefined;
  });
}

function rawOnFailure(config: Json | undefined, identity: Identity): object {
  const arn = memberOf(memberOf(config, "OnFailure"), "Destination");
  if (typeof arn !== "string") return {};
  const to = targetOfArn(identity, arn);
  return to.kind === "queue" ? { onFailure: { queue: to.name } } : {};
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value ?? null) ? (value as JsonObject)[name] : undefined;
}
