import { readFileSync } from "node:fs";

/** Busbar's version, from the package that this code is in. */
export const VERSION = versionIn(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

function versionIn(packageJson: string): string {
  return (JSON.parse(packageJson) as { readonly version: string }).version;
}
