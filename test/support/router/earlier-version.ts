import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The sources of an earlier version. */
export interface EarlierVersion {
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Takes the sources of a commit out of the repository that this process runs in. They run with the packages of today.
 *
 * @throws Error when there is no git, or no such commit: a clone may have no history.
 */
export async function takeOut(commit: string): Promise<EarlierVersion> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-earlier-"));
  const archive = join(folder, "sources.tar");
  await run("git", ["archive", "--output", archive, commit, "src", "package.json"]);
  await run("tar", ["-xf", archive, "-C", folder]);
  await symlink(resolve("node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
