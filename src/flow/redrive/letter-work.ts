import type { JobProgress, LetterOrder } from "../../domain/job/job.ts";
import { NO_PROGRESS } from "../../domain/job/job.ts";
import type { DeadLetters, PurgeProgress, RedriveProgress } from "../../ports/admin/dead-letters.ts";
import type { DoWork } from "../../ports/admin/jobs.ts";

/** What jobs do with dead letters: one redrive or purge is a piece of a job's work. */
export function letterWork(deadLetters: Pick<DeadLetters, "redrive" | "purge">): DoWork<LetterOrder> {
  return async (order, control) => {
    const { jobId, signal } = control;
    if (order.kind === "purge") {
      const reached = (progress: PurgeProgress): void => control.reached(progressOfPurge(progress));
      const purged = await deadLetters.purge(order.queue, order.filter, { jobId, signal, reached });
      return { ...purged, progress: progressOfPurge(purged) };
    }
    const { to, limit } = order;
    const reached = (progress: RedriveProgress): void => control.reached(progressOfRedrive(progress));
    const options = {
      to,
      limit,
      get ratePerSecond() {
        return control.ratePerSecond();
      },
    };
    const redriven = await deadLetters.redrive(order.queue, order.filter, options, { jobId, signal, reached });
    return { ...redriven, progress: progressOfRedrive(redriven) };
  };
}

function progressOfRedrive(progress: RedriveProgress): JobProgress {
  const { looked, left, redriven, unredrivable, examples, firstIds } = progress;
  return {
    looked,
    left,
    removed: redriven,
    unredrivable: { ...unredrivable },
    examples: [...examples],
    firstIds: [...firstIds],
  };
}

function progressOfPurge({ looked, left, purged }: PurgeProgress): JobProgress {
  return { ...NO_PROGRESS, looked, left, removed: purged };
}
