import { readFileSync } from "node:fs";

/** Linux counts a process's time for its readers in hundredths of a second, whatever its own clock does. */
const TICK_MS = 10;

/**
 * The CPU time that a process has used so far, all its threads together, in milliseconds.
 * Linux only: elsewhere there is no figure.
 */
export function cpuMs(pid: number): number {
  try {
    // The command, in brackets, may hold blanks; user and system time are the 12th and 13th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return Number.NaN;
  }
}
