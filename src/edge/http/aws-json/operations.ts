import type { Ingest } from "../../../core/ingest.ts";
import type { Limit } from "../../../core/limits.ts";
import type { Reading } from "./event-buses.ts";
import { describeEventBus, listEventBuses } from "./event-buses.ts";
import type { Operations } from "./handler.ts";
import { putEvents } from "./put-events.ts";
import { describeRule, listRuleNamesByTarget, listRules, listTargetsByRule } from "./rules.ts";
import { testEventPattern } from "./test-event-pattern.ts";

/** Every operation that is answered, by its name. */
export function awsOperations(ingest: Ingest, entries: Limit, reading: Reading): Operations {
  return new Map([
    ["PutEvents", putEvents(ingest, entries)],
    ["TestEventPattern", testEventPattern],
    ["DescribeEventBus", describeEventBus(reading)],
    ["ListEventBuses", listEventBuses(reading)],
    ["DescribeRule", describeRule(reading)],
    ["ListRules", listRules(reading)],
    ["ListTargetsByRule", listTargetsByRule(reading)],
    ["ListRuleNamesByTarget", listRuleNamesByTarget(reading)],
  ]);
}
