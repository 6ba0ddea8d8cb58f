import type { Job } from "../job/job.ts";
import type { Rule } from "../rule/rule.ts";
import type { ReplayOrder } from "./replay.ts";

/** The states of EventBridge's replays, in the order of its model. */
export const REPLAY_STATES = ["STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED"] as const;

export type ReplayState = (typeof REPLAY_STATES)[number];

/** A job that replays. */
export type ReplayJob = Job & { readonly order: ReplayOrder };

export function isReplay(job: Job): job is ReplayJob {
  return job.order.kind === "replay";
}

/** A replay that gives a new rule its past. */
export function isCatchUp({ order }: Pick<Job, "order">): boolean {
  return order.kind === "replay" && order.catchesUp === true;
}

/** The catch-up that gives a rule its past, of the newest jobs first; undefined before it began, and once it is listed no more. */
export function catchUpOf({ bus, name, startFrom }: Rule, jobs: readonly Job[]): ReplayJob | undefined {
  if (startFrom === undefined) return undefined;
  const { archive, sinceMs = 0 } = startFrom;
  const isOf = ({ order }: ReplayJob): boolean =>
    order.bus === bus &&
    order.rules?.[0] === name &&
    order.archive === archive &&
    order.fromMs === Math.floor(sinceMs / 1_000) * 1_000;
  return jobs.filter(isReplay).find((job) => isCatchUp(job) && isOf(job));
}

/** AWS's word for a job's state. A replay that is paused, which AWS does not know, is running. */
export function replayStateOf({ state, progress }: Pick<Job, "state" | "progress">): ReplayState {
  switch (state) {
    case "running":
    case "paused":
      return progress.place === undefined ? "STARTING" : "RUNNING";
    case "stopping":
      return "CANCELLING";
    case "done":
      return "COMPLETED";
    case "stopped":
      return "CANCELLED";
    case "failed":
      return "FAILED";
  }
}
