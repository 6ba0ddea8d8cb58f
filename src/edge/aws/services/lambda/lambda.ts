import { LAMBDA_CHANGE_OPERATIONS } from "../../../../ports/made.ts";
import type { RestRoute } from "../../protocol/rest-json.ts";
import { restJsonProtocol } from "../../protocol/rest-json.ts";
import type { Operation, Service } from "../../service.ts";
import { observedChange } from "../observed-change.ts";
import { lambdaErrorBody } from "./errors.ts";
import type { InvokeApi } from "./invoke.ts";
import { invoke } from "./invoke.ts";
import type { MappingApi } from "./mapping-api.ts";
import { createEventSourceMapping, updateEventSourceMapping } from "./mapping-changes.ts";
import { deleteEventSourceMapping } from "./mapping-deletion.ts";
import { getEventSourceMapping, listEventSourceMappings } from "./mapping-reading.ts";
import { listMappingTags, tagMapping, untagMapping } from "./mapping-tags.ts";

/** An operation, and where it is. */
interface Row extends RestRoute {
  readonly make: (api: LambdaApi) => Operation;
  /** Where it is not called as the operation is. */
  readonly action?: string;
}

/** What the operations work on. */
export type LambdaApi = MappingApi & InvokeApi;

const ALL = "/2015-03-31/event-source-mappings";
const ONE = `${ALL}/{UUID}`;
const TAGS = "/2017-03-31/tags/{Resource}";

/** The operations of the Lambda API: calls of functions, and event source mappings. */
const OPERATIONS: Readonly<Record<string, Row>> = {
  Invoke: {
    method: "POST",
    path: "/2015-03-31/functions/{FunctionName}/invocations",
    query: { Qualifier: { member: "Qualifier" } },
    headers: {
      "x-amz-invocation-type": "InvocationType",
      "x-amz-log-type": "LogType",
      "x-amz-client-context": "ClientContext",
    },
    hasPayload: true,
    make: invoke,
    action: "lambda:InvokeFunction",
  },
  CreateEventSourceMapping: { method: "POST", path: ALL, status: 202, make: createEventSourceMapping },
  GetEventSourceMapping: { method: "GET", path: ONE, make: getEventSourceMapping },
  ListEventSourceMappings: {
    method: "GET",
    path: ALL,
    query: {
      EventSourceArn: { member: "EventSourceArn" },
      FunctionName: { member: "FunctionName" },
      Marker: { member: "Marker" },
      MaxItems: { member: "MaxItems", type: "integer" },
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
export const LAMBDA_ACTIONS: readonly string[] = Object.entries(OPERATIONS).map(
  ([name, { action }]) => action ?? `lambda:${name}`,
);

/** The part of the Lambda API that is about calls of functions and about event source mappings. */
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
