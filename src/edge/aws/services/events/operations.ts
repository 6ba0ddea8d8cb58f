import type { EventsOperation } from "../../../../domain/access/actions.ts";
import { busNameOf, eventBusArn, ruleArn } from "../../../../domain/arn.ts";
import type { Ingest } from "../../../../ports/put.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { Limit } from "../../../../domain/limits.ts";
import { AwsError } from "../../../http/errors.ts";
import type { Reading } from "./event-buses.ts";
import { describeEventBus, listEventBuses } from "./event-buses.ts";
import type { NamedOperation, Operation, Operations } from "../../protocol/handler.ts";
import { optionalString, requiredString } from "../../protocol/input.ts";
import { putEvents } from "./put-events.ts";
import { describeRule, listRuleNamesByTarget, listRules, listTargetsByRule } from "./rules.ts";
import { testEventPattern } from "./test-event-pattern.ts";

/**
 * Waits for the turn of somebody's request that is no put. Resolves with what is to be called when it has been answered;
 * with undefined when there is no room for it.
 */
export type TakeTurn = (share: string) => Promise<(() => void) | undefined>;

/** The ARN of what an operation reads, by its input; `*` for nothing in particular. */
type ResourceOf = (input: JsonObject) => string;

/** Every operation that is answered, by its name, each asking first whether its caller may. */
export function awsOperations(ingest: Ingest, entries: Limit, reading: Reading, takeTurn: TakeTurn): Operations {
  const { identity } = reading;
  const guarded = guardedBy(takeTurn);
  const busOf = (input: JsonObject, member: string): string =>
    busNameOf(identity, optionalString(input, member) ?? "default");

  const bus =
    (member: string): ResourceOf =>
    (input) =>
      eventBusArn(identity, busOf(input, member));
  const rule =
    (member: string): ResourceOf =>
    (input) =>
      ruleArn(identity, busOf(input, "EventBusName"), requiredString(input, member));
  const nothing: ResourceOf = () => "*";

  const operations: Readonly<Record<EventsOperation, NamedOperation>> = {
    // It asks for each entry as well.
    PutEvents: {
      admit: (caller) => void caller.authorizePut(identity),
      run: putEvents(ingest, entries, identity),
    },
    TestEventPattern: guarded("TestEventPattern", nothing, testEventPattern),
    DescribeEventBus: guarded("DescribeEventBus", bus("Name"), describeEventBus(reading)),
    ListEventBuses: guarded("ListEventBuses", nothing, listEventBuses(reading)),
    DescribeRule: guarded("DescribeRule", rule("Name"), describeRule(reading)),
    ListRules: guarded("ListRules", bus("EventBusName"), listRules(reading)),
    ListTargetsByRule: guarded("ListTargetsByRule", rule("Rule"), listTargetsByRule(reading)),
    ListRuleNamesByTarget: guarded("ListRuleNamesByTarget", bus("EventBusName"), listRuleNamesByTarget(reading)),
  };
  return new Map(Object.entries(operations));
}

/** A reading operation begins in its caller's share, as one entry of a put does. */
function guardedBy(takeTurn: TakeTurn) {
  return (name: EventsOperation, resourceOf: ResourceOf, operation: Operation): NamedOperation => ({
    run: async (input, call) => {
      const done = await takeTurn(call.caller.share);
      if (done === undefined) throw new AwsError("ThrottlingException", "Rate exceeded", { retryAfterSeconds: 1 });
      try {
        call.caller.authorize(`events:${name}`, resourceOf(input));
        return await operation(input, call);
      } finally {
        done();
      }
    },
  });
}
