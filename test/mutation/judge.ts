import type { StdioOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Area, Stage } from "./areas.ts";
import type { Mutation } from "./mutation.ts";
import { mutate } from "./mutation.ts";
import type { UnitTests } from "./nearest-tests.ts";
import { Imports, unitTestsByDistance } from "./nearest-tests.ts";

/** A mistake that makes tests hang is noticed as well. */
const NEAREST_MS_MAX = 30_000;
const STAGE_MS_MAX = 240_000;

/** One process for many files: most of a unit test's time is its start. What it has in memory slows down timed work. */
const UNIT_ARGS = [
  "--test",
  "--test-isolation=none",
  "--test-reporter=tap",
  "--test-force-exit",
  "--test-skip-pattern=/in proportion to/",
  "--max-old-space-size=1024",
];

export interface Judgement {
  readonly area: string;
  readonly mutation: Mutation;
  /** `unit tests`, `simulation` or a test file, then the test that failed or the time limit; undefined when none did. */
  readonly killedBy: string | undefined;
  readonly seconds: number;
}

/** One thing to run: node's arguments, and the name it has in the report. */
interface Trial {
  readonly name: string;
  readonly args: readonly string[];
  readonly msMax: number;
}

/** A trial that failed: the name of its first test that did, or its time limit. */
interface Red {
  readonly trial: Trial;
  readonly end: string;
}

/** The tests of a copy of the tree. */
export class Judges {
  readonly copy: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #seeds: number;
  readonly #unitTestsOf: (file: string) => UnitTests;
  /** The files that the simulation runs. */
  readonly #simulated: ReadonlySet<string>;
  /** Trials that pass without a mutation. */
  readonly #green = new Set<string>();

  constructor(copy: string, env: NodeJS.ProcessEnv, seeds: number) {
    this.copy = copy;
    this.#env = env;
    this.#seeds = seeds;
    const imports = new Imports(copy);
    this.#unitTestsOf = unitTestsByDistance(copy, imports);
    this.#simulated = new Set(imports.stepsFrom("test/simulation/simulation.ts").keys());
  }

  /** What judges a mutation, cheapest first. */
  trialsOf({ file }: Mutation, area: Area): readonly Trial[] {
    const { nearest, others } = this.#unitTestsOf(file);
    const stages = area.stages.flatMap((stage) => this.#trialsOfStage(stage));
    // All unit tests that reach a noun of the domain take longer than the simulation.
    const simulation = this.#simulated.has(file) ? stages.filter(({ name }) => name === "simulation") : [];
    const slow = stages.filter(({ name }) => name !== "simulation");
    return [...unitTrials(nearest, NEAREST_MS_MAX), ...simulation, ...unitTrials(others, STAGE_MS_MAX), ...slow];
  }

  #trialsOfStage(stage: Stage): readonly Trial[] {
    if (stage !== "simulation")
      return stage.map((test) => ({ name: test, args: ["--test-reporter=tap", test], msMax: STAGE_MS_MAX }));
    return [
      {
        name: stage,
        args: ["test/simulation/main.ts", "--seeds", String(this.#seeds)],
        msMax: STAGE_MS_MAX,
      },
    ];
  }

  /** The first trial that fails, and the test that did. */
  async firstRed(trials: readonly Trial[]): Promise<Red | undefined> {
    for (const trial of trials) {
      const end = await this.#run(trial);
      if (end !== "green") return { trial, end };
    }
    return undefined;
  }

  /** @throws Error when a trial fails as things are: it would kill every mutation. Each trial runs once. */
  async assertGreen(trial: Trial): Promise<void> {
    const key = trial.args.join();
    if (this.#green.has(key)) return;
    const red = await this.firstRed([trial]);
    if (red !== undefined) throw new Error(`${nameOf(red)}: it fails without any mutation`);
    this.#green.add(key);
  }

  /** Ends with the first test that fails, and names it: the others have no more to say. */
  async #run({ args, msMax }: Trial): Promise<string> {
    const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
    // A group of its own, since tests start routers, which would outlive them.
    const child = spawn(process.execPath, args, { cwd: this.copy, env: this.#env, stdio, detached: true });
    const exited = once(child, "exit");
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const timer = setTimeout(() => end("at its time limit"), msMax);
    void exited.then(() => end("exit"));
    if (child.stdout !== null) {
      createInterface(child.stdout).on("line", (line) => {
        const failed = /^ *not ok \d+ - (.*)/.exec(line)?.[1];
        if (failed !== undefined) end(failed);
      });
    }
    const first = await ended;
    clearTimeout(timer);
    if (child.pid !== undefined) endGroup(child.pid);
    await exited;
    if (first !== "exit") return first;
    return child.exitCode === 0 ? "green" : "red";
  }
}

/**
 * Makes the mistake in the copy, runs the tests until one notices, and takes it back.
 *
 * @throws Error when that test fails without the mistake as well.
 */
export async function judge(mutation: Mutation, area: Area, judges: Judges): Promise<Judgement> {
  const startedAtMs = performance.now();
  const red = await withMistake(mutation, judges.copy, () => judges.firstRed(judges.trialsOf(mutation, area)));
  const seconds = (performance.now() - startedAtMs) / 1_000;
  if (red !== undefined) await judges.assertGreen(red.trial);
  return { area: area.name, mutation, killedBy: red && nameOf(red), seconds };
}

async function withMistake<Result>(mutation: Mutation, copy: string, run: () => Promise<Result>): Promise<Result> {
  const path = join(copy, mutation.file);
  const original = await readFile(path, "utf8");
  const mutated = mutate(original, mutation);
  if ("problem" in mutated) throw new Error(`${mutation.file}: "${mutation.from}" ${mutated.problem}`);
  await writeFile(path, mutated.text);
  try {
    return await run();
  } finally {
    await writeFile(path, original);
  }
}

function nameOf({ trial, end }: Red): string {
  return `${trial.name}, ${end}`;
}

function unitTrials(tests: readonly string[], msMax: number): readonly Trial[] {
  return tests.length === 0 ? [] : [{ name: "unit tests", args: [...UNIT_ARGS, ...tests], msMax }];
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of it is left.
  }
}
