import type { Stats } from "node:fs";
import { constants } from "node:fs";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "./problem.ts";

/** Of one file. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FILES_MAX = 1_000;

/** What Node.js's TextDecoder throws. */
const NOT_UTF8 = "ERR_ENCODING_INVALID_ENCODED_DATA";

export interface ConfigFile {
  /** As shown to people: the folder as they gave it, and the file's name. */
  readonly path: string;
  readonly text: string;
}

/**
 * The names of a folder's configuration files, sorted. What begins with a dot is none: editors keep locks under such names
 * (`.#rules.yaml`), macOS keeps attributes (`._rules.yaml`), and a mounted ConfigMap keeps its files under `..data` and links
 * to them by name. Rejects when the folder cannot be read.
 */
export async function configFileNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith(".")).sort();
}

/** Reads every configuration file of a folder. What cannot be read is a problem; the rest is there all the same. */
export async function readConfigFiles(
  folder: string,
): Promise<{ readonly files: readonly ConfigFile[]; readonly problems: readonly Problem[] }> {
  let names: readonly string[];
  try {
    names = await configFileNames(folder);
  } catch (error) {
    const code = errorCode(error);
    const message = code === "ENOTDIR" ? "is not a folder" : `cannot read the folder: ${code}`;
    return { files: [], problems: [{ message, file: folder }] };
  }
  if (names.length === 0) return { files: [], problems: [{ message: "holds no *.yaml file", file: folder }] };
  if (names.length > FILES_MAX) {
    const message = `holds ${names.length} *.yaml files, at most ${FILES_MAX} are read`;
    return { files: [], problems: [{ message, file: folder }] };
  }
  const files: ConfigFile[] = [];
  const problems: Problem[] = [];
  // One at a time: a thousand files of 4 MiB are not to be opened at once.
  for (const name of names) {
    const path = join(folder, name);
    const read = await readTextFile(path, FILE_BYTES_MAX);
    if (read.ok) files.push({ path, text: read.text });
    else problems.push({ message: read.reason, file: path });
  }
  return { files, problems };
}

export type TextFile = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

/**
 * Reads a UTF-8 file of at most `bytesMax` bytes; never holds more than that. What is no file is not opened, and a named pipe
 * that has taken a file's place meanwhile does not make the reading wait for a writer.
 */
export async function readTextFile(path: string, bytesMax: number): Promise<TextFile> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return { ok: false, reason: `is ${kindOf(found)}, not a file` };
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.allocUnsafe(bytesMax + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > bytesMax) return { ok: false, reason: `is larger than ${bytesMax} bytes` };
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length)) };
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" && (await isLink(path)))
      return { ok: false, reason: "is a link to a file that is not there" };
    return { ok: false, reason: code === NOT_UTF8 ? "is not UTF-8 text" : `cannot be read: ${code}` };
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a named pipe";
  return found.isSocket() ? "a socket" : "a device";
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() === true;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
