/** The thread that writes the journal, so that neither a write nor a deletion stops the event loop. */

import { parentPort, workerData } from "node:worker_threads";
import { asError } from "../database.ts";
import { FrameWriting } from "./frame-table.ts";
import { openForWriting } from "./journal-file.ts";
import type { JournalWriterOperations, JournalWriterReport, JournalWriterSettings } from "./journal-protocol.ts";
import { serveCalls } from "../serve-calls.ts";

/** The file stops growing there if nothing can be deleted. */
const FILE_SHARE_MAX = 5 / 4;
/** What grows too old while nothing is appended is looked for at least so often, and ten times in the age itself. */
const AGE_CHECK_MS_MAX = 60_000;

if (parentPort === null) throw new Error("this file runs as a worker thread only");
const port = parentPort;

const { folder, file, bounds } = workerData as JournalWriterSettings;
const database = openForWriting(folder, file, bounds.bytesMax * FILE_SHARE_MAX);
const frames = new FrameWriting(database, bounds);
let next: NodeJS.Immediate | undefined;
let isFailing = false;

const operations = {
  append(frame) {
    frames.append(frame, Date.now());
    // At once: a thread whose caller is quick gets call after call, and no other turn.
    shorten();
  },
} satisfies JournalWriterOperations;

/** Deletes a piece of what is beyond the bounds, and the next one when no call waits. */
function shorten(): void {
  clearImmediate(next);
  try {
    if (frames.shorten(Date.now())) next = setImmediate(shorten);
    isFailing = false;
  } catch (error) {
    if (!isFailing) port.postMessage({ kind: "not-shortened", error: asError(error) } satisfies JournalWriterReport);
    isFailing = true;
  }
}

const ages = setInterval(shorten, ageCheckMs());

function ageCheckMs(): number {
  return Math.min((bounds.ageMsMax ?? Infinity) / 10, AGE_CHECK_MS_MAX);
}

serveCalls(port, operations, () => {
  clearInterval(ages);
  clearImmediate(next);
  database.close();
});
