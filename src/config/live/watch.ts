import { createHash } from "node:crypto";
import { watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configFileNames, FILE_BYTES_MAX, readTextFile } from "../source/files.ts";

export interface WatchOptions {
  /** How long to wait after the first sign of a change: an editor saves in several steps. */
  readonly debounceMs?: number;
  /** How often the files are read without a notification: a network mount sends none. */
  readonly pollMs?: number;
}

/** What is watched: files that are found by their paths each time, in folders that stay. */
interface Watched {
  readonly folders: readonly string[];
  readonly paths: () => Promise<readonly string[]>;
}

/** Watches the configuration files of a folder: one that is added or taken away is a change too. */
export function watchConfig(folder: string, onChange: () => void, options?: WatchOptions): Promise<() => void> {
  const paths = async () => (await configFileNames(folder)).map((name) => join(folder, name));
  return watchAll({ folders: [folder], paths }, onChange, options);
}

/** Watches single files. */
export function watchFiles(
  files: readonly string[],
  onChange: () => void,
  options?: WatchOptions,
): Promise<() => void> {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  return watchAll({ folders, paths: () => Promise.resolve(files) }, onChange, options);
}

/**
 * Calls back when what the files say has changed: a file written, renamed over, added or taken away, or a mounted
 * ConfigMap's `..data` pointed elsewhere. Touching a file without changing it is no change.
 *
 * Resolves when it watches, with the function that ends it; no call comes after that. Begin to watch before the
 * first load, or a change in between goes unseen. Watching does not keep the process alive.
 */
async function watchAll(
  watched: Watched,
  onChange: () => void,
  { debounceMs = 100, pollMs = 2_000 }: WatchOptions = {},
): Promise<() => void> {
  let stamp = await stampOf(watched);
  let contents = await fingerprint(watched);
  let pending: NodeJS.Timeout | undefined;
  let lastCheck = Promise.resolve();
  let stopped = false;

  // Not put off by further signs: a file that is written to all the time must not hide the others.
  function checkSoon(): void {
    if (stopped || pending !== undefined) return;
    pending = setTimeout(() => {
      pending = undefined;
      lastCheck = lastCheck.then(check);
    }, debounceMs).unref();
  }

  async function check(): Promise<void> {
    const newStamp = await stampOf(watched);
    if (newStamp === stamp) return;
    const newContents = await fingerprint(watched);
    // The stamp was taken before the reading, so a change meanwhile makes the next look find another.
    stamp = newStamp;
    if (newContents === contents || stopped) return;
    contents = newContents;
    onChange();
  }

  const watchers = watched.folders.map((folder) => watchFolder(folder, checkSoon));
  const poll = setInterval(checkSoon, pollMs).unref();

  return () => {
    stopped = true;
    clearTimeout(pending);
    clearInterval(poll);
    for (const watcher of watchers) watcher?.close();
  };
}

/** Undefined when the folder cannot be watched: polling finds its changes all the same, only later. */
function watchFolder(folder: string, onSign: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onSign);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** What the files look like from outside: it costs no reading, and changes whenever their contents do. */
async function stampOf({ paths }: Watched): Promise<string> {
  try {
    const stamps: string[] = [];
    for (const path of await paths()) {
      // Follows links: a ConfigMap's files change by what they link to.
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      stamps.push(`${path} ${found?.ino} ${found?.size} ${found?.mtimeNs} ${found?.ctimeNs}`);
    }
    return stamps.join("\n");
  } catch {
    return "unreadable";
  }
}

/** What the files say, or why they cannot be read. */
async function fingerprint({ paths }: Watched): Promise<string> {
  const hash = createHash("sha256");
  for (const path of await paths().catch(() => [])) {
    hash.update(`${JSON.stringify([path, await readTextFile(path, FILE_BYTES_MAX)])}\n`);
  }
  return hash.digest("hex");
}
