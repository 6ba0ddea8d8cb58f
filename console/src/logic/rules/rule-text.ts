import type { PutRuleBody, TargetMembers } from "../../../../src/admin-api/configuration/rule-changes.ts";
import { shellQuoted } from "../text/shell.ts";

/** As many as a rule may have. */
export const TARGETS_MAX = 5;

/** A rule as its form holds it. */
export interface RuleText {
  readonly bus: string;
  readonly name: string;
  readonly description: string;
  readonly isEnabled: boolean;
  /** The text of an event pattern. */
  readonly pattern: string;
  /** A schedule expression; empty for none. */
  readonly schedule: string;
  readonly targets: readonly TargetText[];
}

export interface TargetText {
  readonly id: string;
  readonly arn: string;
  /** The text of a JSON object with all other members of PutTargets: `InputPath`, `RetryPolicy` and so on. */
  readonly others: string;
}

/** A rule and its targets as the EventBridge API has them. */
export interface KeptRule {
  readonly rule: PutRuleBody;
  readonly targets: readonly TargetMembers[];
}

export const NO_TARGET: TargetText = { id: "", arn: "", others: "{}" };

export function newRule(bus: string): RuleText {
  return { bus, name: "", description: "", isEnabled: true, pattern: "", schedule: "", targets: [NO_TARGET] };
}

/** @param indented lays out the text of a pattern. */
export function textOfRule({ rule, targets }: KeptRule, indented: (json: string) => string): RuleText {
  return {
    bus: rule.EventBusName ?? "default",
    name: rule.Name,
    description: rule.Description ?? "",
    isEnabled: rule.State !== "DISABLED",
    pattern: rule.EventPattern === undefined ? "" : indented(rule.EventPattern),
    schedule: rule.ScheduleExpression ?? "",
    targets: targets.map(({ Id, Arn, ...others }) => ({
      id: Id,
      arn: Arn,
      others: Object.keys(others).length === 0 ? "{}" : JSON.stringify(others, undefined, 2),
    })),
  };
}

/** What is wrong with a rule before anybody is asked, or undefined. Patterns have a judge of their own. */
export function problemOfRule({ name, bus, pattern, schedule, targets }: RuleText): string | undefined {
  if (name.trim() === "") return "The name is missing.";
  if (bus.trim() === "") return "The bus is missing.";
  if (pattern.trim() === "" && schedule.trim() === "") return "It needs a pattern or a schedule.";
  const given = givenTargets(targets);
  const ids = given.map(({ id }) => id.trim());
  for (const { id, arn, others } of given) {
    const named = id.trim() === "" ? "A target" : `Target ${id.trim()}`;
    if (id.trim() === "") return "A target has no id.";
    if (arn.trim() === "") return `${named} has no ARN.`;
    if (ids.indexOf(id.trim()) !== ids.lastIndexOf(id.trim())) return `Two targets have the id ${id.trim()}.`;
    if (membersIn(others) === undefined) return `The other members of target ${id.trim()} are no JSON object.`;
  }
  return undefined;
}

/** The requests that make a rule what its form says. What is undefined needs none. */
export interface RuleRequests {
  readonly putRule: PutRuleBody | undefined;
  readonly putTargets: readonly TargetMembers[] | undefined;
  readonly removedIds: readonly string[] | undefined;
}

/**
 * @param kept the rule as it was read; undefined for a new one. Members that the form has not stay as they are there.
 * @param text one without a problem.
 */
export function requestsOf(kept: KeptRule | undefined, text: RuleText): RuleRequests {
  const rule = ruleBodyOf(kept?.rule, text);
  const targets = givenTargets(text.targets).map(targetOf);
  const before = new Map(kept?.targets.map((target) => [target.Id, JSON.stringify(target)]));
  const changed = targets.filter((target) => before.get(target.Id) !== JSON.stringify(target));
  const ids = new Set(targets.map(({ Id }) => Id));
  const removed = [...before.keys()].filter((id) => !ids.has(id));
  return {
    putRule: kept !== undefined && isSame(kept.rule, rule) ? undefined : rule,
    putTargets: changed.length === 0 ? undefined : changed,
    removedIds: removed.length === 0 ? undefined : removed,
  };
}

/** Command lines that do the same. `$BUSBAR_URL` is the router's public address, which the page does not know. */
export function awsCommands(requests: RuleRequests, { name, bus }: Pick<RuleText, "name" | "bus">): string {
  const { putRule, putTargets, removedIds } = requests;
  const command = (operation: string, input: object) =>
    `aws events ${operation} --endpoint-url "$BUSBAR_URL" --cli-input-json ${shellQuoted(JSON.stringify(input))}`;
  const of = { Rule: name.trim(), EventBusName: bus.trim() };
  return [
    ...(putRule === undefined ? [] : [command("put-rule", putRule)]),
    ...(removedIds === undefined ? [] : [command("remove-targets", { ...of, Ids: removedIds })]),
    ...(putTargets === undefined ? [] : [command("put-targets", { ...of, Targets: putTargets })]),
  ].join("\n");
}

function ruleBodyOf(kept: PutRuleBody | undefined, text: RuleText): PutRuleBody {
  const { name, bus, description, isEnabled, pattern, schedule } = text;
  // States of AWS that only differ for AWS's own events are kept.
  const state = isEnabled ? (kept?.State ?? "ENABLED") : "DISABLED";
  return {
    Name: name.trim(),
    EventBusName: bus.trim(),
    State: isEnabled && state === "DISABLED" ? "ENABLED" : state,
    ...(pattern.trim() === "" ? {} : { EventPattern: pattern }),
    ...(schedule.trim() === "" ? {} : { ScheduleExpression: schedule.trim() }),
    ...(description.trim() === "" ? {} : { Description: description.trim() }),
    ...(kept?.RoleArn === undefined ? {} : { RoleArn: kept.RoleArn }),
  };
}

function isSame(kept: PutRuleBody, rule: PutRuleBody): boolean {
  const members = ["State", "ScheduleExpression", "Description"] as const;
  return (
    members.every((name) => kept[name] === rule[name]) && compact(kept.EventPattern) === compact(rule.EventPattern)
  );
}

/** Without what only lays it out. Two texts that differ in nothing else are the same pattern. */
function compact(pattern: string | undefined): string | undefined {
  return pattern?.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}

/** A row that nobody filled in is none. */
function givenTargets(targets: readonly TargetText[]): readonly TargetText[] {
  return targets.filter(({ id, arn }) => id.trim() !== "" || arn.trim() !== "");
}

function targetOf({ id, arn, others }: TargetText): TargetMembers {
  return { Id: id.trim(), Arn: arn.trim(), ...membersIn(others) };
}

function membersIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json.trim() === "" ? "{}" : json);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
