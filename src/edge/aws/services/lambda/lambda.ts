import { LAMBDA_CHANGE_OPERATIONS } from "../../../../ports/made.ts";
import { restJsonProtocol } from "../../protocol/rest-json.ts";
import type { Operation, Service } from "../../service.ts";
import { observedChange } from "../observed-change.ts";
import { lambdaErrorBody } from "./errors.ts";
import { createAlias, deleteAlias, updateAlias } from "./aliases/alias-changes.ts";
import { FUNCTION_READS } from "./functions/function-reads.ts";
import { REFUSED_CHANGES } from "./functions/refused-changes.ts";
import type { InvokeApi } from "./invoke/invoke.ts";
import { invoke, invokeAsync } from "./invoke/invoke.ts";
import { invokeWithResponseStream } from "./invoke/invoke-with-response-stream.ts";
import type { LambdaRow } from "./lambda-row.ts";
import { WITH_MARKER, WITH_QUALIFIER } from "./lambda-row.ts";
import type { MappingApi } from "./mappings/mapping-api.ts";
import { createEventSourceMapping, updateEventSourceMapping } from "./mappings/mapping-changes.ts";
import { deleteEventSourceMapping } from "./mappings/mapping-deletion.ts";
import { getEventSourceMapping, listEventSourceMappings } from "./mappings/mapping-reading.ts";
import { listMappingTags, tagMapping, untagMapping } from "./mappings/mapping-tags.ts";

/** What the operations work on. */
export type LambdaApi = MappingApi & InvokeApi;

const ALL = "/2015-03-31/event-source-mappings";
const ONE = `${ALL}/{UUID}`;
const ALIASES = "/2015-03-31/functions/{FunctionName}/aliases";
const TAGS = "/2017-03-31/tags/{Resource}";

/** The operations of the Lambda API: on functions, and on event source mappings. */
const OPERATIONS: Readonly<Record<string, LambdaRow<LambdaApi>>> = {
  Invoke: {
    method: "POST",
    path: "/2015-03-31/functions/{FunctionName}/invocations",
    query: WITH_QUALIFIER,
    headers: {
      "x-amz-invocation-type": "InvocationType",
      "x-amz-log-type": "LogType",
      "x-amz-client-context": "ClientContext",
    },
    hasPayload: true,
    make: invoke,
    action: "lambda:InvokeFunction",
  },
  InvokeAsync: {
    method: "POST",
    path: "/2014-11-13/functions/{FunctionName}/invoke-async",
    status: 202,
    hasPayload: true,
    make: invokeAsync,
  },
  InvokeWithResponseStream: {
    method: "POST",
    path: "/2021-11-15/functions/{FunctionName}/response-streaming-invocations",
    query: WITH_QUALIFIER,
    headers: {
      "x-amz-invocation-type": "InvocationType",
      "x-amz-log-type": "LogType",
      "x-amz-client-context": "ClientContext",
    },
    hasPayload: true,
    make: invokeWithResponseStream,
    action: "lambda:InvokeFunction",
  },
  ...FUNCTION_READS,
  ...REFUSED_CHANGES,
  CreateAlias: { method: "POST", path: ALIASES, status: 201, make: createAlias },
  UpdateAlias: { method: "PUT", path: `${ALIASES}/{Name}`, make: updateAlias },
  DeleteAlias: { method: "DELETE", path: `${ALIASES}/{Name}`, status: 204, make: deleteAlias },
  CreateEventSourceMapping: { method: "POST", path: ALL, status: 202, make: createEventSourceMapping },
  GetEventSourceMapping: { method: "GET", path: ONE, make: getEventSourceMapping },
  ListEventSourceMappings: {
    method: "GET",
    path: ALL,
    query: {
      EventSourceArn: { member: "EventSourceArn" },
      FunctionName: { member: "FunctionName" },
      ...WITH_MARKER,
    },
    make: listEventSourceMappings,
  },
  UpdateEventSourceMapping: { method: "PUT", path: ONE, status: 202, make: updateEventSourceMapping },
  DeleteEventSourceMapping: { method: "DELETE", path: ONE, status: 202, make: deleteEventSourceMapping },
  TagResource: { method: "POST", path: TAGS, status: 204, make: tagMapping },
  UntagResource: {
    method: "DELETE",
    path: TAGS,
    status: 204,
    query: { tagKeys: { member: "TagKeys", type: "list" } },
    make: untagMapping,
  },
  ListTags: { method: "GET", path: TAGS, make: listMappingTags },
};

/** The policy actions of the Lambda API. */
export const LAMBDA_ACTIONS: readonly string[] = [
  ...new Set(Object.entries(OPERATIONS).map(([name, { action }]) => action ?? `lambda:${name}`)),
];

/** The names of the operations that are answered. */
export const LAMBDA_OPERATIONS: readonly string[] = Object.keys(OPERATIONS);

/** The part of the Lambda API that is about functions and about event source mappings. */
export function lambdaService(api: LambdaApi): Service {
  const rows = Object.entries(OPERATIONS).map(([name, { make }]): [string, Operation] => {
    const change = LAMBDA_CHANGE_OPERATIONS.find((one) => one === name);
    return [name, change === undefined ? make(api) : observedChange(change, make(api), api.changes)];
  });
  return {
    name: "lambda",
    protocol: restJsonProtocol(OPERATIONS, lambdaErrorBody),
    operations: new Map(rows),
  };
}
