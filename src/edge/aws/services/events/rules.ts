import type { Identity } from "../../../../domain/arn.ts";
import { ruleArn, targetArn } from "../../../../domain/arn.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { Rule } from "../../../../domain/rule/rule.ts";
import { ruleKey } from "../../../../domain/rule/rule.ts";
import { AwsError } from "../../../http/errors.ts";
import type { Reading } from "./event-buses.ts";
import { eventBusOf } from "./event-buses.ts";
import type { Operation } from "../../protocol/handler.ts";
import { optionalString, requiredString, shown } from "../../protocol/input.ts";
import { page } from "../../protocol/paging.ts";
import { describeTarget } from "./targets.ts";

/** DescribeRule. */
export function describeRule(reading: Reading): Operation {
  return (input) => {
    const rule = ruleOf(reading, input, "Name");
    return { ...describe(reading.identity, rule), CreatedBy: reading.identity.accountId };
  };
}

/** ListRules: those of one bus, by name, that begin with `NamePrefix`. */
export function listRules(reading: Reading): Operation {
  return (input) => {
    const bus = eventBusOf(reading, input, "EventBusName").name;
    const prefix = optionalString(input, "NamePrefix") ?? "";
    const rules = rulesOn(reading, bus).filter(({ name }) => name.startsWith(prefix));
    const { items, next } = page(input, ["rules", bus, prefix], rules, ({ name }) => name);
    return { Rules: items.map((rule) => describe(reading.identity, rule)), ...next };
  };
}

/** ListTargetsByRule: the targets of one rule, by id. */
export function listTargetsByRule(reading: Reading): Operation {
  return (input) => {
    const { bus, name, targets } = ruleOf(reading, input, "Rule");
    const { items, next } = page(input, ["targets", bus, name], targets, ({ id }) => id);
    return { Targets: items.map((target) => describeTarget(reading.identity, target)), ...next };
  };
}

/** ListRuleNamesByTarget: the rules of one bus that have a target with this ARN. */
export function listRuleNamesByTarget(reading: Reading): Operation {
  return (input) => {
    const bus = eventBusOf(reading, input, "EventBusName").name;
    const arn = requiredString(input, "TargetArn");
    const rules = rulesOn(reading, bus).filter(({ targets }) =>
      targets.some(({ to }) => targetArn(reading.identity, to) === arn),
    );
    const { items, next } = page(input, ["names", bus, arn], rules, ({ name }) => name);
    return { RuleNames: items.map(({ name }) => name), ...next };
  };
}

function rulesOn({ config }: Reading, bus: string): readonly Rule[] {
  return [...config().rules.values()].filter((rule) => rule.bus === bus);
}

function ruleOf(reading: Reading, input: JsonObject, member: string): Rule {
  const name = requiredString(input, member);
  const bus = eventBusOf(reading, input, "EventBusName").name;
  const rule = reading.config().rules.get(ruleKey(bus, name));
  // A slash in the name could reach a rule of another bus: the key alone does not prove that it is this one.
  if (rule?.name === name && rule.bus === bus) return rule;
  throw new AwsError("ResourceNotFoundException", `Rule ${shown(name)} does not exist on EventBus ${bus}.`);
}

function describe(identity: Identity, { bus, name, patternJson, state, description }: Rule): JsonObject {
  return {
    Name: name,
    Arn: ruleArn(identity, bus, name),
    EventPattern: patternJson,
    State: state,
    ...(description === undefined ? {} : { Description: description }),
    EventBusName: bus,
  };
}
