import { z } from "zod";
import { isJsonObject } from "../../json/json.ts";
import type { Conditions, Rule } from "../../domain/rule/rule.ts";
import { splitRuleKey } from "../../domain/rule/rule.ts";
import { didYouMean } from "../../text/nearest.ts";
import { parsePattern } from "../../pattern/parse/parse.ts";
import type { Pattern } from "../../pattern/pattern.ts";
import type { Context } from "./context.ts";
import type { NameRule } from "./kind.ts";
import { defineKind, NAME } from "./kind.ts";
import { addIssue, ALWAYS, description } from "./parts/fields.ts";
import { targetSchema, toTarget } from "./target.ts";

const TARGETS_MAX = 100;

const eventPattern = z
  .unknown()
  .transform((value, issues): { pattern: Pattern; patternJson: string } => {
    if (!isJsonObject(value)) {
      addIssue(issues, "must be a mapping");
      return z.NEVER;
    }
    const patternJson = JSON.stringify(value);
    const parsed = parsePattern(patternJson);
    if (parsed.ok) return { pattern: parsed.pattern, patternJson };
    addIssue(issues, `is not valid. Reason: ${parsed.reason}`, { quotesValue: true });
    return z.NEVER;
  })
  .meta({ description: "Which events the rule is for, in EventBridge's pattern language.", type: "object" });

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
      eventPattern,
      conditions: conditions(context).exactOptional(),
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
    .describe("Sends the events of a bus that match a pattern to targets.");
}

type Shape = z.output<ReturnType<typeof schema>>;

function toRule(key: string, { eventPattern, targets, ...shape }: Shape): Rule {
  return {
    ...splitRuleKey(key),
    ...shape,
    ...eventPattern,
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

/** `rules` */
export const rules = defineKind({
  noun: "rule",
  about: "Rules, by bus/name; without a bus, on the default one.",
  names,
  nameProblem: (key, _raw, context) => busProblem(key, context),
  schema,
  make: toRule,
  secrets: [],
});
