import { createWriteStream } from "node:fs";
import { mkdir, realpath, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ArchiveEntry } from "./archive-entries.ts";
import { archiveEntries } from "./archive-entries.ts";
import { checkLinkTarget, EntryCheck, LayerFault } from "./checked-entry.ts";

/**
 * Unpacks an archive into an empty folder. Links are made last, so that nothing is written through one.
 *
 * @throws {LayerFault} for what an archive must not have; any other error is this machine's, or says that it is broken.
 */
export async function unpackArchive(archive: string, folder: string): Promise<void> {
  const check = new EntryCheck();
  const links = new Map<string, string>();
  for await (const entry of archiveEntries(archive)) {
    const path = check.pathOf(entry);
    if (entry.kind === "link") links.set(path, await targetOf(entry, path));
    else await write(entry, join(folder, path));
  }
  // All of their folders are made before the first link, so that no link is made through another one.
  for (const path of links.keys()) await mkdir(dirname(join(folder, path)), { recursive: true });
  for (const [path, target] of links) await symlink(target, join(folder, path));
  await checkLinks(folder, links);
}

/**
 * Reads an archive's entries without unpacking them.
 *
 * @throws as unpacking would, except for links over links and files of the same name.
 */
export async function checkArchive(archive: string): Promise<void> {
  const check = new EntryCheck();
  for await (const entry of archiveEntries(archive)) {
    const path = check.pathOf(entry);
    if (entry.kind === "link") await targetOf(entry, path);
  }
}

async function write(entry: ArchiveEntry, path: string): Promise<void> {
  if (entry.kind === "folder") {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const mode = entry.isExecutable ? 0o755 : 0o644;
  await pipeline(await entry.content(), createWriteStream(path, { flags: "wx", mode }));
}

/** A .zip file has a link's target as its content. */
async function targetOf(entry: ArchiveEntry, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await entry.content()) chunks.push(chunk);
  const target = entry.linkTarget ?? Buffer.concat(chunks).toString();
  checkLinkTarget(path, target);
  return target;
}

/** A link may lead over another one: where it ends is known only now. */
async function checkLinks(folder: string, links: ReadonlyMap<string, string>): Promise<void> {
  const root = await realpath(folder);
  for (const [path, target] of links) {
    const end = await realpath(join(folder, path)).catch(() => undefined);
    if (end === root || end?.startsWith(`${root}/`)) continue;
    const where = end === undefined ? "leads nowhere" : "leads out of it";
    throw new LayerFault(`has a link that ${where}: ${JSON.stringify(path)} to ${JSON.stringify(target)}`);
  }
}
