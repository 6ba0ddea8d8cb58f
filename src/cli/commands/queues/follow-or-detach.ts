import type { JobAnswer } from "../../../admin-api/queues/jobs.ts";
import { followJob, goesOnText } from "../../client/follow-job.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { clientOf } from "../../options/admin-options.ts";
import { createProgress } from "../../output/progress.ts";
import type { Terminal } from "../../terminal.ts";

export interface FollowJobOptions extends AdminOptions {
  readonly detach?: boolean;
}

/**
 * Follows a job to its end, unless it is to be left alone: then its id is printed. With `--json` the job is printed.
 *
 * @param total how many it is about; undefined where nobody knows.
 */
export async function followOrDetach(
  job: JobAnswer,
  total: number | undefined,
  options: FollowJobOptions,
  terminal: Terminal,
): Promise<JobAnswer | undefined> {
  if (options.detach === true) {
    if (options.json === true) terminal.printJson(job);
    else terminal.print(`${job.id}\n`);
    terminal.note(`${goesOnText(job.id)}\n`);
    return undefined;
  }
  const progress = createProgress(total, terminal.screen, Date.now);
  const ended = await followJob(job, clientOf(options, terminal.env), progress);
  if (options.json === true) terminal.printJson(ended);
  return ended;
}
