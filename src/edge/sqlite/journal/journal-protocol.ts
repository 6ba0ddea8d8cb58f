import type { JournalBounds, JournalStart } from "../../../ports/journal.ts";
import type { FrameSlice } from "./frame-table.ts";
import type { FramesFile } from "./journal-file.ts";

/** What the thread that writes the journal is started with. */
export interface JournalWriterSettings {
  readonly folder: string;
  readonly file: FramesFile;
  readonly bounds: JournalBounds;
}

/** What it does. */
export interface JournalWriterOperations {
  append(frame: Uint8Array): void;
}

/** What it says by itself: that the journal could not be shortened. */
export interface JournalWriterReport {
  readonly kind: "not-shortened";
  readonly error: Error;
}

/** How long a reader's thread waits for frames before it says that there are none. */
export const READ_WAIT_MS = 2_000;

/** What a thread that reads the journal is started with. */
export interface JournalReaderSettings {
  readonly folder: string;
  readonly file: FramesFile;
}

/** What it does. */
export interface JournalReaderOperations {
  /** The next frames, as soon as there are any. Undefined when there are none for `READ_WAIT_MS`. */
  read(start: JournalStart): Promise<FrameSlice | undefined>;
  /** The next frames, if there are any now. Undefined where there is no file. */
  readNow(start: JournalStart): FrameSlice | undefined;
}
