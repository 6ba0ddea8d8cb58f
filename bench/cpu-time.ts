import { readFileSync } from "node:fs";

/** Linux counts a process's time for its readers in hundredths of a second, whatever its own clock does. */
const TICK_MS = 10;

/**
 * The CPU time that a process has used so far, all its threads together, in milliseconds.
 * Linux only: elsewhere there is no figure.
 */
export function cpuMs(pid: number): number {
  return ticksOf(pid, 11) * TICK_MS;
}

/**
 * The CPU time of a process's children that have ended, in milliseconds: theirs, and that of their own children that had ended before.
 * Linux only: elsewhere there is no figure.
 */
export function endedChildrenCpuMs(pid: number): number {
  return ticksOf(pid, 13) * TICK_MS;
}

/** The sum of user and system time, which are neighbours. Their number is counted from the field after the command. */
function ticksOf(pid: number, field: number): number {
  try {
    // The command, in brackets, may hold blanks.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[field]) + Number(fields[field + 1]);
  } catch {
    return Number.NaN;
  }
}
