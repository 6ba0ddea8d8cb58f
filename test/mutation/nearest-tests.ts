import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Who imports what in a tree, directly or through others. */
export class Imports {
  readonly #root: string;
  readonly #byFile = new Map<string, readonly string[]>();

  /** @param root the folder of the tree. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Every file that one imports, itself included, with the number of steps to it. */
  stepsFrom(file: string): ReadonlyMap<string, number> {
    const steps = new Map([[file, 0]]);
    // A map's loop comes to what is added meanwhile.
    for (const [from, count] of steps) {
      for (const one of this.#of(from)) if (!steps.has(one)) steps.set(one, count + 1);
    }
    return steps;
  }

  #of(file: string): readonly string[] {
    const known = this.#byFile.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(join(this.#root, file), "utf8");
    const named = [...text.matchAll(/\bfrom "(\.{1,2}\/[^"]+)"/g)];
    const files = named.map(([, path = ""]) => normalize(join(dirname(file), path)));
    const imported = files.filter((one) => existsSync(join(this.#root, one)));
    this.#byFile.set(file, imported);
    return imported;
  }
}

/** The unit tests that reach a file of the source through imports. Most mistakes fall to the nearest. */
export interface UnitTests {
  /** Those with the fewest steps to it. */
  readonly nearest: readonly string[];
  readonly others: readonly string[];
}

/** @param root the folder of the tree. */
export function unitTestsByDistance(root: string, imports = new Imports(root)): (file: string) => UnitTests {
  const tests = globSync("test/unit/**/*.test.ts", { cwd: root });
  const distances = tests.map((test) => ({ test, steps: imports.stepsFrom(test) }));
  return (file) => {
    const reaching = distances.filter(({ steps }) => steps.has(file));
    const fewest = Math.min(...reaching.map(({ steps }) => steps.get(file) ?? Infinity));
    const { near = [], far = [] } = Object.groupBy(reaching, ({ steps }) =>
      steps.get(file) === fewest ? "near" : "far",
    );
    return { nearest: near.map(({ test }) => test), others: far.map(({ test }) => test) };
  };
}
