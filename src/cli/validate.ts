import type { Command } from "commander";
import type { Config } from "../core/config.ts";
import { CONFIG_FOLDER_HELP, configurationProblems, counted, folderName, validConfiguration } from "./configuration.ts";
import { environmentSettings } from "./options.ts";

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
  process.stdout.write(`${JSON.stringify({ ok, folder, problems }, null, 2)}\n`);
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
