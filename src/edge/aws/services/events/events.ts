import { jsonProtocol } from "../../protocol/json.ts";
import { EVENTS_CHANGE_OPERATIONS } from "../../../../ports/made.ts";
import type { Operation, Service } from "../../service.ts";
import { observedChange } from "../observed-change.ts";
import { ENDPOINT_OPERATIONS } from "./absent/endpoints.ts";
import { PARTNER_OPERATIONS } from "./absent/partner-event-sources.ts";
import { describeArchive, listArchives } from "./archives.ts";
import type { ArchiveChanging } from "./changes/archive-changes.ts";
import { createArchive, deleteArchive, updateArchive } from "./changes/archive-changes.ts";
import { createEventBus, deleteEventBus, updateEventBus } from "./changes/bus-changes.ts";
import { putPermission, removePermission } from "./changes/permissions.ts";
import { deleteRule, disableRule, enableRule, putRule } from "./changes/rule-changes.ts";
import { listTagsForResource, tagResource, untagResource } from "./changes/tags.ts";
import { putTargets, removeTargets } from "./changes/target-changes.ts";
import {
  createApiDestination,
  deleteApiDestination,
  updateApiDestination,
} from "./connections/api-destination-changes.ts";
import { describeApiDestination, listApiDestinations } from "./connections/api-destinations.ts";
import {
  createConnection,
  deauthorizeConnection,
  deleteConnection,
  updateConnection,
} from "./connections/connection-changes.ts";
import { describeConnection, listConnections } from "./connections/connections.ts";
import { describeEventBus, listEventBuses } from "./event-buses.ts";
import type { Putting } from "./put-events.ts";
import { putEvents } from "./put-events.ts";
import type { Replaying } from "./replays/replays.ts";
import { cancelReplay, describeReplay, listReplays } from "./replays/replays.ts";
import { startReplay } from "./replays/start-replay.ts";
import { describeRule, listRuleNamesByTarget, listRules, listTargetsByRule } from "./rules.ts";
import { testEventPattern } from "./test-event-pattern.ts";

/** What the operations of the EventBridge API work on. */
export type EventsOptions = Putting & ArchiveChanging & Replaying;

/** The operations that put events, try patterns, replay, read, or are about what is never there. Each makes its row of the service's table. */
const OPERATIONS: Readonly<Record<string, (options: EventsOptions) => Operation>> = {
  PutEvents: putEvents,
  TestEventPattern: testEventPattern,
  DescribeEventBus: describeEventBus,
  ListEventBuses: listEventBuses,
  DescribeConnection: describeConnection,
  ListConnections: listConnections,
  DescribeApiDestination: describeApiDestination,
  ListApiDestinations: listApiDestinations,
  DescribeRule: describeRule,
  ListRules: listRules,
  DescribeArchive: describeArchive,
  ListArchives: listArchives,
  ListTargetsByRule: listTargetsByRule,
  ListRuleNamesByTarget: listRuleNamesByTarget,
  ListTagsForResource: listTagsForResource,
  StartReplay: startReplay,
  DescribeReplay: describeReplay,
  ListReplays: listReplays,
  CancelReplay: cancelReplay,
  ...ENDPOINT_OPERATIONS,
  ...PARTNER_OPERATIONS,
};

/** The operations that change what is made over the API. */
const CHANGES: Readonly<Record<(typeof EVENTS_CHANGE_OPERATIONS)[number], (options: ArchiveChanging) => Operation>> = {
  CreateEventBus: createEventBus,
  UpdateEventBus: updateEventBus,
  DeleteEventBus: deleteEventBus,
  PutRule: putRule,
  EnableRule: enableRule,
  DisableRule: disableRule,
  DeleteRule: deleteRule,
  PutPermission: putPermission,
  RemovePermission: removePermission,
  CreateConnection: createConnection,
  UpdateConnection: updateConnection,
  DeleteConnection: deleteConnection,
  DeauthorizeConnection: deauthorizeConnection,
  CreateApiDestination: createApiDestination,
  UpdateApiDestination: updateApiDestination,
  DeleteApiDestination: deleteApiDestination,
  PutTargets: putTargets,
  RemoveTargets: removeTargets,
  CreateArchive: createArchive,
  UpdateArchive: updateArchive,
  DeleteArchive: deleteArchive,
  TagResource: tagResource,
  UntagResource: untagResource,
};

/** The policy actions of the EventBridge API. */
export const EVENTS_ACTIONS: readonly string[] = Object.keys({ ...OPERATIONS, ...CHANGES }).map(
  (name) => `events:${name}`,
);

/** The EventBridge API. */
export function eventsService(options: EventsOptions): Service {
  const rows = Object.entries(OPERATIONS).map(([name, row]): [string, Operation] => [name, row(options)]);
  const changes = EVENTS_CHANGE_OPERATIONS.map((name): [string, Operation] => {
    return [name, observedChange(name, CHANGES[name](options), options.changes)];
  });
  return {
    name: "events",
    protocol: jsonProtocol("1.1", "AWSEvents"),
    operations: new Map([...rows, ...changes]),
  };
}
