import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** The files that a file imports, below the root. */
function importsOf(root: string, file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/\bfrom "(\.{1,2}\/[^"]+)"/g)].map(([, path = ""]) => normalize(join(dirname(file), path)));
}

/** The unit tests that reach a file of the source through imports. Most mistakes fall to the nearest. */
export interface UnitTests {
  /** Those with the fewest steps to it. */
  readonly nearest: readonly string[];
  readonly others: readonly string[];
}

/** @param root the folder of the tree. */
export function unitTestsByDistance(root: string): (file: string) => UnitTests {
  const tests = readdirSync(join(root, "test/unit")).filter((name) => name.endsWith(".test.ts"));
  const imports = new Map<string, readonly string[]>();
  const distances = tests.map((name) => ({ test: `test/unit/${name}`, steps: stepsFrom(`test/unit/${name}`) }));

  function stepsFrom(test: string): ReadonlyMap<string, number> {
    const steps = new Map([[test, 0]]);
    // A map's loop comes to what is added meanwhile.
    for (const [file, count] of steps) {
      let next = imports.get(file);
      if (next === undefined)
        imports.set(file, (next = importsOf(root, file).filter((one) => existsSync(join(root, one)))));
      for (const one of next) if (!steps.has(one)) steps.set(one, count + 1);
    }
    return steps;
  }

  return (file) => {
    const reaching = distances.filter(({ steps }) => steps.has(file));
    const fewest = Math.min(...reaching.map(({ steps }) => steps.get(file) ?? Infinity));
    const { near = [], far = [] } = Object.groupBy(reaching, ({ steps }) =>
      steps.get(file) === fewest ? "near" : "far",
    );
    return { nearest: near.map(({ test }) => test), others: far.map(({ test }) => test) };
  };
}
