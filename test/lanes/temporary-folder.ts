import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const MEMORY = "/dev/shm";
/** The servers of a whole run have written a few GiB at its end. */
const BYTES_MIN = 8 * 1024 ** 3;

/**
 * Where the servers under test keep their files: in memory, on a machine that has enough of it. What a killed process has written
 * is there all the same, and no test ends a machine.
 */
export function temporaryFolder(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= BYTES_MIN && process.availableMemory() >= BYTES_MIN ? MEMORY : tmpdir();
}
