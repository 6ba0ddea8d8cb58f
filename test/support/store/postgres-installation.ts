import { existsSync, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The folder of PostgreSQL's programs on this machine, the newest where there are several. `BUSBAR_TEST_POSTGRES_BIN` names another. */
export function findPostgres(): string | undefined {
  const debian = globSync("/usr/lib/postgresql/*/bin").sort((one, other) => versionIn(other) - versionIn(one));
  const folders = [
    process.env["BUSBAR_TEST_POSTGRES_BIN"] ?? "",
    ...debian,
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/opt/homebrew/bin",
  ];
  return folders.find((folder) => folder !== "" && existsSync(join(folder, "initdb")));
}

function versionIn(folder: string): number {
  return Number(folder.split("/").at(-2));
}
