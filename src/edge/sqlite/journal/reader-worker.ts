/** A thread that reads the journal, in the process that writes it or in another one. */

import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { JournalStart } from "../../../ports/journal.ts";
import type { FrameSlice } from "./frame-table.ts";
import { FrameReading } from "./frame-table.ts";
import type { OpenJournalFile } from "./journal-file.ts";
import { openForReading } from "./journal-file.ts";
import type { JournalReaderOperations, JournalReaderSettings } from "./journal-protocol.ts";
import { READ_WAIT_MS } from "./journal-protocol.ts";
import { serveCalls } from "../serve-calls.ts";

/** How often to look for new frames. Here and not from the main thread: a message there and back costs more than the look. */
const POLL_MS = 200;

if (parentPort === null) throw new Error("this file runs as a worker thread only");

const { folder, file: fileName } = workerData as JournalReaderSettings;
let opened: { readonly file: OpenJournalFile; readonly frames: FrameReading } | undefined;
let isClosed = false;

const operations = {
  async read(start) {
    const untilMs = performance.now() + READ_WAIT_MS;
    let seen: unknown;
    for (;;) {
      const version = versionNow();
      const slice = version === seen ? undefined : opened?.frames.read(start);
      if (slice !== undefined && isNews(slice, start)) return slice;
      if (performance.now() >= untilMs || isClosed) return undefined;
      seen = version;
      await delay(POLL_MS);
    }
  },
  readNow(start) {
    versionNow();
    return opened?.frames.read(start);
  },
} satisfies JournalReaderOperations;

/** Changes with each change of the file; undefined while there is no journal. */
function versionNow(): unknown {
  if (isClosed) return undefined;
  if (opened?.file.isReplaced()) closeFile();
  opened ??= open();
  return opened && `${opened.file.id} ${opened.frames.version}`;
}

function isNews({ frames, isBehindGap }: FrameSlice, { kind }: JournalStart): boolean {
  return frames.length > 0 || isBehindGap || kind !== "after";
}

function open(): typeof opened {
  const file = openForReading(folder, fileName);
  return file && { file, frames: new FrameReading(file.database) };
}

function closeFile(): void {
  opened?.file.database.close();
  opened = undefined;
}

serveCalls(parentPort, operations, () => {
  isClosed = true;
  closeFile();
});
