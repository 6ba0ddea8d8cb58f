import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../package/package-folder.ts";

/** Busbar's version, from the package that this code is in. */
export const VERSION = versionIn(readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8"));

function versionIn(packageJson: string): string {
  return (JSON.parse(packageJson) as { readonly version: string }).version;
}
