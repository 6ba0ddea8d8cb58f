import type { Registry } from "prom-client";
import { Counter, Gauge } from "prom-client";
import type { Job } from "../../../../../domain/job/job.ts";
import { JOB_KINDS } from "../../../../../domain/job/job.ts";
import { isCatchUp } from "../../../../../domain/replay/replay-state.ts";

/** Asked at each scrape: the jobs that this router runs and that have not ended. */
export type JobCounts = () => readonly Pick<Job, "order" | "state" | "progress">[];

const UNFINISHED = ["running", "paused", "stopping"] as const;

/** Of redrives, purges, moves and replays. */
export function jobMetrics(registry: Registry, jobs: JobCounts) {
  const gauge = new Gauge({
    name: "busbar_jobs",
    help: "Redrives, purges, moves and replays that this router runs, or would run if they were not paused.",
    labelNames: ["kind", "state"] as const,
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const kind of JOB_KINDS) for (const state of UNFINISHED) gauge.set({ kind, state }, 0);
      for (const { order, state } of jobs()) gauge.inc({ kind: order.kind, state });
    },
  });
  const left = new Gauge({
    name: "busbar_replay_events_left",
    help: "Archived events that the replays of this router have yet to send.",
    registers: [registry],
    collect: () => {
      const replays = jobs().filter((job) => job.order.kind === "replay" && !isCatchUp(job));
      left.set(replays.reduce((sum, { progress }) => sum + progress.left, 0));
    },
  });
  catchUpMetrics(registry, jobs);
  return {
    eventsReplayed: new Counter({
      name: "busbar_events_replayed_total",
      help: "Archived events that this router put on their bus again.",
      labelNames: ["bus"] as const,
      registers: [registry],
    }),
    replayEventsLeftOut: new Counter({
      name: "busbar_replay_events_left_out_total",
      help: "Archived events that replays of what is not delivered did not send, or not to all targets, by why.",
      labelNames: ["bus", "why"] as const,
      registers: [registry],
    }),
    jobsEnded: new Counter({
      name: "busbar_jobs_ended_total",
      help: "Redrives, purges, moves and replays that ended on this router.",
      labelNames: ["kind", "state"] as const,
      registers: [registry],
    }),
  };
}

/** Of the rules that this router gives their past. There are 100 at most. */
function catchUpMetrics(registry: Registry, jobs: JobCounts): void {
  const labelNames = ["bus", "rule"] as const;
  const left = new Gauge({
    name: "busbar_catch_up_events_left",
    help: "About how many archived events are yet to be read for a rule that gets its past from this router.",
    labelNames,
    registers: [registry],
    collect: () => {
      left.reset();
      for (const { labels, progress } of catchUpsOf(jobs)) left.set(labels, progress.left);
    },
  });
  const behind = new Gauge({
    name: "busbar_catch_up_behind_seconds",
    help: "How long ago the archived event was accepted that was read last for a rule that gets its past from this router.",
    labelNames,
    registers: [registry],
    collect: () => {
      behind.reset();
      for (const { labels, progress } of catchUpsOf(jobs)) {
        const readMs = progress.place?.readMs;
        // An archive that is read to its end may have had no event for long.
        if (progress.left === 0) behind.set(labels, 0);
        else if (readMs !== undefined) behind.set(labels, Math.max(0, Date.now() - readMs) / 1_000);
      }
    },
  });
}

function catchUpsOf(jobs: JobCounts) {
  return jobs().flatMap(({ order, progress }) => {
    if (order.kind !== "replay" || !isCatchUp({ order })) return [];
    return [{ labels: { bus: order.bus, rule: order.rules?.[0] ?? "" }, progress }];
  });
}
