import type { Identity } from "../../../../domain/arn.ts";
import { ruleArn, targetArn } from "../../../../domain/arn.ts";
import type { Rule } from "../../../../domain/rule/rule.ts";
import { ruleKey } from "../../../../domain/rule/rule.ts";
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
      return { ...describe(identity, rule), CreatedBy: identity.accountId };
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
      return { Rules: items.map((rule) => describe(identity, rule)), ...next };
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
      const { bus, name, targets } = ruleOf(reading, input.Rule, input.EventBusName);
      const { items, next } = page(input, ["targets", bus, name], targets, ({ id }) => id);
      return { Targets: items.map((target) => describeTarget(identity, target)), ...next };
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
      const rules = rulesOn(reading, bus).filter(({ targets }) =>
        targets.some(({ to }) => targetArn(identity, to) === arn),
      );
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
