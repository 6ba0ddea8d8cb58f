import type { Command } from "commander";
import { splitRuleKey } from "../config/names.ts";
import type { Config } from "../core/config.ts";
import type { JsonObject } from "../core/json.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import { didYouMean } from "../core/nearest.ts";
import { ruleKey } from "../core/rule.ts";
import type { EventExplanation, RuleExplanation } from "../core/event-explanation.ts";
import { explainEvent, explainRule } from "../core/event-explanation.ts";
import type { Miss } from "../pattern/explain.ts";
import { CommandError } from "./command-error.ts";
import { CONFIG_FOLDER_HELP, validConfiguration } from "./configuration.ts";
import { counted } from "./counted.ts";
import { environmentSettings } from "./options.ts";
import { printJson } from "./print-json.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "./text-source.ts";

interface Options {
  readonly event: string;
  readonly rule?: string;
  readonly eventBusName: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** `busbar explain`: why an event matches rules of the configuration, or what keeps it from it, with no router running. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("which rules an event matches, and what keeps it from the others, the nearest first")
    .requiredOption("--event <source>", `the event, as a target gets it: ${TEXT_SOURCE_HELP}`)
    .option("--rule <bus/name>", "tell of this rule only; without a bus: default")
    .option("--event-bus-name <name>", "the bus that the event is put on", "default")
    .option("--config <folder>", CONFIG_FOLDER_HELP)
    .option("--json", "print one JSON object and nothing else")
    .action(async (options: Options) => {
      const event = eventOf(await readTextSource(options.event));
      const config = await validConfiguration(options.config ?? environmentSettings().config);
      if (options.rule !== undefined) return print(await oneRule(options.rule, event, config), options, ruleText);
      if (!config.eventBuses.has(options.eventBusName)) {
        const hint = didYouMean(options.eventBusName, config.eventBuses.keys());
        throw new CommandError(`there is no event bus "${options.eventBusName}"${hint}`);
      }
      return print(await explainEvent(event, options.eventBusName, config), options, eventText);
    });
}

function print<T>(explanation: T, { json }: Options, text: (explanation: T) => string): void {
  if (json) printJson(explanation);
  else process.stdout.write(`${text(explanation)}\n`);
}

function eventOf(text: string): JsonObject {
  const event = parseJson(text);
  if (isJsonObject(event)) return event;
  throw new CommandError("--event must be a JSON object, as a target gets it: source, detail-type, detail …");
}

function oneRule(key: string, event: JsonObject, { rules }: Config): Promise<RuleExplanation> {
  const { bus, name } = splitRuleKey(key);
  const rule = rules.get(ruleKey(bus, name));
  if (rule !== undefined) return explainRule(rule, event);
  throw new CommandError(`there is no rule "${key}"${didYouMean(ruleKey(bus, name), rules.keys())}`);
}

function eventText({ bus, matched, missed, leftOut, onOtherBuses }: EventExplanation): string {
  const rules = [...matched, ...missed].map(ruleText);
  return [
    `On the bus ${bus} the event matches ${counted(matched.length, "rule")}.`,
    ...rules,
    ...(leftOut === 0 ? [] : [`${counted(leftOut, "rule")} more.`]),
    ...(onOtherBuses.length === 0 ? [] : [`On other buses it fits the pattern of ${onOtherBuses.join(", ")}.`]),
  ].join("\n\n");
}

function ruleText(explanation: RuleExplanation): string {
  const { bus, rule, matched, targets } = explanation;
  const title = `${matched ? "match" : "no match"}  ${bus}/${rule}`;
  const reasons = matched ? targets.map(({ id, kind, name }) => `→ ${id}: ${kind} ${name}`) : reasonsOf(explanation);
  return [title, ...reasons.map((line) => `  ${line}`)].join("\n");
}

function reasonsOf({ state, misses, conditions }: RuleExplanation): readonly string[] {
  return [
    ...(state === "DISABLED" ? ["The rule is disabled."] : []),
    ...misses.flatMap(missText),
    ...(conditions === "not met" ? ["The pattern fits, but the conditions are not met."] : []),
    ...(typeof conditions === "object" ? [`The conditions cannot be evaluated: ${conditions.error}`] : []),
  ];
}

function missText({ field, expected, found, hints }: Miss): readonly string[] {
  const has = found.length === 0 ? "nothing" : found.map((value) => JSON.stringify(value)).join(", ");
  return [`${field} must be ${expected.join(" or ")}, and the event has ${has}`, ...hints.map((hint) => `  ${hint}`)];
}
