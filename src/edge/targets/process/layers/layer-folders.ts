import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, mkdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Layer } from "../../../../domain/target/layer.ts";
import { UNPACKED_BYTES_MAX } from "../../../../domain/target/layer.ts";
import { LayerFault } from "./checked-entry.ts";
import { checkArchive, unpackArchive } from "./unpack.ts";

/** Archives that were checked, by path, size and time, so that a reload of the configuration does not read them again. */
const checked = new Map<string, string>();
const CHECKED_MAX = 1_000;

/**
 * What is wrong with a layer, as the end of a sentence that begins with its name; undefined when it can be used. An
 * archive is read whole, though not unpacked. Never rejects.
 */
export async function layerProblem(layer: Layer): Promise<string | undefined> {
  try {
    if (layer.kind === "folder") await checkFolder(layer.path);
    else await checkOnce(layer);
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/**
 * The layers' folders, in their order. An archive is unpacked once for each checksum, below the system's folder for
 * temporary files, and found there after a restart.
 *
 * @throws {LayerFault} for a layer that cannot be used; any other error is this machine's.
 */
export async function layerFolders(layers: readonly Layer[]): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const layer of layers) {
    try {
      folders.push(layer.kind === "folder" ? await checkFolder(layer.path) : await unpackedFolder(layer));
    } catch (error) {
      if (isShortage(error)) throw error;
      throw new LayerFault(`layer ${layer.path} ${problemOf(error)}`, { cause: error });
    }
  }
  return folders;
}

type Archive = Extract<Layer, { kind: "archive" }>;

async function checkFolder(path: string): Promise<string> {
  const found = await stat(path);
  if (!found.isDirectory()) throw new LayerFault("is not a folder");
  return resolve(path);
}

async function checkOnce(layer: Archive): Promise<void> {
  const { size, mtimeNs, ino } = await checkFile(layer.path);
  const stamp = [layer.sha256, size, mtimeNs, ino].join();
  if (checked.get(layer.path) === stamp) return;
  await checkSum(layer);
  await checkArchive(layer.path);
  if (checked.size >= CHECKED_MAX) checked.clear();
  checked.set(layer.path, stamp);
}

async function checkFile(path: string) {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) throw new LayerFault("is not a file");
  if (found.size > UNPACKED_BYTES_MAX) throw new LayerFault(`is larger than ${UNPACKED_BYTES_MAX} bytes`);
  return found;
}

async function checkSum({ path, sha256 }: Archive): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const found = hash.digest("hex");
  if (found !== sha256) throw new LayerFault(`has another checksum than its sha256 says: ${found}`);
}

/** Two routers of one machine may unpack the same archive at once: the folder has its name only once it is whole. */
async function unpackedFolder(layer: Archive): Promise<string> {
  const place = await ownPlace();
  const folder = join(place, layer.sha256);
  if (await isThere(folder)) return folder;
  await checkFile(layer.path);
  await checkSum(layer);
  const begun = join(place, `.${randomUUID()}`);
  try {
    await mkdir(begun);
    await unpackArchive(layer.path, begun);
    await rename(begun, folder).catch(async (error: unknown) => {
      if (!(await isThere(folder))) throw error;
    });
  } finally {
    await rm(begun, { recursive: true, force: true });
  }
  return folder;
}

/** What others could write to is not used: processes run what is in there. */
async function ownPlace(): Promise<string> {
  const place = join(tmpdir(), `busbar-layers-${process.getuid?.() ?? "user"}`);
  await mkdir(place, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const found = await lstat(place);
  const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  if (isOwn) return place;
  throw new LayerFault(`cannot be unpacked: ${place} is not a folder that only the router may write to`);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Codes of what passes by itself, or is mended on the machine. */
const SHORTAGES = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM", "EIO", "EROFS"]);

function isShortage(error: unknown): boolean {
  return SHORTAGES.has(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function problemOf(error: unknown): string {
  if (error instanceof LayerFault) return error.message;
  const code = codeOf(error);
  if (code === "ENOENT") return "is not there";
  if (code === "EEXIST") return "has two entries of one name";
  const reason = error instanceof Error ? error.message : String(error);
  return code?.startsWith("E") ? `cannot be read: ${code}` : `is broken: ${reason.slice(0, 200)}`;
}
