import type { Identity } from "../../../../domain/arn.ts";
import { ruleArn, targetArn, targetOfArn } from "../../../../domain/arn.ts";
import type { MadeRule } from "../../../../domain/made/made.ts";
import type { Rule } from "../../../../domain/rule/rule.ts";
import { ruleKey } from "../../../../domain/rule/rule.ts";
import type { NamedTarget } from "../../../../domain/target/target.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { page, PAGING } from "../../input/paging.ts";
import { required, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { eventsError } from "./errors.ts";
import type { BusMember, Reading } from "./event-buses.ts";
import { busArnOf, busNamedBy, eventBusOf } from "./event-buses.ts";
import { BUS_NAME_OR_ARN, RULE_NAME, TARGET_ARN } from "./names.ts";
import { describeTarget } from "./targets.ts";

/** DescribeRule. */
export function describeRule(reading: Reading): Operation {
  const { identity } = reading;
  return operation({
    input: structure("DescribeRuleRequest", { Name: required(RULE_NAME), EventBusName: BUS_NAME_OR_ARN }),
    resource: ({ Name, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), Name),
    handle: ({ Name, EventBusName }) => {
      const rule = ruleOf(reading, Name, EventBusName);
      return { ...describe(reading, rule), CreatedBy: identity.accountId };
    },
  });
}

/** ListRules: those of one bus, by name, that begin with `NamePrefix`. */
export function listRules(reading: Reading): Operation {
  const { identity } = reading;
  return operation({
    input: structure("ListRulesRequest", { NamePrefix: RULE_NAME, EventBusName: BUS_NAME_OR_ARN, ...PAGING }),
    resource: ({ EventBusName }) => busArnOf(identity, EventBusName),
    handle: (input) => {
      const bus = eventBusOf(reading, input.EventBusName).name;
      const prefix = input.NamePrefix ?? "";
      const rules = rulesOn(reading, bus).filter(({ name }) => name.startsWith(prefix));
      const { items, next } = page(input, ["rules", bus, prefix], rules, ({ name }) => name);
      return { Rules: items.map((rule) => describe(reading, rule)), ...next };
    },
  });
}

/** ListTargetsByRule: the targets of one rule, by id. */
export function listTargetsByRule(reading: Reading): Operation {
  const { identity } = reading;
  return operation({
    input: structure("ListTargetsByRuleRequest", {
      Rule: required(RULE_NAME),
      EventBusName: BUS_NAME_OR_ARN,
      ...PAGING,
    }),
    resource: ({ Rule: name, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), name),
    handle: (input) => {
      const rule = ruleOf(reading, input.Rule, input.EventBusName);
      const listing = ["targets", rule.bus, rule.name];
      // Of what was put, exactly the members that were given.
      const made = madeOf(reading, rule);
      const targets = made?.targets ?? rule.targets.map((target) => describeTarget(identity, target));
      const { items, next } = page(input, listing, targets, ({ Id }) => Id);
      return { Targets: items, ...next };
    },
  });
}

/** ListRuleNamesByTarget: the rules of one bus that have a target with this ARN. */
export function listRuleNamesByTarget(reading: Reading): Operation {
  const { identity } = reading;
  return operation({
    input: structure("ListRuleNamesByTargetRequest", {
      TargetArn: required(TARGET_ARN),
      EventBusName: BUS_NAME_OR_ARN,
      ...PAGING,
    }),
    resource: ({ EventBusName }) => busArnOf(identity, EventBusName),
    handle: (input) => {
      const bus = eventBusOf(reading, input.EventBusName).name;
      const arn = input.TargetArn;
      const rules = rulesOn(reading, bus).filter(({ targets }) => targets.some(({ to }) => isSame(identity, to, arn)));
      const { items, next } = page(input, ["names", bus, arn], rules, ({ name }) => name);
      return { RuleNames: items.map(({ name }) => name), ...next };
    },
  });
}

function rulesOn({ config }: Reading, bus: string): readonly Rule[] {
  return [...config().rules.values()].filter((rule) => rule.bus === bus);
}

function ruleOf(reading: Reading, name: string, busMember: BusMember): Rule {
  const bus = eventBusOf(reading, busMember).name;
  const rule = reading.config().rules.get(ruleKey(bus, name));
  if (rule !== undefined) return rule;
  throw eventsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus ${bus}.`);
}

/** What was put of a rule; undefined for one of a file. */
function madeOf({ config }: Reading, { bus, name }: Rule): MadeRule | undefined {
  return config().made?.rules.get(ruleKey(bus, name));
}

/** An ARN of an API destination may have an id at its end. */
function isSame(identity: Identity, to: NamedTarget, arn: string): boolean {
  return targetArn(identity, to) === targetArn(identity, targetOfArn(identity, arn));
}

function describe(reading: Reading, rule: Rule): JsonObject {
  const { bus, name, patternJson, schedule, state, description } = rule;
  const made = madeOf(reading, rule);
  return {
    Name: name,
    Arn: ruleArn(reading.identity, bus, name),
    ...(patternJson === undefined ? {} : { EventPattern: patternJson }),
    ...(schedule === undefined ? {} : { ScheduleExpression: schedule.expression }),
    State: made?.state ?? state,
    ...(rule.managedBy === undefined ? {} : { ManagedBy: rule.managedBy }),
    ...(description === undefined ? {} : { Description: description }),
    ...(made?.roleArn === undefined ? {} : { RoleArn: made.roleArn }),
    EventBusName: bus,
  };
}
