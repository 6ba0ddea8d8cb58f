import { z } from "zod";
import { isJsonObject } from "../../json/json.ts";
import type { Conditions, Rule } from "../../domain/rule/rule.ts";
import { splitRuleKey } from "../../domain/rule/rule.ts";
import { didYouMean } from "../../text/nearest.ts";
import { DEFAULT_BUS } from "../../domain/config.ts";
import { UTC } from "../../domain/schedule/time-zone.ts";
import type { Context } from "./kind/context.ts";
import type { NameRule } from "./kind/kind.ts";
import { defineKind, NAME } from "./kind/kind.ts";
import { eventPattern } from "./parts/event-pattern.ts";
import { addIssue, ALWAYS, description } from "./parts/fields.ts";
import { scheduleExpression } from "./parts/schedule-expression.ts";
import { startFrom, toStartFrom } from "./parts/start-from.ts";
import { targetSchema, toTarget } from "./target/target.ts";

const TARGETS_MAX = 100;

const expression = scheduleExpression(
  "rule",
  "When the targets get an event of the rule's own: rate(5 minutes) or cron(0 9 ? * MON-FRI *), in UTC.",
);

function conditions(context: Context) {
  return z
    .unknown()
    .transform((value, issues): Conditions => {
      // zod asks even when there are none, and then does not use the answer.
      if (value === undefined) return z.NEVER;
      const compiled = context.compileConditions(value);
      if (compiled.ok) return compiled.conditions;
      for (const { path, message } of compiled.problems) addIssue(issues, message, { path, quotesValue: true });
      return z.NEVER;
    })
    .meta({ description: "What a pattern cannot say: json-rules-engine conditions over the event.", type: "object" });
}

/** A rule, with EventBridge's property names. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      state: z.enum(["ENABLED", "DISABLED"]).default("ENABLED").describe("A disabled rule matches nothing."),
      eventPattern: eventPattern("Which events the rule is for, in EventBridge's pattern language.").exactOptional(),
      scheduleExpression: expression.exactOptional(),
      conditions: conditions(context).exactOptional(),
      startFrom: startFrom.exactOptional(),
      targets: z
        .record(z.string(), targetSchema(context))
        .superRefine((value, issues) => {
          const ids = Object.keys(value);
          if (ids.length > TARGETS_MAX) addIssue(issues, `must be at most ${TARGETS_MAX}, got ${ids.length}`);
          for (const id of ids) if (!NAME.pattern.test(id)) addIssue(issues, NAME.message, { path: [id] });
        }, ALWAYS)
        .meta({
          description: "What is called or filled with the events that match, by name.",
          propertyNames: { pattern: NAME.pattern.source },
          maxProperties: TARGETS_MAX,
        }),
    })
    .superRefine((value, issues) => {
      if (Object.hasOwn(value, "eventPattern")) return;
      const has = (key: string): boolean => Object.hasOwn(value, key);
      if (!has("scheduleExpression")) addIssue(issues, "must be there", { path: ["eventPattern"] });
      if (has("conditions")) addIssue(issues, "are for rules with an eventPattern", { path: ["conditions"] });
      if (has("startFrom")) addIssue(issues, "is for rules with an eventPattern", { path: ["startFrom"] });
    }, ALWAYS)
    .meta({
      description:
        "Sends the events of a bus that match a pattern to targets, or an event of its own at certain times.",
      anyOf: [{ required: ["eventPattern"] }, { required: ["scheduleExpression"] }],
    });
}

type Shape = z.output<ReturnType<typeof schema>>;

function toRule(
  key: string,
  { eventPattern, scheduleExpression: given, startFrom: past, targets, ...shape }: Shape,
): Rule {
  const { bus, name } = splitRuleKey(key);
  return {
    bus,
    name,
    ...shape,
    ...eventPattern,
    ...(past === undefined ? {} : { startFrom: toStartFrom(past, bus) }),
    ...(given === undefined
      ? {}
      : { schedule: { expression: given.text, timing: { expression: given.expression, zone: UTC } } }),
    targets: Object.entries(targets).map(([id, target]) => toTarget(id, target)),
  };
}

const names: NameRule = {
  pattern: /^([A-Za-z0-9._-]{1,64}\/)?[A-Za-z0-9._-]{1,64}$/,
  message: "its key must be NAME or BUS/NAME, each 1 to 64 letters, digits, dots, dashes and underscores",
};

function busProblem(key: string, { names, allNamesKnown }: Context): string | undefined {
  const { bus } = splitRuleKey(key);
  const buses = names["event-bus"];
  return buses.has(bus) || !allNamesKnown ? undefined : `there is no event bus "${bus}"${didYouMean(bus, buses)}`;
}

/** As EventBridge has it. */
function scheduleProblem(key: string, raw: unknown): string | undefined {
  const isScheduled = isJsonObject(raw) && Object.hasOwn(raw, "scheduleExpression");
  return isScheduled && splitRuleKey(key).bus !== DEFAULT_BUS
    ? "scheduleExpression is supported only on the default event bus"
    : undefined;
}

/** `rules` */
export const rules = defineKind({
  noun: "rule",
  about: "Rules, by bus/name; without a bus, on the default one.",
  names,
  nameProblem: (key, raw, context) => busProblem(key, context) ?? scheduleProblem(key, raw),
  schema,
  make: toRule,
  secrets: [],
});
