import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Layer } from "../../../../domain/target/layer.ts";
import { EXTENSIONS_MAX } from "../extensions/registered-extensions.ts";
import { LayerFault } from "./checked-entry.ts";
import { layerFolders } from "./layer-folders.ts";

/** A function's layers, unpacked where they are archives. */
export interface PreparedLayers {
  /** In the order in which a process looks through them: the last layer first. */
  readonly folders: readonly string[];
  /** The variables that lead a process to them: folders for each, in the same order. */
  readonly paths: Readonly<Record<string, readonly string[]>>;
  /** External extensions: executable files that run beside each process. */
  readonly extensions: readonly string[];
}

export const NO_LAYERS: PreparedLayers = { folders: [], paths: {}, extensions: [] };

/** Folders of a layer, and the variable that leads to them. `{version}` stands for the version of a language. */
const PLACES: readonly (readonly [variable: string, ...folder: string[]])[] = [
  ["PATH", "bin"],
  ["LD_LIBRARY_PATH", "lib"],
  ["PYTHONPATH", "python", "lib", "python{version}", "site-packages"],
  ["PYTHONPATH", "python"],
  ["NODE_PATH", "nodejs", "node{version}", "node_modules"],
  ["NODE_PATH", "nodejs", "node_modules"],
  ["GEM_PATH", "ruby", "gems", "{version}"],
  ["RUBYLIB", "ruby", "lib"],
  ["CLASSPATH", "java", "lib"],
];

const VERSION = /^\d+(\.\d+)*$/;

/**
 * Makes a function's layers ready: unpacks archives, and finds those folders that processes look through (AWS Lambda developer guide, "Layer paths for each
 * Lambda runtime"). A later layer comes before an earlier one, as its files replace those of the earlier one on Lambda.
 *
 * @param command its first word names the version of a language, as in `python3.12`, where a layer has several.
 * @throws {LayerFault} for a layer that cannot be used, or that has several versions where the command names none.
 */
export async function prepareLayers(layers: readonly Layer[], command: readonly string[]): Promise<PreparedLayers> {
  const folders = (await layerFolders(layers)).toReversed();
  const paths: Record<string, string[]> = {};
  for (const folder of folders) {
    for (const [variable, ...parts] of PLACES) {
      const found = await placeIn(folder, parts, command);
      // The Java virtual machine looks for archives in no folder without the asterisk.
      const entry = variable === "CLASSPATH" && found !== undefined ? join(found, "*") : found;
      if (entry !== undefined) (paths[variable] ??= []).push(entry);
    }
  }
  return { folders, paths, extensions: await extensionsIn(folders) };
}

/** The variables with the layers' folders behind what they say already: a function's own comes first, as on Lambda. */
export function withLayerPaths(
  variables: Readonly<Record<string, string>>,
  { paths, folders }: Pick<PreparedLayers, "paths" | "folders">,
): Record<string, string> {
  const added = Object.entries(paths).map(([name, places]) => {
    const own = variables[name];
    return [name, [...(own === undefined || own === "" ? [] : [own]), ...places].join(":")];
  });
  const ofLayers = folders.length === 0 ? {} : { BUSBAR_LAYERS: folders.join(":") };
  return { ...variables, ...(Object.fromEntries(added) as Record<string, string>), ...ofLayers };
}

async function placeIn(folder: string, parts: readonly string[], command: readonly string[]) {
  let place = folder;
  for (const part of parts) {
    const name = part.includes("{version}") ? await versioned(place, part, command) : part;
    if (name === undefined) return undefined;
    place = join(place, name);
  }
  return (await isFolder(place)) ? place : undefined;
}

/** Of files with one name, the one of the last layer counts. What is in folders of their own is none (as on Lambda). */
async function extensionsIn(folders: readonly string[]): Promise<readonly string[]> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    const place = join(folder, "extensions");
    for (const name of (await readdir(place).catch(() => [])).sort()) {
      const file = join(place, name);
      const found = await stat(file);
      if (!found.isFile() || files.has(name)) continue;
      if ((found.mode & 0o111) === 0)
        throw new LayerFault(`layer ${folder} has extensions/${name}: it is not executable`);
      files.set(name, file);
    }
  }
  if (files.size <= EXTENSIONS_MAX) return [...files.values()];
  throw new LayerFault(`has ${files.size} extensions in its layers, at most ${EXTENSIONS_MAX} are run`);
}

/** The name with the only version that is there, or that which the command names. */
async function versioned(folder: string, part: string, [program = ""]: readonly string[]): Promise<string | undefined> {
  const [prefix = ""] = part.split("{version}");
  const names = await readdir(folder).catch(() => []);
  const found = names.filter((name) => name.startsWith(prefix) && VERSION.test(name.slice(prefix.length)));
  if (found.length <= 1) return found[0];
  const named = found.filter((name) => `${program}/`.includes(`${programOf(prefix, name)}/`));
  if (named.length === 1) return named[0];
  const all = found.sort().join(" and ");
  throw new LayerFault(`layer ${folder} has ${all}: the first word of the command must end in one of them`);
}

/** Ruby's folders have the version that its libraries are for, as in `3.4.0` of every `ruby3.4`. */
function programOf(prefix: string, name: string): string {
  return prefix === "" ? `ruby${name.replace(/\.0$/, "")}` : name;
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
