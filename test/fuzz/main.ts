import { Command } from "commander";
import { Broken, fuzz } from "./fuzz.ts";

interface Options {
  readonly inputs: number;
  readonly seed: number;
  readonly subject?: string;
}

const program = new Command("fuzz")
  .description("tries changed inputs on everything that reads what comes from outside")
  .option("--inputs <count>", "how many", Number, 20_000)
  .option("--seed <seed>", "that every choice is drawn from", Number, 1)
  .option("--subject <name>", "try this one only")
  .action(async (options: Options) => {
    const startedAtMs = performance.now();
    const { inputs, slowestMs } = await fuzz(options);
    for (const [name, count] of Object.entries(inputs)) console.log(`${String(count).padStart(8)}  ${name}`);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const memoryMiB = Math.round(process.memoryUsage().rss / 1_048_576);
    console.log(
      `nothing broke in ${seconds.toFixed(0)} s; the slowest took ${slowestMs.toFixed(0)} ms; ${memoryMiB} MiB at the end`,
    );
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Broken)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
