import type { ArchiveExtent } from "./broker/archive.ts";

/** How much an archive keeps, a few seconds ago at most. */
export type ArchiveSize = Pick<ArchiveExtent, "events" | "bytes" | "times">;

/** What those who show and delete archives need of what they keep. */
export interface ArchiveContents {
  /** Nothing is kept where the broker has no such archive, or does not say. */
  size(archive: string): Promise<ArchiveSize>;
  /** Deletes all that an archive kept that is no more. What a router without news of that still stores is deleted later. */
  remove(archive: string): Promise<void>;
}
