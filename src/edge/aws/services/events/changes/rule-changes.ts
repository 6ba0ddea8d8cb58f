import { ruleArn } from "../../../../../domain/arn.ts";
import { DEFAULT_BUS } from "../../../../../domain/config.ts";
import type { MadeRule } from "../../../../../domain/made/made.ts";
import { parseScheduleExpression } from "../../../../../domain/schedule/expression.ts";
import { CALLERS_BOUNDS, parsePattern } from "../../../../../pattern/parse/parse.ts";
import { isJsonObject, parseJson } from "../../../../../json/json.ts";
import { commonError } from "../../../errors.ts";
import { required, string, structure } from "../../../input/shapes.ts";
import { boolean, enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { busNamedBy } from "../event-buses.ts";
import { BUS_NAME_OR_ARN, DESCRIPTION, RULE_NAME, TARGET_ARN } from "../names.ts";
import { patternNotValid } from "../test-event-pattern.ts";
import type { Changing } from "./change.ts";
import {
  busKeyOf,
  foundRule,
  makeChange,
  replace,
  requireBus,
  requireOwnRule,
  ruleKeyOf,
  tooMany,
  useOf,
} from "./change.ts";
import { TAGS, withTags } from "./given-tags.ts";

/** Made over the API, in all. */
const RULES_MAX = 100_000;

const STATE = enumeration("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");

/** PutRule: makes a rule, or replaces all of one but its targets and tags. */
export function putRule(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("PutRuleRequest", {
      Name: required(RULE_NAME),
      ScheduleExpression: string({ lengthMax: 256 }),
      EventPattern: string({ lengthMax: 4_096 }),
      State: STATE,
      Description: DESCRIPTION,
      RoleArn: TARGET_ARN,
      Tags: TAGS,
      EventBusName: BUS_NAME_OR_ARN,
    }),
    resource: ({ Name, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), Name),
    handle: async (input) => {
      const { Name, Description, RoleArn, State } = input;
      const bus = busNamedBy(identity, input.EventBusName);
      const given = { ...checkedSchedule(input.ScheduleExpression, bus), ...checkedPattern(input.EventPattern) };
      if (Object.keys(given).length === 0) {
        const message = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
        throw commonError("ValidationException", message);
      }
      const tags = withTags([], input.Tags ?? []);
      const [key, busKey] = [ruleKeyOf(bus, Name), busKeyOf(bus)];
      await makeChange("PutRule", changing, [key, busKey], ([found, foundBus]) => {
        requireBus(config(), bus, foundBus);
        requireOwnRule(config(), bus, Name);
        const before = found === undefined ? undefined : foundRule(bus, Name, found);
        if (before === undefined && (config().made?.rules.size ?? 0) >= RULES_MAX) throw tooMany();
        const rule: MadeRule = {
          ...given,
          state: State ?? "ENABLED",
          ...(typeof Description === "string" && Description !== "" ? { description: Description } : {}),
          ...(typeof RoleArn === "string" ? { roleArn: RoleArn } : {}),
          targets: before?.targets ?? [],
          tags: before?.tags ?? tags,
        };
        const changes = replace(key, found, rule);
        return foundBus === undefined || found !== undefined ? changes : [...changes, ...useOf(bus)];
      });
      return { RuleArn: ruleArn(identity, bus, Name) };
    },
  });
}

/** EnableRule. */
export function enableRule(changing: Changing): Operation {
  return stateChange("EnableRule", "ENABLED", changing);
}

/** DisableRule. */
export function disableRule(changing: Changing): Operation {
  return stateChange("DisableRule", "DISABLED", changing);
}

function stateChange(name: string, state: string, changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure(`${name}Request`, { Name: required(RULE_NAME), EventBusName: BUS_NAME_OR_ARN }),
    resource: ({ Name, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), Name),
    handle: async ({ Name, EventBusName }) => {
      const bus = busNamedBy(identity, EventBusName);
      const key = ruleKeyOf(bus, Name);
      await makeChange(name, changing, [key, busKeyOf(bus)], ([found, foundBus]) => {
        requireBus(config(), bus, foundBus);
        requireOwnRule(config(), bus, Name);
        return replace(key, found, { ...foundRule(bus, Name, found), state });
      });
      return {};
    },
  });
}

/** DeleteRule: one that is not there is deleted, too. */
export function deleteRule(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("DeleteRuleRequest", {
      Name: required(RULE_NAME),
      EventBusName: BUS_NAME_OR_ARN,
      Force: boolean,
    }),
    resource: ({ Name, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), Name),
    handle: async ({ Name, EventBusName }) => {
      const bus = busNamedBy(identity, EventBusName);
      const key = ruleKeyOf(bus, Name);
      await makeChange("DeleteRule", changing, [key, busKeyOf(bus)], ([found, foundBus]) => {
        requireBus(config(), bus, foundBus);
        requireOwnRule(config(), bus, Name);
        if (found === undefined) return [];
        if (foundRule(bus, Name, found).targets.length > 0)
          throw commonError("ValidationException", "Rule can't be deleted since it has targets.");
        return [{ change: "delete", ...key, expect: found.revision }];
      });
      return {};
    },
  });
}

/** @throws AwsError `ValidationException`, as AWS words it */
function checkedSchedule(given: string | null | undefined, bus: string): Pick<MadeRule, "scheduleExpression"> {
  if (!isGiven(given)) return {};
  if (bus !== DEFAULT_BUS) {
    const message = "ScheduleExpression is supported only on the default event bus.";
    throw commonError("ValidationException", message);
  }
  if (!parseScheduleExpression(given, "rule").ok)
    throw commonError("ValidationException", "Parameter ScheduleExpression is not valid.");
  return { scheduleExpression: given };
}

/** The pattern as it was given. @throws AwsError `InvalidEventPatternException` */
export function checkedPattern(given: string | null | undefined): Pick<MadeRule, "eventPattern"> {
  if (!isGiven(given)) return {};
  const parsed = parsePattern(given, CALLERS_BOUNDS);
  if (!parsed.ok) throw patternNotValid(parsed.reason);
  if (!isJsonObject(parseJson(given))) throw patternNotValid("it is no JSON object");
  return { eventPattern: given };
}

/** Terraform sends an empty text for what is not set. */
function isGiven(text: string | null | undefined): text is string {
  return typeof text === "string" && text !== "";
}
