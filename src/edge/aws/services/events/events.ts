import { jsonProtocol } from "../../protocol/json.ts";
import type { Operation, Service } from "../../service.ts";
import { disabledOperation } from "./disabled-operations.ts";
import type { Reading } from "./event-buses.ts";
import { describeEventBus, listEventBuses } from "./event-buses.ts";
import type { Putting } from "./put-events.ts";
import { putEvents } from "./put-events.ts";
import { describeRule, listRuleNamesByTarget, listRules, listTargetsByRule } from "./rules.ts";
import { testEventPattern } from "./test-event-pattern.ts";

/** What the operations of the EventBridge API work on. */
export type EventsOptions = Putting & Reading;

/** Every operation of the EventBridge API that is answered. Each makes its row of the service's table. */
const OPERATIONS: Readonly<Record<string, (options: EventsOptions) => Operation>> = {
  PutEvents: putEvents,
  TestEventPattern: testEventPattern,
  DescribeEventBus: describeEventBus,
  ListEventBuses: listEventBuses,
  DescribeRule: describeRule,
  ListRules: listRules,
  ListTargetsByRule: listTargetsByRule,
  ListRuleNamesByTarget: listRuleNamesByTarget,
};

/** The policy actions of the EventBridge API. */
export const EVENTS_ACTIONS: readonly string[] = Object.keys(OPERATIONS).map((name) => `events:${name}`);

/** The EventBridge API. */
export function eventsService(options: EventsOptions): Service {
  const rows = Object.entries(OPERATIONS).map(([name, row]): [string, Operation] => [name, row(options)]);
  return {
    name: "events",
    protocol: jsonProtocol("1.1", "AWSEvents"),
    operations: new Map(rows),
    unanswered: disabledOperation,
  };
}
