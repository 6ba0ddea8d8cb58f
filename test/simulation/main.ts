import { Command } from "commander";
import type { Mutant } from "./mutants.ts";
import { loadMutated, MUTANTS } from "./mutants.ts";
import { ALL_OWNER_MUTANTS } from "./owners/mutants.ts";

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly steps?: number;
  readonly mutant?: string;
  readonly store?: true;
  readonly schedules?: true;
  readonly replays?: true;
  readonly holds?: true;
  readonly owners?: true;
}

const program = new Command("simulate")
  .description("runs routers on a simulated broker, clock and network, every choice drawn from a seed")
  .option("--seeds <count>", "how many seeds to run", Number, 500)
  .option("--from <seed>", "the first of them", Number, 1)
  .option("--seed <seed>", "run this one only, and print what happens", Number)
  .option("--steps <count>", "requests and faults in each", Number)
  .option("--store", "routers that change and follow one store, in place of deliveries")
  .option("--schedules", "routers that fire the schedules of one store, in place of deliveries")
  .option("--replays", "routers that replay one archive, in place of deliveries")
  .option("--holds", "routers that hold the messages of one queue over the SQS API, in place of deliveries")
  .option("--owners", "routers of which one owns a FIFO queue for all, in place of deliveries")
  .option("--mutant <name>", "with a defect in the source that mutants.ts names, or owners/mutants.ts with --owners")
  .action(run);

async function run(options: Options): Promise<void> {
  if (options.store) {
    const { simulateStore } = await import("./store/store-simulation.ts");
    await runSeeds(options, simulateStore);
  } else if (options.schedules) {
    const { simulateSchedules } = await import("./schedules/schedule-simulation.ts");
    await runSeeds(options, simulateSchedules);
  } else if (options.replays) {
    const { simulateReplays } = await import("./replays/replay-simulation.ts");
    await runSeeds(options, simulateReplays);
  } else if (options.holds) {
    const { simulateHolds } = await import("./holds/hold-simulation.ts");
    await runSeeds(options, simulateHolds);
  } else if (options.owners) {
    if (options.mutant !== undefined) loadMutated(mutantOf(options.mutant, ALL_OWNER_MUTANTS));
    const { simulateOwners } = await import("./owners/owner-simulation.ts");
    await runSeeds(options, simulateOwners);
  } else await runDeliveries(options);
}

type Simulate = (options: { seed: number; print?: (line: string) => void }) => Promise<unknown>;

async function runSeeds({ seeds, from, seed }: Options, simulate: Simulate): Promise<void> {
  if (seed !== undefined) {
    console.log(await simulate({ seed, print: (line) => console.log(line) }));
    return;
  }
  for (let next = from; next < from + seeds; next++) await simulate({ seed: next });
  console.log(`${seeds} seeds, every promise kept`);
}

async function runDeliveries({ seeds, from, seed, steps, mutant }: Options): Promise<void> {
  const defect = mutant === undefined ? undefined : mutantOf(mutant, MUTANTS);
  if (defect !== undefined) loadMutated(defect);
  const { simulate } = await import("./simulation.ts");
  const { faultsOf } = await import("./faults.ts");
  const shared = steps === undefined ? {} : { steps };
  if (seed !== undefined) {
    console.log(await simulate({ seed, ...shared, print: (line) => console.log(line) }));
    return;
  }
  const startedAtMs = performance.now();
  const sums = { accepted: 0, deliveries: 0, calls: 0, simulatedSeconds: 0 };
  for (let next = from, tried = 0; tried < seeds; next++) {
    if (!(defect?.faults ?? []).every((fault) => faultsOf(next).has(fault))) continue;
    tried += 1;
    const result = await simulate({ seed: next, ...shared });
    for (const name of ["accepted", "deliveries", "calls", "simulatedSeconds"] as const) sums[name] += result[name];
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const perSecond = Math.round(seeds / seconds);
  console.log(`${seeds} seeds in ${seconds.toFixed(1)} s (${perSecond} a second), every promise kept`);
  const { accepted, deliveries, calls, simulatedSeconds } = sums;
  const days = (simulatedSeconds / 86_400).toFixed(1);
  console.log(`${accepted} events accepted, ${deliveries} deliveries, ${calls} calls, ${days} days of simulated time`);
}

function mutantOf(name: string, mutants: Readonly<Record<string, Mutant>>): Mutant {
  const mutant = mutants[name];
  if (mutant === undefined)
    throw new Error(`there is no mutant "${name}"; there are ${Object.keys(mutants).join(", ")}`);
  return mutant;
}

try {
  await program.parseAsync();
} catch (error) {
  // The class is loaded with the sources, and these may be mutated.
  if (!(error instanceof Error) || error.name !== "Violation") throw error;
  console.error(error.message);
  process.exitCode = 1;
}
