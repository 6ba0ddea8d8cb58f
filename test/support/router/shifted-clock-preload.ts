/** Loaded before a program, in each of its threads: its wall clock is off by the milliseconds that stand in a file. */

import { readFileSync } from "node:fs";

const LOOK_MS = 20;

const file = process.env["CLOCK_SHIFT_FILE"] ?? "";
const TrueDate = Date;
const trueNow = Date.now;
let shiftMs = 0;

function look(): void {
  const read = Number(readFileSync(file, "utf8") || Number.NaN);
  if (!Number.isNaN(read)) shiftMs = read; // else it is being written
}

look();
setInterval(look, LOOK_MS).unref();

Date.now = () => trueNow() + shiftMs;
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, parameters: unknown[], newTarget) =>
    Reflect.construct(target, parameters.length === 0 ? [Date.now()] : parameters, newTarget) as Date,
});
