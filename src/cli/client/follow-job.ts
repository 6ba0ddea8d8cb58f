import { JOB_OPERATIONS } from "../../admin-api/operations/jobs.ts";
import type { JobAnswer } from "../../admin-api/queues/jobs.ts";
import { sleep } from "../../async/sleep.ts";
import { CommandError } from "../command-error.ts";
import type { Progress } from "../output/progress.ts";
import { inOneLine } from "../output/escape.ts";
import type { ApiClient } from "./api-client.ts";

/** How often the router is asked how far a job is: soon, then every second. */
const ASK_MS_FIRST = 50;
const ASK_MS_MAX = 1_000;
/** How long no router may answer: the one that was asked may start again. */
const SILENCE_MS_MAX = 15_000;

const ENDED: ReadonlySet<JobAnswer["state"]> = new Set(["done", "stopped", "failed"]);

/** As shells have it after SIGINT. */
const INTERRUPTED_EXIT = 130;

/**
 * Shows a job's progress until it ends. Ctrl-C ends the following, and not the job.
 *
 * @throws CommandError when the job failed or was stopped, when nobody answers any more, and after Ctrl-C.
 */
export async function followJob(started: JobAnswer, client: ApiClient, progress: Progress): Promise<JobAnswer> {
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort();
  process.once("SIGINT", onSignal);
  try {
    let job = started;
    for (let askMs = ASK_MS_FIRST; !ENDED.has(job.state); askMs = Math.min(ASK_MS_MAX, askMs * 2)) {
      await sleepBusily(askMs, interrupted.signal);
      if (interrupted.signal.aborted) throw new CommandError(goesOnText(job.id), { exitCode: INTERRUPTED_EXIT });
      job = await ask(job.id, client, interrupted.signal);
      progress.reached(job.removed);
    }
    if (job.state !== "done") throw new CommandError(brokenText(job));
    return job;
  } finally {
    process.off("SIGINT", onSignal);
    progress.end();
  }
}

/** How to go on with a job that nobody follows any more. */
export function goesOnText(id: string): string {
  return `the job goes on: \`busbar jobs follow ${id}\` shows it, \`busbar jobs stop ${id}\` stops it`;
}

async function ask(id: string, client: ApiClient, signal: AbortSignal): Promise<JobAnswer> {
  const deadlineMs = performance.now() + SILENCE_MS_MAX;
  for (;;) {
    try {
      return await client.ask(JOB_OPERATIONS.getJob, { path: { job: id } });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (performance.now() > deadlineMs || signal.aborted) {
        throw new CommandError(`${error.message}\nwhere a router lives, ${goesOnText(id)}`, { cause: error });
      }
      await sleepBusily(ASK_MS_MAX, signal);
    }
  }
}

function brokenText({ state, problem, removed }: JobAnswer): string {
  const why = state === "stopped" ? "the job was stopped" : inOneLine(problem ?? "the job failed");
  return `${why}\n${removed} done so far, nothing is lost: run the same command again to go on`;
}

/** A timer that keeps the process running, which has nothing else to do. */
async function sleepBusily(ms: number, signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, ms);
  await sleep(ms, signal);
  clearInterval(alive);
}
