import { TimeLimitError, within } from "../../../async/time-limit.ts";
import type { JournalBounds, JournalWriter } from "../../../ports/journal.ts";
import { JOURNAL_FRAME_BYTES_MAX } from "../../../ports/journal.ts";
import type { PublishFailureReason } from "../../../ports/broker/publisher.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import type { FramesFile } from "./journal-file.ts";
import { DatabaseThread, DatabaseError } from "../database-thread.ts";
import type { JournalWriterOperations, JournalWriterReport, JournalWriterSettings } from "./journal-protocol.ts";

const APPEND_TIMEOUT_MS = 5_000;

export interface SqliteJournalOptions {
  /** Made when missing. */
  readonly folder: string;
  /** A file of its own in the folder. */
  readonly file: FramesFile;
  readonly bounds: JournalBounds;
  /** Called once when what is beyond the bounds cannot be deleted, and when the thread has died. */
  readonly fault: (message: string, error: unknown) => void;
}

/**
 * Opens a writer of the journal, with a thread and a file of its own: nothing of it waits for the broker's file, or the
 * other way round. A frame that was kept survives the process, but not a power cut in the next seconds.
 *
 * @throws Error when the folder or the file cannot be used.
 */
export async function openSqliteJournalWriter({
  folder,
  file,
  bounds,
  fault,
}: SqliteJournalOptions): Promise<JournalWriter> {
  const settings: JournalWriterSettings = { folder, file, bounds };
  const thread = await DatabaseThread.open<JournalWriterOperations, JournalWriterReport>(
    "journal/writer-worker",
    settings,
  );
  thread.listen({
    reported: ({ error }) => fault(`${file} cannot be shortened`, error),
    ended: (error) => {
      if (error !== undefined) fault(`${file} is written no more`, error);
    },
  });
  return { append: (frame) => append(thread, frame), close: () => thread.close() };
}

async function append(
  thread: DatabaseThread<JournalWriterOperations, JournalWriterReport>,
  frame: Buffer,
): Promise<void> {
  if (frame.length > JOURNAL_FRAME_BYTES_MAX) throw refusal("unstorable");
  try {
    await within(APPEND_TIMEOUT_MS, "writing to the journal", thread.call("append", [frame]));
  } catch (error) {
    if (error instanceof TimeLimitError) throw refusal("timeout", error);
    if (error instanceof DatabaseError) throw refusal(error.reason, error);
    throw error;
  }
}

function refusal(reason: PublishFailureReason, cause?: unknown): PublishError {
  return new PublishError([{ index: 0, reason }], { cause });
}
