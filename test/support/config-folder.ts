import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CompiledConditions } from "../../src/config/kinds/kind/context.ts";
import { loadConfig, type LoadedConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/source/problem.ts";

/** A temporary folder with these files in it, which is deleted when `use` has ended. */
export async function withFolder<T>(files: Record<string, string>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-config-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Loads these files as a configuration. Conditions are accepted unread unless `conditions` compiles them. */
export function load(
  files: Record<string, string>,
  { env = {}, conditions = acceptAll }: { env?: NodeJS.ProcessEnv; conditions?: () => CompiledConditions } = {},
): Promise<LoadedConfig> {
  return withFolder(files, (folder) => loadConfig(folder, { compileConditions: conditions }, env));
}

/** What is wrong with a configuration, as people read it, with the temporary folder's name left out. */
export async function problemsOf(
  files: Record<string, string>,
  options?: { env?: NodeJS.ProcessEnv; conditions?: () => CompiledConditions },
): Promise<readonly string[]> {
  const loaded = await load(files, options);
  if (loaded.ok) return [];
  return loaded.problems.map((problem) => formatProblem(problem).replaceAll(/[^\s(]*busbar-config-\w+\//g, ""));
}

function acceptAll(): CompiledConditions {
  return { ok: true, conditions: { areMet: () => Promise.resolve(true), unmet: () => Promise.resolve([]) } };
}
