import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** The folder of Busbar's `package.json`, whether this code runs from the sources or from what they were built to. */
export const PACKAGE_FOLDER = packageFolder();

/**
 * Where a file of the sources is that a thread begins with: itself, or what it was built to.
 *
 * @param path from `src`, without its ending.
 */
export function threadProgram(path: string): URL {
  const built = import.meta.url.endsWith(".js");
  return pathToFileURL(join(PACKAGE_FOLDER, built ? `dist/${path}.js` : `src/${path}.ts`));
}

function packageFolder(): string {
  const found = findPackageJSON("..", import.meta.url);
  if (found === undefined) throw new Error(`no package.json in a folder above ${import.meta.url}`);
  return dirname(found);
}
