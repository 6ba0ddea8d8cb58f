/** A thread that reads the journal, in the process that writes it or in another one. */

import { parentPort, workerData } from "node:worker_threads";
import { FrameReading } from "./frame-table.ts";
import type { OpenJournalFile } from "./journal-file.ts";
import { openForReading } from "./journal-file.ts";
import type { JournalReaderOperations, JournalReaderSettings } from "./journal-protocol.ts";
import { serveCalls } from "./serve-calls.ts";

if (parentPort === null) throw new Error("this file runs as a worker thread only");

const { folder } = workerData as JournalReaderSettings;
let opened: { readonly file: OpenJournalFile; readonly frames: FrameReading } | undefined;

const operations = {
  read(start) {
    if (opened?.file.isReplaced()) close();
    opened ??= open();
    return opened?.frames.read(start);
  },
} satisfies JournalReaderOperations;

function open(): typeof opened {
  const file = openForReading(folder);
  return file && { file, frames: new FrameReading(file.database) };
}

function close(): void {
  opened?.file.database.close();
  opened = undefined;
}

serveCalls(parentPort, operations, close);
