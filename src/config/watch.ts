import { createHash } from "node:crypto";
import { watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { configFileNames, readConfigFiles } from "./files.ts";

export interface WatchOptions {
  /** How long to wait after the first sign of a change: an editor saves in several steps. */
  readonly debounceMs?: number;
  /** How often the files are looked at unasked, since a network mount gives no sign of its changes. */
  readonly pollMs?: number;
}

/**
 * Calls back when what the folder's configuration files say has changed: a file written, renamed over, added or taken
 * away, or a mounted ConfigMap's `..data` pointed elsewhere. Touching a file without changing it is no change.
 *
 * Resolves when it watches, with the function that ends it; no call comes after that. Begin to watch before the
 * first load, or a change in between goes unseen. Watching alone does not keep the process alive.
 */
export async function watchConfig(
  folder: string,
  onChange: () => void,
  { debounceMs = 100, pollMs = 2_000 }: WatchOptions = {},
): Promise<() => void> {
  let stamp = await stampOf(folder);
  let contents = await fingerprint(folder);
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
    const newStamp = await stampOf(folder);
    if (newStamp === stamp) return;
    const newContents = await fingerprint(folder);
    // The stamp was taken before the reading, so a change meanwhile makes the next look find another.
    stamp = newStamp;
    if (newContents === contents || stopped) return;
    contents = newContents;
    onChange();
  }

  const watcher = watchFolder(folder, checkSoon);
  const poll = setInterval(checkSoon, pollMs).unref();

  return () => {
    stopped = true;
    clearTimeout(pending);
    clearInterval(poll);
    watcher?.close();
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
async function stampOf(folder: string): Promise<string> {
  try {
    const stamps: string[] = [];
    for (const name of await configFileNames(folder)) {
      // Follows links: a ConfigMap's files change by what they link to.
      const found = await stat(join(folder, name), { bigint: true }).catch(() => undefined);
      stamps.push(`${name} ${found?.ino} ${found?.size} ${found?.mtimeNs} ${found?.ctimeNs}`);
    }
    return stamps.join("\n");
  } catch {
    return "unreadable";
  }
}

/** What the files say, or why they cannot be read. */
async function fingerprint(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const { files, problems } = await readConfigFiles(folder);
  for (const part of [...files, ...problems]) hash.update(`${JSON.stringify(part)}\n`);
  return hash.digest("hex");
}
