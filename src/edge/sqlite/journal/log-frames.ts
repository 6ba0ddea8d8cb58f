import { within } from "../../../async/time-limit.ts";
import type { FramesStart, LogFrames } from "../../../ports/functions/function-logs.ts";
import type { JournalStart } from "../../../ports/journal.ts";
import { DatabaseThread } from "../database-thread.ts";
import type { JournalReaderOperations, JournalReaderSettings } from "./journal-protocol.ts";
import { asBuffer } from "./journal-reading.ts";

const READ_MS_MAX = 10_000;

/** Opens a reader of the lines in a folder, with a thread of its own. It waits for no file to be made. */
export async function openSqliteLogFrames(folder: string): Promise<LogFrames> {
  const settings: JournalReaderSettings = { folder, file: "logs.sqlite" };
  const thread = await DatabaseThread.open<JournalReaderOperations>("journal/reader-worker", settings);
  return {
    read: async (start, take) => {
      for (let from = journalStart(start); ;) {
        const slice = await within(READ_MS_MAX, "reading lines of functions", thread.call("readNow", [from]));
        if (slice === undefined || slice.frames.length === 0) return;
        const frames = slice.frames.map(({ position, bytes }) => ({ position, bytes: asBuffer(bytes) }));
        if (take(frames) === "enough") return;
        from = { kind: "after", position: slice.position };
      }
    },
    close: () => thread.close(),
  };
}

function journalStart(start: FramesStart): JournalStart {
  return start.kind === "position" ? { kind: "after", position: start.position - 1 } : start;
}
