import { Router } from "express";
import type { MappingListAnswer } from "../../../admin-api/configuration/mappings.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Config } from "../../../domain/config.ts";
import type { Mapping, MappingOf, StreamSource } from "../../../domain/mapping/mapping.ts";
import { isOfStream, startingPositionName } from "../../../domain/mapping/mapping.ts";
import { mappingUuidOf } from "../../../domain/mapping/mapping-uuid.ts";
import type { MappingStatuses } from "../../../ports/admin/mappings.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";
import { pageByName } from "./name-pages.ts";

export interface MappingsRouterOptions {
  readonly config: () => Config;
  readonly mappings: () => MappingStatuses;
  readonly may: May;
}

/** The event source mappings in force, in the order of their names, a page at a time. */
export function mappingsRouter({ config, mappings, may }: MappingsRouterOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listMappings, ({ query }) => {
    const { mapping: wanted, limit, after } = query;
    const { shown, next } = pageByName(config().mappings.values(), { wanted, limit, after });
    const statuses = mappings();
    return { mappings: shown.map((mapping) => described(mapping, config(), statuses)), ...next };
  });
  return router;
}

type ListedMapping = MappingListAnswer["mappings"][number];

function described(mapping: Mapping, { made, places }: Config, statuses: MappingStatuses): ListedMapping {
  const { name, description, source, functionName, format, maximumConcurrency, filters } = mapping;
  const { state, callsInFlight, oldestRecordAgeMs, lastResult } = statuses.mappingStatus(name);
  const isOfApi = made?.mappings.has(name) === true;
  const place = isOfApi ? undefined : places?.mappings.get(name);
  return {
    name,
    uuid: isOfApi ? name : mappingUuidOf(name),
    ...(place === undefined ? {} : { place }),
    ...(description === undefined ? {} : { description }),
    source: { kind: source.kind, name: source.kind === "queue" ? source.queue : source.stream },
    function: functionName,
    format,
    batchSize: mapping.batchSize,
    maximumBatchingWindowInSeconds: mapping.batchWindowSeconds,
    reportBatchItemFailures: mapping.reportBatchItemFailures,
    filters: filters.map(({ patternJson }) => patternJson),
    ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
    ...(isOfStream(mapping) ? { stream: ofStream(mapping) } : {}),
    state,
    callsInFlight,
    ...(oldestRecordAgeMs === undefined ? {} : { oldestRecordAgeMs }),
    ...(lastResult === undefined ? {} : { lastResult }),
  };
}

function ofStream({ source }: MappingOf<StreamSource>): NonNullable<ListedMapping["stream"]> {
  const { startingPosition: position, onFailure } = source;
  return {
    startingPosition: startingPositionName(position),
    parallelizationFactor: source.parallelizationFactor,
    bisectBatchOnFunctionError: source.bisectBatchOnFunctionError,
    maximumRetryAttempts: source.maximumRetryAttempts,
    maximumRecordAgeInSeconds: source.maximumRecordAgeSeconds,
    tumblingWindowInSeconds: source.tumblingWindowSeconds,
    ...(onFailure === undefined ? {} : { onFailure }),
  };
}
