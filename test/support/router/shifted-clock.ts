import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A program's wall clock, which is set while it runs. Its timers and its monotonic clock go on, as they do when a machine's clock is set. */
export interface ShiftedClock {
  /** What the program is to be started with, in all its threads. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on the program's clock is that far from the true one. It takes effect within 50 ms. */
  shift(ms: number): void;
}

/** Makes a clock that reads from a file in the given folder how far it is off. */
export function createShiftedClock(folder: string): ShiftedClock {
  const file = join(folder, "clock-shift-ms");
  const shift = (ms: number): void => writeFileSync(file, String(ms));
  shift(0);
  const preload = new URL("./shifted-clock-preload.ts", import.meta.url);
  return {
    env: { NODE_OPTIONS: `--import ${preload.href}`, CLOCK_SHIFT_FILE: file },
    shift,
  };
}
