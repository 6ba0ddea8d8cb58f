import { on } from "node:events";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { Parser, type ReadEntry } from "tar";
import { openPromise, type Entry } from "yauzl";

/** One thing in an archive. Its content can be read until the next entry is asked for. */
export interface ArchiveEntry {
  /** As the archive has it: it may lead anywhere. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "other";
  readonly isExecutable: boolean;
  /** Of the content, or of a link's target in a .zip file. */
  readonly bytes: number;
  /** Where a link of a .tar file leads. */
  readonly linkTarget?: string;
  content(): Promise<AsyncIterable<Buffer>>;
}

const FILE_KINDS: Readonly<Record<number, ArchiveEntry["kind"]>> = {
  0o040000: "folder",
  0o100000: "file",
  0o120000: "link",
  // Of a .zip file that was made where there are no modes.
  0: "file",
};

const TAR_KINDS: Readonly<Record<string, ArchiveEntry["kind"]>> = {
  File: "file",
  OldFile: "file",
  ContiguousFile: "file",
  Directory: "folder",
  SymbolicLink: "link",
};

/** The entries of a .zip, .tar or compressed .tar file. Rejects where it is broken. */
export function archiveEntries(path: string): AsyncIterable<ArchiveEntry> {
  return path.endsWith(".zip") ? zipEntries(path) : tarEntries(path);
}

async function* zipEntries(path: string): AsyncGenerator<ArchiveEntry> {
  // Names are checked by who unpacks them, in the same way for both kinds of archives.
  const zip = await openPromise(path, { autoClose: false, strictFileNames: true });
  try {
    for await (const entry of zip.eachEntry()) {
      yield { ...zipEntry(entry), content: () => zip.openReadStreamPromise(entry) };
    }
  } finally {
    zip.close();
  }
}

function zipEntry({ fileName, externalFileAttributes, uncompressedSize }: Entry): Omit<ArchiveEntry, "content"> {
  const mode = externalFileAttributes >>> 16;
  const kind = fileName.endsWith("/") ? "folder" : (FILE_KINDS[mode & 0o170000] ?? "other");
  return { path: fileName, kind, isExecutable: (mode & 0o111) !== 0, bytes: uncompressedSize };
}

async function* tarEntries(path: string): AsyncGenerator<ArchiveEntry> {
  const parser = new Parser({ strict: true });
  const file = createReadStream(path);
  file.on("error", (error) => parser.abort(error));
  file.pipe(parser);
  try {
    for await (const [entry] of on(parser as unknown as NodeJS.EventEmitter, "entry", { close: ["end"] })) {
      yield tarEntry(entry as ReadEntry);
      // What was not read stands before the next entry.
      (entry as ReadEntry).resume();
    }
  } finally {
    file.destroy();
  }
}

function tarEntry(entry: ReadEntry): ArchiveEntry {
  const { path, type, mode = 0, size, linkpath } = entry;
  const common = { path, isExecutable: (mode & 0o111) !== 0, bytes: size };
  const kind = TAR_KINDS[type] ?? "other";
  const content = () => Promise.resolve(entry as unknown as Readable);
  return { ...common, kind, ...(linkpath === undefined ? {} : { linkTarget: linkpath }), content };
}
