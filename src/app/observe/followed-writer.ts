import type { JournalBounds, JournalWriter } from "../../ports/journal.ts";

export interface FollowedWriterOptions {
  readonly open: (bounds: JournalBounds) => Promise<JournalWriter>;
  /** What writes frames. */
  readonly frames: { writeTo(writer: JournalWriter): void; end(): Promise<void> };
  readonly report: (error: unknown) => void;
}

/**
 * Opens a writer of frames as long as the configuration wants one. Returns what is to be called with the bounds that it
 * has for them, undefined for none; that resolves once the writer is open or closed, or could not be.
 */
export function followedWriter({ open, frames, report }: FollowedWriterOptions) {
  let wanted: JournalBounds | undefined;
  let writer: JournalWriter | undefined;
  let settled = Promise.resolve();

  const settle = async (): Promise<void> => {
    if (wanted !== undefined && writer === undefined) {
      writer = await open(wanted);
      frames.writeTo(writer);
    } else if (wanted === undefined && writer !== undefined) {
      const closing = writer;
      writer = undefined;
      await frames.end();
      await closing.close();
    }
  };
  // One after the other: a close takes as long as the last frames do, and would end what a reload opens meanwhile.
  return (bounds: JournalBounds | undefined): Promise<void> => {
    wanted = bounds;
    settled = settled.then(settle).catch(report);
    return settled;
  };
}

/** The bounds that a section of the configuration has. */
export function boundsOf(section: Required<JournalBounds> | undefined): JournalBounds | undefined {
  return section && { bytesMax: section.bytesMax, ageMsMax: section.ageMsMax };
}
