import type { Command } from "commander";
import type { Config } from "../core/config.ts";
import { CONFIG_FOLDER_HELP, configurationProblems, folderName, validConfiguration } from "./configuration.ts";
import { counted } from "./counted.ts";
import { environmentSettings } from "./options.ts";
import { printJson } from "./print-json.ts";

/** `busbar validate`: checks a folder of configuration files as the router does before it listens. */
export function addValidate(program: Command): void {
  program
    .command("validate")
    .description("check the configuration: exit code 0 when it is right, 1 with every problem and its place")
    .argument("[folder]", CONFIG_FOLDER_HELP)
    .option("--json", "print one JSON object: ok, folder, problems")
    .action(async (argument: string | undefined, { json }: { json?: boolean }) => {
      const folder = argument ?? environmentSettings().config;
      if (json) return printProblems(folder);
      const config = await validConfiguration(folder);
      process.stdout.write(`${folderName(folder)}: ${summary(config)}: no problems\n`);
    });
}

async function printProblems(folder: string): Promise<void> {
  const problems = await configurationProblems(folder);
  const ok = problems.length === 0;
  printJson({ ok, folder, problems });
  if (!ok) process.exitCode = 1;
}

function summary({ rules, functions, queues, apiDestinations, eventBuses }: Config): string {
  return [
    counted(rules.size, "rule"),
    counted(functions.size, "function"),
    counted(queues.size, "queue"),
    counted(apiDestinations.size, "API destination"),
    counted(eventBuses.size, "event bus", "event buses"),
  ].join(", ");
}
