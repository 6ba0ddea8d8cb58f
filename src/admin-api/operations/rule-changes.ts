import type { z } from "zod";
import type { PassedOnAction } from "../../domain/access/actions.ts";
import {
  changedTargetsAnswer,
  describeRuleAnswer,
  emptyAnswer,
  namedRuleBody,
  putRuleAnswer,
  putRuleBody,
  putTargetsBody,
  removeTargetsBody,
  targetsOfRuleAnswer,
  targetsOfRuleBody,
} from "../configuration/rule-changes.ts";
import { operations } from "./operation.ts";

/** The operations of the EventBridge API that may be passed on. */
type PassedOnOperation = OfEvents<PassedOnAction>;
type OfEvents<Action> = Action extends `events:${infer Name}` ? Name : never;

/** An operation of the EventBridge API, asked for in the name of the console's caller. */
function ofEventBridge<Name extends PassedOnOperation, Body extends z.ZodType, Answer extends z.ZodType>(
  name: Name,
  summary: string,
  body: Body,
  answer: Answer,
) {
  return {
    method: "POST",
    path: `/eventbridge/${name}`,
    summary,
    guard: { action: `events:${name}`, on: "event-bus/found" },
    servedBy: "eventbridge",
    body: { schema: body, about: `A request of ${name}.`, isRequired: true },
    answer,
    refusals: [413],
  } as const;
}

/** Changes of rules by the console: operations of the EventBridge API. */
export const RULE_CHANGE_OPERATIONS = operations({
  putRule: ofEventBridge("PutRule", "Makes a rule, or changes all of one but its targets.", putRuleBody, putRuleAnswer),
  enableRule: ofEventBridge("EnableRule", "Lets a rule match events again.", namedRuleBody, emptyAnswer),
  disableRule: ofEventBridge("DisableRule", "Keeps a rule from matching events.", namedRuleBody, emptyAnswer),
  deleteRule: ofEventBridge("DeleteRule", "Deletes a rule that has no targets any more.", namedRuleBody, emptyAnswer),
  describeRule: ofEventBridge(
    "DescribeRule",
    "A rule without its targets, with all that it was given.",
    namedRuleBody,
    describeRuleAnswer,
  ),
  listTargetsOfRule: ofEventBridge(
    "ListTargetsByRule",
    "The targets of a rule, with all members that they were given.",
    targetsOfRuleBody,
    targetsOfRuleAnswer,
  ),
  putTargets: ofEventBridge(
    "PutTargets",
    "Gives a rule targets, or replaces those with the same ids.",
    putTargetsBody,
    changedTargetsAnswer,
  ),
  removeTargets: ofEventBridge("RemoveTargets", "Takes targets from a rule.", removeTargetsBody, changedTargetsAnswer),
});
