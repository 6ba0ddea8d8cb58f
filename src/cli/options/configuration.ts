import { loadConfig } from "../../config/load.ts";
import { formatProblem } from "../../config/source/problem.ts";
import type { Config } from "../../domain/config.ts";
import { compileConditions } from "../../edge/conditions/compile.ts";
import { CommandError } from "../command-error.ts";
import { environmentSettings } from "./options.ts";
import { counted } from "../output/format.ts";

/** The help of `--config`, and of an argument in its place. */
export const CONFIG_FOLDER_HELP = "folder of the configuration files (default: BUSBAR_CONFIG, or config)";

/**
 * The configuration of a folder.
 *
 * @throws CommandError with every problem, and their number.
 */
export async function validConfiguration(folder: string, env: NodeJS.ProcessEnv): Promise<Config> {
  const { secretFolders } = environmentSettings(env);
  const loaded = await loadConfig(folder, { compileConditions, secretFolders }, env);
  if (loaded.ok) return loaded.config;
  const total = `${folderName(folder)}: ${counted(loaded.problems.length, "problem")}`;
  throw new CommandError([...loaded.problems.map(formatProblem), total].join("\n"));
}

/** A folder's name for a sentence: `config/`. */
export function folderName(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}
