import type { Command } from "commander";
import { loadAccess } from "../../../config/access/load-access.ts";
import { lintRules, lintSchedules } from "../../../config/lint.ts";
import { lintMappings } from "../../../config/problems/mapping-problems.ts";
import { loadConfig } from "../../../config/load.ts";
import type { Problem } from "../../../config/source/problem.ts";
import { formatProblem } from "../../../config/source/problem.ts";
import type { Settings } from "../../../config/settings/settings.ts";
import { accessWarnings } from "../../../domain/access/access-lint.ts";
import type { Config } from "../../../domain/config.ts";
import type { Credentials } from "../../../domain/access/credentials.ts";
import { SERVICE_ACTIONS } from "../../../edge/aws/services/services.ts";
import { compileConditions } from "../../../edge/conditions/compile.ts";
import { layerProblem } from "../../../edge/targets/process/layers/layer-folders.ts";
import { CommandError } from "../../command-error.ts";
import { CONFIG_FOLDER_HELP, folderName } from "../../options/configuration.ts";
import { environmentSettings } from "../../options/options.ts";
import { inOneLine } from "../../output/escape.ts";
import { counted } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

/** The findings on a configuration, and on the credentials beside it. */
interface Checked {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly config?: Config;
  readonly credentials?: Credentials;
}

/** `validate`: checks a configuration folder and a file of credentials, as the router does before it listens. */
export function addValidate(program: Command, terminal: Terminal): void {
  program
    .command("validate")
    .description("check the configuration: exit code 0 when it is right, 1 with every problem and its place")
    .argument("[folder]", CONFIG_FOLDER_HELP)
    .option(
      "--access-keys-file <file>",
      "keys, tokens and policies to check as well (default: BUSBAR_ACCESS_KEYS_FILE)",
    )
    .option("--json", "print one JSON object: ok, folder, problems, warnings")
    .action(async (argument: string | undefined, options: { json?: boolean; accessKeysFile?: string }) => {
      const settings = environmentSettings(terminal.env);
      const folder = argument ?? settings.config;
      const checked = await check(folder, options.accessKeysFile ?? settings.accessKeysFile, settings, terminal.env);
      (options.json ? printAsJson : print)(folder, checked, terminal);
    });
}

async function check(
  folder: string,
  accessFile: string | undefined,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<Checked> {
  const { secretFolders } = settings;
  const loaded = await loadConfig(folder, { compileConditions, layerProblem, secretFolders }, env);
  const sources = { env, folders: secretFolders, serviceActions: SERVICE_ACTIONS };
  const access = accessFile === undefined ? undefined : await loadAccess(accessFile, sources);
  const problems = [loaded, access].flatMap((one) => (one === undefined || one.ok ? [] : one.problems));
  if (!loaded.ok) return { problems, warnings: [] };
  const { config, ruleEntries, scheduleEntries, mappingEntries } = loaded;
  const constants = { version: "0", account: settings.accountId, region: settings.region };
  const warnings = [
    ...lintRules(config, ruleEntries, constants),
    ...lintSchedules(config, scheduleEntries, Date.now()),
    ...lintMappings(config, mappingEntries),
  ];
  if (accessFile === undefined || !access?.ok) return { problems, warnings, config };
  const { credentials } = access;
  const ofAccess = accessWarnings(credentials, config, settings).map((message) => ({ message, file: accessFile }));
  return { problems, warnings: [...warnings, ...ofAccess], config, credentials };
}

function printAsJson(folder: string, { problems, warnings }: Checked, terminal: Terminal): void {
  const ok = problems.length === 0;
  terminal.printJson({ ok, folder, problems, warnings });
  if (!ok) terminal.exitCode = 1;
}

function print(folder: string, { problems, warnings, config, credentials }: Checked, terminal: Terminal): void {
  for (const warning of warnings) terminal.note(`warning: ${inOneLine(formatProblem(warning))}\n`);
  if (config === undefined || problems.length > 0) {
    const total = `${folderName(folder)}: ${counted(problems.length, "problem")}`;
    throw new CommandError([...problems.map((problem) => inOneLine(formatProblem(problem))), total].join("\n"));
  }
  const parts = [...partsOf(config), ...(credentials === undefined ? [] : credentialParts(credentials))];
  terminal.print(`${folderName(folder)}: ${parts.join(", ")}: no problems\n`);
}

function partsOf({ rules, functions, queues, apiDestinations, eventBuses }: Config): readonly string[] {
  return [
    counted(rules.size, "rule"),
    counted(functions.size, "function"),
    counted(queues.size, "queue"),
    counted(apiDestinations.size, "API destination"),
    counted(eventBuses.size, "event bus", "event buses"),
  ];
}

function credentialParts({ accessKeys, bearerTokens, issuers }: Credentials): readonly string[] {
  return [
    counted(accessKeys.size, "access key"),
    counted(bearerTokens.size, "bearer token"),
    counted(issuers.size, "issuer"),
  ];
}
