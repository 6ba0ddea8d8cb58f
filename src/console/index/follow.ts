import { setTimeout as sleep } from "node:timers/promises";
import type { JournalFrame, JournalReader, JournalReading } from "../../ports/journal.ts";
import type { JournalIndex } from "./journal-index.ts";
import { JournalIndexError } from "./journal-index.ts";

const RETRY_MS = 1_000;

/** What following an index asks of it. */
type FollowingIndex = Pick<JournalIndex, "add" | "lost" | "start" | "ended">;

export interface FollowOptions {
  readonly nowMs: () => number;
  /** Frames could not be added, and are tried again each second. Called when that begins. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Feeds the index from the journal: behind the last frame that it holds, or from the oldest where it holds none. Once
 * the index has ended no frame is taken any more.
 */
export async function followJournal(
  reader: JournalReader,
  index: FollowingIndex,
  { nowMs, onFault }: FollowOptions,
): Promise<JournalReading> {
  const ending = new AbortController();
  const ended = AbortSignal.any([ending.signal, index.ended]);
  const add = async (frames: readonly JournalFrame[]): Promise<void> => {
    for (let tries = 0; !ended.aborted; tries++) {
      try {
        return await index.add(frames);
      } catch (error) {
        if (tries === 0) onFault(error);
        await sleep(RETRY_MS, undefined, { signal: ended }).catch(() => undefined);
      }
    }
  };
  const reading = reader.read(await index.start(), add, () => {
    void index.lost(nowMs()).catch((error: unknown) => {
      if (!(error instanceof JournalIndexError) || error.reason !== "disconnected") onFault(error);
    });
  });
  // What an index that has ended is handed over is lost on it: the next one reads it anew.
  index.ended.addEventListener("abort", () => void reading.end(), { once: true });
  return {
    end: () => {
      ending.abort();
      return reading.end();
    },
  };
}
