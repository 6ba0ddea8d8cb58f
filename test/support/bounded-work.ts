import assert from "node:assert/strict";

/** How many times longer than `JSON.parse` work on a text from outside may take. */
const TIMES_MAX = 10;
/** What a busy machine adds to either of them. */
const NOISE_MS = 10;
const ROUNDS = 5;

/** A JSON document of about so many bytes, made as events are: short fields, some lists, some numbers. */
export function ordinaryJson(bytes: number): string {
  const item = (n: number) => ({ id: `item-${n}`, qty: n % 7, price: n * 1.25, tags: ["a", "b"], note: "as ordered" });
  const itemBytes = JSON.stringify(item(1_000)).length + 1;
  return JSON.stringify({ items: Array.from({ length: Math.ceil(bytes / itemBytes) }, (_, n) => item(n)) });
}

/**
 * Fails unless work on so many bytes takes at most ten times as long as `JSON.parse` takes for ordinary JSON of that
 * length. The quickest of a few rounds counts, in turns, because the machine is shared. Work that throws has ended too.
 */
export async function assertBoundedWork(what: string, bytes: number, work: () => unknown): Promise<void> {
  const json = ordinaryJson(bytes);
  let parseMs = Infinity;
  let workMs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    parseMs = Math.min(parseMs, await timed(() => JSON.parse(json) as unknown));
    workMs = Math.min(workMs, await timed(work));
    if (workMs <= TIMES_MAX * parseMs + NOISE_MS) return;
  }
  const factor = (workMs / parseMs).toFixed(1);
  assert.fail(`${what}: ${workMs.toFixed(0)} ms for ${bytes} bytes, ${factor} times what JSON.parse takes`);
}

async function timed(work: () => unknown): Promise<number> {
  const startedAtMs = performance.now();
  try {
    await work();
  } catch {
    // A refusal is an answer as well; how long it took is what counts here.
  }
  return performance.now() - startedAtMs;
}
