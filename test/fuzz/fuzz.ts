import { Chance } from "../simulation/chance.ts";
import { mutate } from "./mutate.ts";
import { createSubjects } from "./subjects/index.ts";
import type { Subject } from "./subjects/subject.ts";

/** Of 64 KiB at most. What takes longer is given more tries: a loaded machine may stop for a while. */
const INPUT_MS_MAX = 1_000;
const SLOW_TRIES_MAX = 3;
const SHOWN_CHARACTERS_MAX = 2_000;

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  /** Only the one of this name. */
  readonly subject?: string;
}

/** What a run came to: inputs by subject, and what the slowest took. */
export interface FuzzReport {
  readonly inputs: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

/** An input that broke something, to be had again from its seed. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** Tries changed inputs on everything that faces outside. Every choice is drawn from the seed. Throws `Broken`. */
export async function fuzz(
  { seed, inputs, subject: only }: FuzzOptions,
  all: readonly Subject[] = createSubjects(),
): Promise<FuzzReport> {
  const chance = new Chance(seed);
  const subjects = all.filter(({ name }) => only === undefined || name === only);
  if (subjects.length === 0) throw new Error(`there is no subject "${only}"`);
  const turns = subjects.flatMap((subject) => Array<Subject>(subject.weight).fill(subject));
  const counts: Record<string, number> = {};
  let slowestMs = 0;
  for (let n = 0; n < inputs; n++) {
    const subject = chance.pick(turns);
    const input = mutate(chance.pick(subject.corpus), subject.corpus, chance);
    const tookMs = await tryOne(subject, input, chance, `input ${n} of seed ${seed}`);
    slowestMs = Math.max(slowestMs, tookMs);
    counts[subject.name] = (counts[subject.name] ?? 0) + 1;
  }
  return { inputs: counts, slowestMs };
}

async function tryOne(subject: Subject, input: Buffer, chance: Chance, which: string): Promise<number> {
  const broken = (what: string, cause?: unknown): Broken => {
    const shown = JSON.stringify(input.toString("latin1").slice(0, SHOWN_CHARACTERS_MAX));
    return new Broken(`${subject.name}: ${what}: ${which}: ${shown}`, { cause });
  };
  let tookMs = Infinity;
  for (let tries = 0; tries < SLOW_TRIES_MAX && tookMs > INPUT_MS_MAX; tries++) {
    const startedAtMs = performance.now();
    try {
      await subject.run(input, chance);
    } catch (error) {
      throw broken(error instanceof Error ? `${error.name}: ${error.message}` : String(error), error);
    }
    tookMs = performance.now() - startedAtMs;
  }
  if (tookMs > INPUT_MS_MAX) throw broken(`took ${Math.round(tookMs)} ms`);
  const added = Object.keys(Object.prototype).length + Object.keys(Array.prototype).length;
  if (added > 0) throw broken("polluted a prototype");
  return tookMs;
}
