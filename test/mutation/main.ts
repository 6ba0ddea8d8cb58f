import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { startRabbitMq } from "../support/rabbitmq/rabbitmq.ts";
import type { Area } from "./areas.ts";
import { AREAS } from "./areas.ts";
import { judge, Judges } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import { printReport } from "./report.ts";

interface Options {
  readonly area: readonly string[];
  readonly file?: readonly string[];
  readonly seeds: number;
  readonly quick?: boolean;
}

const ROOT = join(import.meta.dirname, "../..");
/** What a copy of the tree can do without. */
const LEFT_OUT = new Set(["node_modules", ".git", "dist", ".busbar"]);

await new Command("mutate")
  .description("makes one plausible mistake at a time, in a copy of the tree, and shows which tests notice it")
  .option("--area <name...>", `only these: ${AREAS.map(({ name }) => name).join(", ")}`, [])
  .option("--file <path...>", "only mistakes in these files")
  .option("--quick", "unit tests and the simulation only")
  .option("--seeds <count>", "how many seeds the simulation runs", Number, 200)
  .action(run)
  .parseAsync();

async function run(options: Options): Promise<void> {
  const areas = selected(options);
  const copy = await copyOfTheTree();
  // Those that start a broker take this one, as the whole test run does.
  const needsRabbitMq = areas.some(({ stages }) =>
    stages.some((stage) => stage.includes("test/contract/rabbitmq/broker.test.ts")),
  );
  const rabbitMq = needsRabbitMq && process.env["AMQP_URL"] === undefined ? await startRabbitMq() : undefined;
  try {
    const env = {
      ...process.env,
      // Half of a small test's time is the compiling of what it imports.
      NODE_COMPILE_CACHE: join(copy, ".compiled"),
      // As many cases as `npm test` tries.
      BUSBAR_TEST_PROPERTY_SHARE: "0.2",
      // What a test leaves behind that is ended in the middle.
      TMPDIR: join(copy, ".left"),
      ...(rabbitMq && { AMQP_URL: rabbitMq.url, BUSBAR_TEST_RABBITMQ_MANAGEMENT: rabbitMq.managementUrl }),
    };
    const judges = new Judges(copy, env, options.seeds);
    const judgements = await judgeAll(areas, judges);
    printReport(judgements, { commit: commitHash(), seeds: options.seeds });
  } finally {
    await rabbitMq?.remove();
    await rm(copy, { recursive: true, force: true });
  }
}

function selected({ area, file, quick }: Options): readonly Area[] {
  const named = area.length === 0 ? AREAS : AREAS.filter(({ name }) => area.includes(name));
  const areas = named.map((one) => ({
    ...one,
    stages: one.stages.filter((stage) => !quick || stage === "simulation"),
    mutations: one.mutations.filter((mutation) => file === undefined || file.includes(mutation.file)),
  }));
  return areas.filter(({ mutations }) => mutations.length > 0);
}

async function copyOfTheTree(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), "busbar-mutation-"));
  await cp(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(path.slice(ROOT.length + 1)) });
  await mkdir(join(copy, ".left"));
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

async function judgeAll(areas: readonly Area[], judges: Judges): Promise<readonly Judgement[]> {
  const judgements: Judgement[] = [];
  for (const area of areas) {
    for (const mutation of area.mutations) {
      const judgement = await judge(mutation, area, judges);
      judgements.push(judgement);
      const by = judgement.killedBy ?? "SURVIVES";
      console.error(`${area.name}: ${mutation.file}: ${mutation.loses}: ${by} (${judgement.seconds.toFixed(1)} s)`);
    }
  }
  return judgements;
}

function commitHash(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim();
}
