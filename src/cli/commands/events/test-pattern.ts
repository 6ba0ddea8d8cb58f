import type { Command } from "commander";
import { CommanderError } from "commander";
import { didYouMean } from "../../../text/nearest.ts";
import { ruleKey, splitRuleKey } from "../../../domain/rule/rule.ts";
import { isMatch } from "../../../edge/aws/services/events/test-event-pattern.ts";
import { AwsError } from "../../../edge/aws/errors.ts";
import { CommandError } from "../../command-error.ts";
import { CONFIG_FOLDER_HELP, validConfiguration } from "../../options/configuration.ts";
import { environmentSettings } from "../../options/options.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "../../options/text-source.ts";
import type { Terminal } from "../../terminal.ts";

const NO_MATCH = 1;
/** As with grep: a mistake must not read as "no match". */
const WRONG = 2;

interface Options {
  readonly pattern?: string;
  readonly rule?: string;
  readonly config?: string;
  readonly event: string;
}

/** `test-pattern`: whether an event matches a pattern, as the TestEventPattern operation decides it. Needs no router. */
export function addTestPattern(program: Command, terminal: Terminal): void {
  program
    .command("test-pattern")
    .description("whether an event matches a pattern: exit code 0 for a match, 1 for none, 2 when either is not valid")
    .option("--pattern <source>", `the event pattern: ${TEXT_SOURCE_HELP}`)
    .option("--rule <bus/name>", "take the pattern of this rule of the configuration; without a bus: default")
    .option("--config <folder>", CONFIG_FOLDER_HELP)
    .requiredOption("--event <source>", `the event, as a target gets it: ${TEXT_SOURCE_HELP}`)
    .exitOverride(({ exitCode, code, message }) => {
      throw new CommanderError(exitCode === 0 ? 0 : WRONG, code, message);
    })
    .action(async (options: Options) => {
      try {
        const matched = await test(options, terminal);
        terminal.print(matched ? "match\n" : "no match\n");
        if (!matched) terminal.exitCode = NO_MATCH;
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof AwsError)) throw error;
        throw new CommandError(error.message, { exitCode: WRONG, cause: error });
      }
    });
}

async function test(options: Options, terminal: Terminal): Promise<boolean> {
  if (options.pattern === "-" && options.event === "-") {
    throw new CommandError("--pattern and --event cannot both be standard input");
  }
  const pattern = await patternText(options, terminal);
  const event = await readTextSource(options.event, terminal.stdin);
  return isMatch(pattern, event);
}

async function patternText({ pattern, rule, config }: Options, terminal: Terminal): Promise<string> {
  if (pattern !== undefined && rule === undefined) return readTextSource(pattern, terminal.stdin);
  if (rule !== undefined && pattern === undefined) {
    return rulePattern(rule, config ?? environmentSettings(terminal.env).config, terminal);
  }
  throw new CommandError("give either --pattern or --rule");
}

async function rulePattern(key: string, folder: string, terminal: Terminal): Promise<string> {
  const { rules } = await validConfiguration(folder, terminal.env);
  const { bus, name } = splitRuleKey(key);
  const rule = rules.get(ruleKey(bus, name));
  if (rule === undefined)
    throw new CommandError(`there is no rule "${key}"${didYouMean(ruleKey(bus, name), rules.keys())}`);
  if (rule.conditions !== undefined) terminal.note("The rule's conditions are not tested, only its pattern.\n");
  if (rule.patternJson === undefined) throw new CommandError(`rule "${key}" has a schedule and no pattern`);
  return rule.patternJson;
}
