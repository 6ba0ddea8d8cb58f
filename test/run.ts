import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { endedLines, summary } from "./lanes/account.ts";
import { run, tests, type Ended, type Job } from "./lanes/job.ts";
import { CACHE, LANES, type Lane, type LaneName } from "./lanes/lanes.ts";
import { temporaryFolder } from "./lanes/temporary-folder.ts";
import { BUILT_PROGRAM, ROOT } from "./support/router/checkout.ts";
import { startRabbitMq } from "./support/rabbitmq/rabbitmq.ts";

/*
 * Runs every check and test, or some: `node test/run.ts unit faults test/e2e/router/stop.test.ts`, by lane or job. Without `AMQP_URL` a RabbitMQ is
 * started for the whole run. With `--coverage` the test files run one after the other, and the lines of the source that
 * they reach are counted, in the routers' own processes too, which then run from the sources.
 */
const names = process.argv.slice(2);
process.exitCode = names.includes("--coverage") ? await withCoverage() : await inLanes(chosen());

/** All lanes, or the lanes, jobs and test files that are named. */
function chosen(): readonly Lane[] {
  const known = LANES.flatMap(({ name, jobs }) => [name, ...jobs.flatMap((job) => [job.name, ...job.files])]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`nothing is called "${unknown}": expected ${known.join(", ")}`);
  const isChosen = (name: string): boolean => names.length === 0 || names.includes(name);
  const chosenOf = (job: Job): Job[] =>
    isChosen(job.name) ? [job] : job.files.filter(isChosen).map((file) => tests(file, [file]));
  return LANES.map((lane) => (isChosen(lane.name) ? lane : { ...lane, jobs: lane.jobs.flatMap(chosenOf) }));
}

/** Resolves with the exit code. */
async function inLanes(lanes: readonly Lane[]): Promise<number> {
  process.env["NODE_COMPILE_CACHE"] ??= join(ROOT, CACHE, "compiled");
  process.env["BUSBAR_TEST_PROPERTY_SHARE"] ??= "0.1";
  process.env["TMPDIR"] ??= temporaryFolder();
  const startedAtMs = performance.now();
  await buildProgram();
  const all: Ended[] = [];
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  const rabbitMq = lanes.some(({ needsRabbitMq, jobs }) => needsRabbitMq && jobs.length > 0)
    ? provideRabbitMq()
    : undefined;
  const following = new Map<LaneName, Promise<void>>();
  const follow = async (lane: Lane): Promise<void> => {
    for (const name of lane.after ?? []) await following.get(name);
    if (lane.needsRabbitMq) await rabbitMq;
    if (stopping.signal.aborted) return;
    const wider = Promise.all((lane.widerAfter ?? []).map(async (name) => following.get(name)));
    await runLane(lane, lane.widerAfter && wider, stopping.signal, (ended) => {
      all.push(ended);
      process.stdout.write(`${endedLines(ended)}\n`);
      // Where the types are wrong, the other failures say little.
      if (ended.job.name === "types" && ended.failures.length > 0) stopping.abort();
    });
  };
  try {
    for (const lane of lanes) following.set(lane.name, follow(lane));
    await Promise.all(following.values());
  } finally {
    stopping.abort();
    await (
      await rabbitMq
    )?.();
  }
  process.stdout.write(`${summary(all, (performance.now() - startedAtMs) / 1_000)}\n`);
  const jobs = lanes.reduce((sum, lane) => sum + lane.jobs.length, 0);
  return all.length === jobs && all.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

/**
 * Runs a lane's jobs in their order, as many at a time as it is wide, and one more behind `wider`. A job that `signal` has ended is not
 * reported.
 */
async function runLane(
  { jobs, width, isInBackground }: Lane,
  wider: Promise<unknown> | undefined,
  signal: AbortSignal,
  report: (ended: Ended) => void,
): Promise<void> {
  const waiting = jobs.values();
  const runSome = async (): Promise<void> => {
    // Several loops draw from one iterator, so each job runs once.
    for (const job of waiting) {
      const ended = await run(job, signal, isInBackground);
      if (signal.aborted) return;
      report(ended);
    }
  };
  await Promise.all([...Array.from({ length: width }, runSome), wider?.then(runSome)]);
}

async function withCoverage(): Promise<number> {
  const stop = await provideRabbitMq();
  try {
    const flags = ["--experimental-test-coverage", "--test-coverage-include=src/**/*.ts", "--test-coverage-lines=90"];
    const oneByOne = ["--test-reporter=spec", "--test-concurrency=1", "--test-timeout=300000", "test/**/*.test.ts"];
    const child = spawn(process.execPath, ["--test", ...flags, ...oneByOne], { stdio: "inherit" });
    await once(child, "exit");
    return child.exitCode ?? 1;
  } finally {
    await stop();
  }
}

/** Builds what the image runs. The processes that tests start later are started from it, which takes half the time that sources take. */
async function buildProgram(): Promise<void> {
  await promisify(execFile)(process.execPath, ["node_modules/rolldown/bin/cli.mjs", "--config"], { cwd: ROOT });
  process.env["BUSBAR_TEST_PROGRAM"] = BUILT_PROGRAM;
}

/** Sets `AMQP_URL` for the processes that start later. The function returned removes the RabbitMQ that was started. */
async function provideRabbitMq(): Promise<() => Promise<void>> {
  if (process.env["AMQP_URL"]) return () => Promise.resolve();
  const rabbitMq = await startRabbitMq();
  process.env["AMQP_URL"] = rabbitMq.url;
  process.env["BUSBAR_TEST_RABBITMQ_MANAGEMENT"] = rabbitMq.managementUrl;
  return () => rabbitMq.remove();
}
