/** A promise that was broken. Its message says how to see it again. */
export class Violation extends Error {
  override readonly name = "Violation";

  /** @param flags of the command that runs this simulation, besides the seed. */
  constructor(what: string, seed: number, ...flags: readonly string[]) {
    super(`seed ${seed}: ${what}\nreplay it with: ${["npm run simulate --", `--seed ${seed}`, ...flags].join(" ")}`);
  }
}

/** What the first seeds find; undefined when they find nothing. */
export async function firstViolation(
  simulate: (seed: number) => Promise<unknown>,
  seeds: number,
): Promise<Violation | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await simulate(seed);
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  }
  return undefined;
}
