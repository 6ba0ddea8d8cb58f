import { open, readdir } from "node:fs/promises";
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
 * The names of a folder's configuration files, sorted. A mounted ConfigMap keeps its files under `..data` and links
 * to them by name, so entries that begin with `..` are its machinery. Rejects when the folder cannot be read.
 */
export async function configFileNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith("..")).sort();
}

/** Reads every configuration file of a folder. What cannot be read is a problem; the rest is there all the same. */
export async function readConfigFiles(
  folder: string,
): Promise<{ readonly files: readonly ConfigFile[]; readonly problems: readonly Problem[] }> {
  let names: readonly string[];
  try {
    names = await configFileNames(folder);
  } catch (error) {
    return { files: [], problems: [{ message: `cannot read the folder: ${errorCode(error)}`, file: folder }] };
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

/** Reads a UTF-8 file of at most `bytesMax` bytes; never holds more than that, whatever the file is. */
export async function readTextFile(path: string, bytesMax: number): Promise<TextFile> {
  try {
    await using file = await open(path, "r");
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
    return { ok: false, reason: code === NOT_UTF8 ? "is not UTF-8 text" : `cannot be read: ${code}` };
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
