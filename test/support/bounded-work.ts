import assert from "node:assert/strict";
import { cpuTimer } from "./cpu-time.ts";

/**
 * How many times the CPU time of `JSON.parse` work on a text from outside may take. The dearest takes 14 times as much;
 * work that grows with the square of a length of 1 MiB takes thousands of times as much.
 */
const TIMES_MAX = 40;
/** The kernel counts CPU time in ticks of up to so many ms. */
const TICK_MS = 10;
const ROUNDS = 5;

/** A JSON document of about so many bytes, made as events are: short fields, some lists, some numbers. */
export function ordinaryJson(bytes: number): string {
  const item = (n: number) => ({ id: `item-${n}`, qty: n % 7, price: n * 1.25, tags: ["a", "b"], note: "as ordered" });
  const itemBytes = JSON.stringify(item(1_000)).length + 1;
  return JSON.stringify({ items: Array.from({ length: Math.ceil(bytes / itemBytes) }, (_, n) => item(n)) });
}

/**
 * Fails unless work on so many bytes is at most `TIMES_MAX` times that of `JSON.parse` on ordinary JSON of that length.
 * CPU time of this thread is compared, and the least of a few rounds in turns counts, because the machine is shared.
 * Work that throws has ended too.
 */
export async function assertBoundedWork(what: string, bytes: number, work: () => unknown): Promise<void> {
  const json = ordinaryJson(bytes);
  let parseMs = Infinity;
  let workMs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    parseMs = Math.min(parseMs, await cpuMsOf(() => JSON.parse(json) as unknown));
    workMs = Math.min(workMs, await cpuMsOf(work));
    if (workMs <= TIMES_MAX * parseMs + TICK_MS) return;
  }
  const factor = (workMs / parseMs).toFixed(1);
  assert.fail(`${what}: ${workMs.toFixed(0)} ms of CPU for ${bytes} bytes, ${factor} times what JSON.parse takes`);
}

async function cpuMsOf(work: () => unknown): Promise<number> {
  const cpuMs = cpuTimer();
  try {
    await work();
  } catch {
    // A refusal is an answer as well; how much work it was is what counts here.
  }
  return cpuMs();
}
