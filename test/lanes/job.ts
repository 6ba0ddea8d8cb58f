import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { relative } from "node:path";
import { endedChildrenCpuMs } from "../../bench/cpu-time.ts";
import { ROOT } from "../support/router/checkout.ts";
import type { TestMessage } from "./reporter.ts";

/** One process: a check of the sources, or some test files. */
export interface Job {
  readonly name: string;
  /** For node. */
  readonly args: readonly string[];
  /** The test files that it runs. Without any, its exit code says all. */
  readonly files: readonly string[];
  /** It fails with more. CPU time, since what else runs at the same time must not count. */
  readonly cpuSecondsMax?: number;
}

/** A test that failed, or a job that failed outside of any test. */
export interface Failure {
  readonly file: string;
  readonly name: string;
  readonly error: string;
}

export interface Ended {
  readonly job: Job;
  readonly seconds: number;
  /** Of the process itself, without those that it starts. */
  readonly cpuSeconds: number;
  /** Of the process and of those that it has started and seen end. NaN where the system does not say. */
  readonly cpuSecondsOfAll: number;
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
  /** How long each file took. */
  readonly secondsOf: ReadonlyMap<string, number>;
}

const REPORTER = new URL("reporter.ts", import.meta.url).href;
const TEST_MS_MAX = 300_000;
/** A test file that reports nothing for so long hangs. */
const QUIET_MS_MAX = TEST_MS_MAX + 30_000;
/** The faults may take so long on a machine that is busy with more. */
const JOB_MS_MAX = 1_800_000;
/** How much of a failed job's output is shown. */
const OUTPUT_CHARACTERS = 8_000;

/** A program in JavaScript that says by its exit code whether all is well. */
export function check(name: string, ...args: string[]): Job {
  return { name, args, files: [] };
}

/** Test files in one process, which they share. It ends with its tests, whatever they have left open. */
export function tests(name: string, files: readonly string[], limits: Pick<Job, "cpuSecondsMax"> = {}): Job {
  const flags = [`--test-reporter=${REPORTER}`, `--test-timeout=${TEST_MS_MAX}`, "--test-force-exit"];
  return { name, args: ["--test", "--test-isolation=none", ...flags, ...files], files, ...limits };
}

/**
 * Runs a job to its end. `signal` kills it.
 *
 * @param isInBackground it, and what it starts, computes when the others wait.
 */
export async function run(job: Job, signal: AbortSignal, isInBackground = false): Promise<Ended> {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, job.args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  if (isInBackground && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  // By SIGTERM, so that it takes down what it has started.
  const kill = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", kill);
  const messages: TestMessage[] = [];
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
  }
  const quiet = setTimeout(kill, job.files.length === 0 ? JOB_MS_MAX : QUIET_MS_MAX);
  child.on("message", (message: TestMessage) => {
    messages.push(message);
    quiet.refresh();
  });
  let cpuSecondsOfAll = Number.NaN;
  child.once("exit", () => (cpuSecondsOfAll = cpuSecondsSinceLastEnd()));
  const code = await new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, exitSignal) => resolve(exitCode ?? exitSignal ?? 1));
  });
  clearTimeout(quiet);
  signal.removeEventListener("abort", kill);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { ...accountOf(job, { code, messages, output, seconds }), cpuSecondsOfAll };
}

let lastEndCpuMs = 0;

/** What has come to this process's account since the last job's end: that of the job which ends now, and of what the runner itself ran for RabbitMQ. */
function cpuSecondsSinceLastEnd(): number {
  const cpuMs = endedChildrenCpuMs(process.pid);
  const seconds = (cpuMs - lastEndCpuMs) / 1_000;
  lastEndCpuMs = cpuMs;
  return seconds;
}

interface Run {
  readonly code: number | NodeJS.Signals;
  readonly messages: readonly TestMessage[];
  readonly output: string;
  readonly seconds: number;
}

function accountOf(job: Job, { code, messages, output, seconds }: Run): Omit<Ended, "cpuSecondsOfAll"> {
  const only = job.files.length === 1 ? job.files[0] : undefined;
  const failures: Failure[] = [];
  const secondsOf = new Map<string, number>();
  const seen = new Set<string>();
  const counts = { passed: 0, skipped: 0 };
  let hasEnded = false;
  let cpuSeconds = 0;
  for (const message of messages) {
    if (message.type === "end") {
      hasEnded = true;
      cpuSeconds = message.cpuSeconds;
      continue;
    }
    // A suite that several files share is counted for the file that runs it.
    const file = only ?? relative(ROOT, message.file);
    seen.add(file);
    if (message.type === "failed") failures.push({ file, name: message.name, error: message.error });
    else if (message.type === "took") secondsOf.set(file, (secondsOf.get(file) ?? 0) + message.seconds);
    else counts[message.type]++;
  }
  const outside = (error: string): number => failures.push({ file: job.name, name: "the process", error });
  const silent = job.files.filter((file) => !seen.has(file));
  if (code !== 0 && failures.length === 0) outside(`it ended with ${code}\n${output}`);
  else if (job.files.length > 0 && !hasEnded) outside(`it did not report its end\n${output}`);
  else if (silent.length > 0) outside(`no test ran in ${silent.join(", ")}\n${output}`);
  const { cpuSecondsMax = Infinity } = job;
  if (cpuSeconds > cpuSecondsMax)
    outside(`${cpuSeconds.toFixed(0)} s of CPU time, at most ${cpuSecondsMax} s are allowed`);
  // With a process of its own, a file's time includes that of its imports.
  if (job.files.length <= 1) secondsOf.set(job.name, seconds);
  return { job, seconds, cpuSeconds, ...counts, failures, secondsOf };
}
