import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/source/problem.ts";
import { readSettings } from "../../../src/config/settings/read-settings.ts";
import type { Config } from "../../../src/domain/config.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** After the drain: what was abandoned is given back, and connections are closed. */
export const GIVE_BACK_AND_CLOSE_SECONDS = 8;

/** A file of the repository. */
export function text(path: string): Promise<string> {
  return readFile(join(ROOT, path), "utf8");
}

/** A YAML file of the repository, taken to be what the caller says. */
export async function yaml<T>(path: string): Promise<T> {
  return parse(await text(path)) as T;
}

/** The configuration in a folder, which must be right. */
export async function configOf(folder: string): Promise<Config> {
  const loaded = await loadConfig(folder, { compileConditions }, {});
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
}

/** The names of the functions whose containers poll. */
export function pollingFunctions(config: Config): readonly string[] {
  return [...config.functions.values()].filter(({ run }) => run.kind === "runtimeApi").map(({ name }) => name);
}

/** Where the router listens, by the names that the manifests give to its ports. */
export function defaultPorts(): Readonly<Record<string, number>> {
  const read = readSettings({});
  assert.ok(read.ok);
  const { httpPort, adminPort, runtimeApiPort, routesPort } = read.settings;
  return { http: httpPort, admin: adminPort, "runtime-api": runtimeApiPort, routes: routesPort };
}

/** The Dockerfile's instructions, with continued lines joined. */
export function instructions(dockerfile: string): readonly (readonly [string, string])[] {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  return lines.flatMap((line) => {
    const [, name, rest] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    return name === undefined || rest === undefined ? [] : [[name, rest] as const];
  });
}

/** What a Dockerfile sets in the environment. */
export function imageEnv(dockerfile: string): Readonly<Record<string, string>> {
  const settings = instructions(dockerfile).filter(([name]) => name === "ENV");
  return Object.fromEntries(
    settings.flatMap(([, rest]) => [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
  ) as Record<string, string>;
}

/** What AWS's Node.js client 4 wants to be set, or it ends at its first invocation. */
export const AWS_RUNTIME_VARIABLES = [
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
];
