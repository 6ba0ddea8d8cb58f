import { z } from "zod";
import type { JobProgress } from "../../domain/job/job.ts";
import { markedJson } from "../../json/marked-json.ts";
import { boundedProgress, jobProgress, shortText } from "./job-record.ts";

/** What a router sends to all others once a second about a job that it owns: that it lives, and how far the job is. */
export interface JobSign {
  readonly jobId: string;
  readonly epoch: number;
  readonly progress: JobProgress;
  /** What keeps the job from going on now. */
  readonly problem?: string | undefined;
}

const layout = markedJson("busbar-job/1");

const jobSign = z.object({
  jobId: z.string(),
  epoch: z.number(),
  progress: jobProgress,
  problem: z.string().optional(),
});

export function encodeJobSign(sign: JobSign): Buffer {
  return layout.encode(sign);
}

/**
 * Undefined for a message of another kind, and for one that cannot be read. What a router takes over from it is bounded
 * here: any user of the broker can send one.
 */
export function decodeJobSign(bytes: Buffer): JobSign | undefined {
  const { data } = jobSign.safeParse(layout.decode(bytes));
  if (data === undefined) return undefined;
  const { progress, problem } = data;
  return { ...data, progress: boundedProgress(progress), problem: problem && shortText(problem) };
}
