import { readFileSync } from "node:fs";

const PEAK = /^VmHWM:\s*(\d+) kB$/m;

/**
 * The most memory that a process has used since it started, in megabytes; undefined where nobody knows: where the
 * system is not Linux, the process has ended, or it has started others, whose memory is not its own.
 */
export function peakMegabytes(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    // Both are made by the kernel when they are read: no disk is waited for.
    if (readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim() !== "") return undefined;
    const kilobytes = PEAK.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Math.ceil(Number(kilobytes) / 1_024);
  } catch {
    return undefined;
  }
}
