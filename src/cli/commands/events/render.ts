import type { Command } from "commander";
import { splitRuleKey } from "../../../domain/rule/rule.ts";
import { readGivenInput } from "../../../domain/target/given-input.ts";
import { renderPreview } from "../../../flow/explain/render-preview.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { CommandError } from "../../command-error.ts";
import { CONFIG_FOLDER_HELP, validConfiguration } from "../../options/configuration.ts";
import { environmentSettings } from "../../options/options.ts";
import { readTextSource, TEXT_SOURCE_HELP } from "../../options/text-source.ts";
import type { Terminal } from "../../terminal.ts";

interface Options {
  readonly event: string;
  readonly rule?: string;
  readonly target?: string;
  readonly inputPath?: string;
  readonly config?: string;
}

/** `render`: what a target would be given for an event. Needs no router. */
export function addRender(program: Command, terminal: Terminal): void {
  program
    .command("render")
    .description("what a target would be given for an event: its input, input path or input transformer, filled in")
    .requiredOption(
      "--event <source>",
      `the event, as a target gets it or as an entry of PutEvents: ${TEXT_SOURCE_HELP}`,
    )
    .option("--rule <bus/name>", "the rule of the target; without a bus: one of default")
    .option("--target <id>", "the target of the rule; may be left out where it has one only")
    .option("--input-path <path>", "this path in place of the target's own input, such as $.detail")
    .option("--config <folder>", CONFIG_FOLDER_HELP)
    .action(async ({ event: source, rule, target, inputPath, config: folder }: Options) => {
      const event = tryParseExactly(await readTextSource(source, terminal.stdin));
      const settings = environmentSettings(terminal.env);
      const config = await validConfiguration(folder ?? settings.config, terminal.env);
      const input = readGivenInput(inputPath === undefined ? {} : { inputPath });
      if (!input.ok) throw new CommandError(input.reason);
      const { bus, name } = splitRuleKey(rule ?? "");
      const answer = renderPreview(
        {
          event: isJsonObject(event) ? event : undefined,
          bus,
          ...(rule === undefined ? {} : { rule: name }),
          ...(target === undefined ? {} : { target }),
          ...(input.input === undefined ? {} : { input: input.input }),
        },
        { config, identity: settings, nowMs: Date.now() },
      );
      if (answer.is !== "rendered") throw new CommandError(answer.message);
      terminal.print(`${answer.json}\n`);
    });
}
