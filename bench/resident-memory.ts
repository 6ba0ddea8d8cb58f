import { readFileSync } from "node:fs";

/** Memory that a process holds now, in MiB. Linux only: elsewhere there is no figure. */
export function residentMiB(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Math.round(Number(kib) / 1_024);
  } catch {
    return Number.NaN;
  }
}
