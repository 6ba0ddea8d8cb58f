import type { DeliveryAnswer } from "../../../../src/admin-api/history/history.ts";
import type { JobAnswer, ReplayOrderAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import { countText, counted } from "../text/numbers.ts";
import { leftOutSentences } from "../replays/replay.ts";
import { unredrivableSentences } from "./redrive.ts";
import type { Tone } from "../text/words.ts";

/** How long a job that has ended is shown on the page of dead letters, and how many of them. */
const SHOWN_MS = 60 * 60_000;
const SHOWN_MAX = 3;

export const JOB_WORDS: Readonly<Record<JobAnswer["state"], { readonly word: string; readonly tone: Tone }>> = {
  running: { word: "Running", tone: "idle" },
  paused: { word: "Paused", tone: "warn" },
  stopping: { word: "Stopping", tone: "warn" },
  done: { word: "Done", tone: "good" },
  stopped: { word: "Stopped", tone: "warn" },
  failed: { word: "Failed", tone: "bad" },
};

export function hasEnded({ endedAt }: JobAnswer): boolean {
  return endedAt !== undefined;
}

/** The jobs to show: the one that is asked for, if it is listed, then all that go on, and those that ended lately. */
export function shownJobs(jobs: readonly JobAnswer[], nowMs: number, wantedId?: string): readonly JobAnswer[] {
  const isLate = ({ endedAt }: JobAnswer): boolean => nowMs - Date.parse(endedAt ?? "") < SHOWN_MS;
  const others = jobs.filter(({ id }) => id !== wantedId);
  const ended = others.filter((job) => hasEnded(job) && isLate(job)).slice(0, SHOWN_MAX);
  return [...jobs.filter(({ id }) => id === wantedId), ...others.filter((job) => !hasEnded(job)), ...ended];
}

/** What a job does, as its heading: `Redrive of failed-orders`. */
export function jobTitle({ kind, queue, replay, to }: JobAnswer): string {
  if (replay !== undefined) return `Replay ${replay.name}`;
  if (kind === "purge") return `Purge of ${queue}`;
  if (kind === "move") return `Move of ${queue}`;
  return `Redrive of ${queue}${to === "bus" ? " to the event bus" : ""}`;
}

/** Which dead letters, messages or archived events it is about, in words. */
export function selectionText({ kind, filter, limit, replay, destination }: JobAnswer): string {
  if (replay !== undefined) return replayText(replay);
  if (kind === "move") return destination === undefined ? "each to the queue that it came from" : `to ${destination}`;
  const selected = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return [
    selected.length === 0 ? "everything that is there" : selected.join(", "),
    ...(limit === undefined ? [] : [`at most ${countText(limit)}`]),
  ].join(", ");
}

function replayText(order: ReplayOrderAnswer): string {
  const { archive, bus, from, to, rules = [], target, description, undelivered } = order;
  const forWhom = target === undefined ? rules.join(", ") : `${rules.join(", ")}, target ${target}`;
  return [
    ...(description === undefined ? [] : [description]),
    `events of ${from} to ${to} from ${archive} to ${bus}`,
    ...(forWhom === "" ? [] : [`only for ${forWhom}`]),
    ...(undelivered === undefined ? [] : ["only where the journal has no success"]),
  ].join(", ");
}

function replaySentences(job: JobAnswer): readonly string[] {
  const { removed, left, state, problem, unredrivable, leftOut: notDue, replay } = job;
  const sent = `${counted(removed, "event")} ${removed === 1 ? "was" : "were"} sent`;
  const last = replay?.lastEventTime === undefined ? "" : ` The last one is of ${replay.lastEventTime}.`;
  const unsent = Object.values(unredrivable).reduce((sum, count) => sum + count, 0);
  const leftOut = [
    ...(unsent === 0 ? [] : [`${counted(unsent, "event")} could not be put on the bus.`]),
    ...(notDue === undefined ? [] : leftOutSentences(notDue)),
  ];
  if (!hasEnded(job)) {
    return [
      `${sent} so far, ${countText(left)} are left.${last}`,
      ...leftOut,
      ...(problem === undefined ? [] : [`It cannot go on now: ${problem}. It tries again by itself.`]),
    ];
  }
  return [
    `${sent}.${last}`,
    ...leftOut,
    ...(state === "stopped" ? ["It was cancelled. What was sent is sent."] : []),
    ...(state === "failed" ? [`It failed: ${problem ?? "no reason is known"}. What was sent is sent.`] : []),
  ];
}

const UNMOVABLE: Readonly<Record<string, string>> = {
  no_source: "do not say which queue they came from",
  queue_gone: "came from a queue that is not in the configuration",
};

function moveSentences({ removed, left, state, problem, unredrivable, ...job }: JobAnswer): readonly string[] {
  const moved = `${counted(removed, "message")} ${removed === 1 ? "was" : "were"} moved`;
  const stay = Object.entries(unredrivable).map(
    ([reason, count]) => `${countText(count)} of them ${UNMOVABLE[reason] ?? `cannot be moved (${reason})`} and stay.`,
  );
  if (job.endedAt === undefined) {
    return [
      `${moved} so far, ${countText(left)} are left.`,
      ...stay,
      ...(problem === undefined ? [] : [`It cannot go on now: ${problem}. It tries again by itself.`]),
    ];
  }
  return [
    `${moved}.`,
    ...stay,
    ...(state === "stopped" ? ["It was stopped. What is left stays in the queue."] : []),
    ...(state === "failed" ? [`It failed: ${problem ?? "no reason is known"}. What was moved is moved.`] : []),
  ];
}

/** How far a job is, or what it came to. */
export function jobSentences(job: JobAnswer): readonly string[] {
  if (job.replay !== undefined) return replaySentences(job);
  if (job.kind === "move") return moveSentences(job);
  const { kind, removed, looked, left, state, problem, unredrivable } = job;
  const done = kind === "purge" ? "deleted" : "redriven";
  const letters = counted(removed, "dead letter");
  if (!hasEnded(job)) {
    return [
      `${letters} ${done} so far. ${counted(left, "message")} of the queue yet to be read.`,
      ...(problem === undefined ? [] : [`It cannot go on now: ${problem}. It tries again by itself.`]),
    ];
  }
  const was = removed === 1 ? "was" : "were";
  return [
    `${letters} ${was} ${done}, of ${counted(looked, "message")} that ${looked === 1 ? "was" : "were"} read.`,
    ...unredrivableSentences(unredrivable),
    ...(state === "stopped" ? ["It was stopped. What is left stays in the queue."] : []),
    ...(state === "failed" ? [`It failed: ${problem ?? "no reason is known"}. What was done is done.`] : []),
  ];
}

/** What became of the one dead letter that was redriven before the others. */
export type Outcome = "waiting" | "delivered" | "failed again";

/**
 * Reads the outcome from the way of its delivery: what came after the redrive counts.
 *
 * @param startedAtMs of the redrive. The journal's times may be of another router's clock.
 */
export function canaryOutcome({ delivery }: DeliveryAnswer, startedAtMs: number): Outcome {
  const redrive = delivery.redrives.findLast(({ atMs }) => atMs >= startedAtMs - CLOCKS_MS);
  if (redrive === undefined) return "waiting";
  if (delivery.letters.some(({ atMs }) => atMs > redrive.atMs)) return "failed again";
  // Nothing is called for a queue, and an event on its bus again has deliveries of its own.
  if (redrive.to === "bus" || delivery.destination?.startsWith("queue/") === true) return "delivered";
  const isDone = delivery.attempts.some(({ atMs, verdict }) => atMs > redrive.atMs && verdict === "done");
  return isDone ? "delivered" : "waiting";
}

/** How far routers' clocks may be apart. */
const CLOCKS_MS = 2_000;
