/** The longest frame that a journal takes, in bytes. */
export const JOURNAL_FRAME_BYTES_MAX = 1024 * 1024;

/** Where a reading of the journal begins. */
export type JournalStart =
  | { readonly kind: "oldest" }
  /** About this time, in epoch milliseconds: some frames from before it may come first. */
  | { readonly kind: "time"; readonly atMs: number }
  /** The frame behind one that was read before. */
  | { readonly kind: "after"; readonly position: number };

/** A frame as it is kept. Positions grow, with gaps. They come again only in a journal that was deleted and made again. */
export interface JournalFrame {
  readonly position: number;
  readonly bytes: Buffer;
}

/** Writes frames of facts where consoles read them. Nothing that is delivered waits for it. */
export interface JournalWriter {
  /**
   * Resolves when the frame is kept. Nothing is tried again.
   *
   * @throws PublishError, at once where there is no connection, and within 5 s in any case.
   */
  append(frame: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** What reads a journal, from where it was asked to until it is ended. */
export interface JournalReading {
  /** Resolves when the listener has ended with what it was handed last; it may not wait for this itself. */
  end(): Promise<void>;
}

/** Reads frames in their order. */
export interface JournalReader {
  /**
   * Hands over each frame that is kept, and then each new one. The next frames are only fetched when the promise of the
   * listener has resolved, so a slow reader holds few of them. After a lost connection it goes on behind the last frame.
   * A listener that rejects is reported as a fault, and not handed those frames again.
   *
   * @param onLost is called before the listener gets the first frame behind frames that were deleted unread: the journal
   *   was shortened meanwhile, or deleted and made again. Reading goes on with the oldest that is kept, and positions
   *   may begin anew.
   */
  read(
    start: JournalStart,
    listener: (frames: readonly JournalFrame[]) => Promise<void>,
    onLost: () => void,
  ): JournalReading;
  close(): Promise<void>;
}

/** How much of a journal is kept. What is beyond is deleted in pieces, the oldest first. */
export interface JournalBounds {
  readonly bytesMax: number;
  /** Undefined for no bound by age. */
  readonly ageMsMax?: number;
}
