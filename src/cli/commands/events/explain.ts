import { setImmediate as nextTurn } from "node:timers/promises";
import type { Command } from "commander";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { EventExplanation, RuleExplanation, TargetExplanation } from "../../../ports/admin/explain.ts";
import { explain } from "../../../flow/explain/explain-request.ts";
import type { UnmetComparison } from "../../../domain/rule/rule.ts";
import { splitRuleKey } from "../../../domain/rule/rule.ts";
import { qualifiedName } from "../../../domain/target/function-version.ts";
import type { Miss } from "../../../pattern/explain/explain.ts";
import { CommandError } from "../../command-error.ts";
import { CONFIG_FOLDER_HELP, validConfiguration } from "../../options/configuration.ts";
import { environmentSettings } from "../../options/options.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "../../options/text-source.ts";
import { batchText } from "../../output/batch-text.ts";
import { inOneLine } from "../../output/escape.ts";
import { counted } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

interface Options {
  readonly event: string;
  readonly rule?: string;
  readonly eventBusName?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** `explain`: which rules of the configuration an event matches, and what keeps it from the others. Needs no router. */
export function addExplain(program: Command, terminal: Terminal): void {
  program
    .command("explain")
    .description("which rules an event matches, and what keeps it from the others, the nearest first")
    .requiredOption(
      "--event <source>",
      `the event, as a target gets it or as an entry of PutEvents: ${TEXT_SOURCE_HELP}`,
    )
    .option("--rule <bus/name>", "explain only this rule; without a bus: one of --event-bus-name")
    .option("--event-bus-name <name>", "the bus that the event is put on; without it the entry's, or default")
    .option("--config <folder>", CONFIG_FOLDER_HELP)
    .option("--json", "print one JSON object and nothing else")
    .action(async (options: Options) => {
      const event = tryParseExactly(await readTextSource(options.event, terminal.stdin));
      const settings = environmentSettings(terminal.env);
      const config = await validConfiguration(options.config ?? settings.config, terminal.env);
      const answer = await explain(
        { event, ...whereOf(options) },
        { config, identity: settings, nowMs: Date.now(), pause: nextTurn, mayExplain: () => true },
      );
      if (!answer.ok) throw new CommandError(answer.message);
      const { explanation } = answer;
      if (options.json) return terminal.printJson(explanation);
      terminal.print(`${"rule" in explanation ? ruleText(explanation) : eventText(explanation)}\n`);
    });
}

/** The bus is the one before the rule's name, else the event's. */
function whereOf({ rule, eventBusName }: Options): { readonly bus?: string; readonly rule?: string } {
  const own = eventBusName === undefined ? {} : { bus: eventBusName };
  if (rule === undefined) return own;
  if (!rule.includes("/")) return { ...own, rule };
  const { bus, name } = splitRuleKey(rule);
  return { bus, rule: name };
}

function eventText({ bus, matched, missed, leftOut, onOtherBuses }: EventExplanation): string {
  const rules = [...matched, ...missed].map(ruleText);
  return [
    `On the bus ${bus} the event matches ${counted(matched.length, "rule")}.`,
    ...rules,
    ...(leftOut === 0 ? [] : [`${counted(leftOut, "rule")} more.`]),
    ...(onOtherBuses.length === 0 ? [] : [`Put on another bus, it would match ${onOtherBuses.join(", ")}.`]),
  ].join("\n\n");
}

function ruleText(explanation: RuleExplanation): string {
  const { bus, rule, matched, targets } = explanation;
  const title = `${matched ? "match" : "no match"}  ${bus}/${rule}`;
  const reasons = matched ? targets.map(targetText) : reasonsOf(explanation);
  return [title, ...reasons.map((line) => `  ${inOneLine(line)}`)].join("\n");
}

function targetText({ id, kind, name, qualifier, delaySeconds, batch, rules }: TargetExplanation): string {
  const matched = rules?.length === 0 ? "no rule" : rules?.join(", ");
  const delay = delaySeconds === undefined ? "" : `, ${delaySeconds} s later`;
  const batches = batch === undefined ? "" : `, ${batchText(batch)}`;
  const where = matched === undefined ? "" : `, where it matches ${matched}`;
  return `→ ${id}: ${kind} ${qualifiedName(name, qualifier)}${delay}${batches}${where}`;
}

function reasonsOf({ state, misses, conditions, unmetComparisons = [] }: RuleExplanation): readonly string[] {
  return [
    ...(state === "DISABLED" ? ["The rule is disabled."] : []),
    ...misses.flatMap(missText),
    ...(conditions === "not met" ? ["The pattern fits, but the conditions are not met:"] : []),
    ...unmetComparisons.map((unmet) => `  ${unmetText(unmet)}`),
    ...(typeof conditions === "object" ? [`The conditions cannot be evaluated: ${conditions.error}`] : []),
  ];
}

function missText({ field, expected, found, hints }: Miss): readonly string[] {
  const has = found.length === 0 ? "nothing" : found.map((value) => JSON.stringify(value)).join(", ");
  return [`${field} must be ${expected.join(" or ")}, and the event has ${has}`, ...hints.map((hint) => `  ${hint}`)];
}

function unmetText({ comparison, isNegated, found = "nothing", foundOther }: UnmetComparison): string {
  const values = foundOther === undefined ? found : `${found} and ${foundOther}`;
  return `${isNegated ? "not: " : ""}${comparison}, and the event has ${values}`;
}
