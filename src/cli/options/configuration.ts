import { loadConfig } from "../../config/load.ts";
import { formatProblem } from "../../config/source/problem.ts";
import type { Config } from "../../domain/config.ts";
import { compileConditions } from "../../edge/conditions/compile.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../output/counted.ts";
import { environmentSettings } from "./options.ts";

/** What `--config` and an argument in its place mean, for a command's help. */
export const CONFIG_FOLDER_HELP = "folder of the configuration files (default: BUSBAR_CONFIG, or config)";

/**
 * The configuration of a folder.
 *
 * @throws CommandError that tells every problem and how many they are
 */
export async function validConfiguration(folder: string): Promise<Config> {
  const loaded = await loadConfig(folder, { compileConditions, secretFolders: environmentSettings().secretFolders });
  if (loaded.ok) return loaded.config;
  const total = `${folderName(folder)}: ${counted(loaded.problems.length, "problem")}`;
  throw new CommandError([...loaded.problems.map(formatProblem), total].join("\n"));
}

/** The folder as it reads in a sentence: `config/`. */
export function folderName(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}
