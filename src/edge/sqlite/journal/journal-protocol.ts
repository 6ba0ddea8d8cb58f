import type { JournalBounds, JournalStart } from "../../../ports/journal.ts";
import type { FrameSlice } from "./frame-table.ts";

/** What the thread that writes the journal is started with. */
export interface JournalWriterSettings {
  readonly folder: string;
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

/** What a thread that reads the journal is started with. */
export interface JournalReaderSettings {
  readonly folder: string;
}

/** What it does. */
export interface JournalReaderOperations {
  /** Undefined while there is no journal. */
  read(start: JournalStart): FrameSlice | undefined;
}
