import type { ArchiveContents } from "../../src/ports/archives.ts";

/** Archives that keep nothing. */
export const NO_ARCHIVES: ArchiveContents = {
  size: () => Promise.resolve({ events: 0, bytes: 0 }),
  remove: () => Promise.resolve(),
};
