import { z } from "zod";
import { REDRIVE_TO } from "../../domain/failure/redrive-to.ts";
import type { JobProgress } from "../../domain/job/job.ts";
import { JOB_END_STATES, JOB_EXAMPLES_MAX, JOB_STATES } from "../../domain/job/job.ts";
import { REPLAY_RULES_MAX } from "../../domain/replay/replay.ts";
import type { JsonObject } from "../../json/json.ts";
import { cutText } from "../../text/cut-text.ts";

/** The kind of all records of jobs in the control log. */
export const JOB_RECORD_KIND = "job";

/** Texts of others, such as a broker's error or a message's id: with twenty examples a record fits the log. */
const TEXT_BYTES_MAX = 256;
/** More than there are reasons why a letter cannot be redriven. */
const REASONS_MAX = 32;

/** Names of 64 characters: they fit a record many times. */
export const CATCH_UPS_A_RECORD = 100;

const text = z.string().max(8_192);
const count = z.number().int().nonnegative();
const time = z.number().refine((ms) => !Number.isNaN(new Date(ms).getTime()));

const filter = z.object({
  id: text.optional(),
  rule: text.optional(),
  target: text.optional(),
  errorCode: text.optional(),
  beforeMs: z.number().optional(),
  afterMs: z.number().optional(),
  notNewerThanMs: z.number().optional(),
  notRedrivenSinceMs: z.number().optional(),
});

const wholeSecond = time.refine((ms) => ms % 1_000 === 0);

const replayOrder = z.object({
  kind: z.literal("replay"),
  name: text,
  archive: text,
  bus: text,
  fromMs: wholeSecond,
  toMs: wholeSecond,
  rules: z.array(text).max(REPLAY_RULES_MAX).readonly().optional(),
  target: text.optional(),
  description: text.optional(),
  undelivered: z.object({ unknownToo: z.boolean() }).optional(),
  catchesUp: z.literal(true).optional(),
});

const order = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("redrive"), queue: text, filter, to: z.enum(REDRIVE_TO), limit: count.optional() }),
  z.object({ kind: z.literal("purge"), queue: text, filter }),
  z.object({
    kind: z.literal("move"),
    queue: text,
    destination: text.optional(),
    notSentSinceMs: time.optional(),
  }),
  replayOrder,
]);

const replayPlace = z.object({
  end: count,
  minute: z.number().int(),
  position: count,
  lastTimeMs: time.optional(),
  readMs: time.optional(),
});

export const jobProgress = z.object({
  looked: count,
  left: count,
  removed: count,
  unredrivable: z.record(text, count),
  examples: z
    .array(z.object({ id: text, reason: text, message: text }))
    .max(100)
    .readonly(),
  firstIds: z.array(text).max(100).readonly(),
  leftOut: z.object({ delivered: count, unknown: count }).optional(),
  /** Not `replay`, as it was while places were offsets: who does not know these numbers begins anew, and leaves out nothing. */
  place: replayPlace.optional(),
});

const rate = z.number().positive();

const owner = z.object({ epoch: count, id: text.optional(), router: text.optional() });

const ruleHold = z.object({ untilMs: time, isFinal: z.literal(true).optional() });

const job = z.object({
  id: text,
  order,
  state: z.enum(JOB_STATES),
  ratePerSecond: rate.optional(),
  startedAtMs: time,
  startedBy: text.optional(),
  changedBy: text.optional(),
  endedAtMs: time.optional(),
  problem: text.optional(),
  owner,
  hold: ruleHold.optional(),
  progress: jobProgress,
});

const jobRecord = z.discriminatedUnion("event", [
  z.object({ event: z.literal("start"), job }),
  /** A job as it is, written again before the log discards its records. A router that knows the job ignores it. */
  z.object({ event: z.literal("copy"), job }),
  z.object({
    event: z.literal("change"),
    /** New for each change. */
    id: text,
    jobId: text,
    ratePerSecond: rate.nullable().optional(),
    state: z.enum(["running", "paused", "stopping"]).optional(),
    by: text.optional(),
  }),
  /**
   * A router takes a job over, or without an id gives it back. It holds unless another one came first. The progress is
   * what the new owner goes on from: routers that start later have not heard it from the former owner.
   */
  z.object({ event: z.literal("own"), jobId: text, owner, progress: jobProgress.optional() }),
  /** The rule of a catch-up waits, perhaps longer than before. */
  z.object({ event: z.literal("hold"), jobId: text, epoch: count, hold: ruleHold }),
  /** Names of catch-ups that are forgotten otherwise: none of them begins a second time. */
  z.object({ event: z.literal("caughtUp"), names: z.array(text).max(CATCH_UPS_A_RECORD) }),
  /** What the owner of that epoch has done, and perhaps how it ended. */
  z.object({
    event: z.literal("progress"),
    jobId: text,
    epoch: count,
    progress: jobProgress,
    problem: text.optional(),
    end: z.object({ state: z.enum(JOB_END_STATES), atMs: time }).optional(),
  }),
]);

/** One line of the control log about a job. */
export type JobRecord = z.infer<typeof jobRecord>;

export type JobRecordOf<Event extends JobRecord["event"]> = Extract<JobRecord, { event: Event }>;

export function writeJobRecord(record: JobRecord): Buffer {
  return Buffer.from(JSON.stringify({ kind: JOB_RECORD_KIND, ...record }));
}

/** Reads what `writeJobRecord` wrote. Undefined for anything else: any user of the broker can write to the log. */
export function readJobRecord(json: JsonObject): JobRecord | undefined {
  const { success, data } = jobRecord.safeParse(json);
  return success ? data : undefined;
}

/** A progress that fits a record, whatever texts of others are in it, and however many. */
export function boundedProgress({ unredrivable, examples, firstIds, ...counts }: JobProgress): JobProgress {
  const reasons = Object.entries(unredrivable).slice(0, REASONS_MAX);
  const bounded = ({ id, reason, message }: JobProgress["examples"][number]) => ({
    id: shortText(id),
    reason: shortText(reason),
    message: shortText(message),
  });
  return {
    ...counts,
    unredrivable: Object.fromEntries(reasons.map(([reason, count]) => [shortText(reason), count])),
    examples: examples.slice(0, JOB_EXAMPLES_MAX).map(bounded),
    firstIds: firstIds.slice(0, JOB_EXAMPLES_MAX).map(shortText),
  };
}

/** A text that JSON writes with two bytes for each of its own at most: a control character takes six. */
export function shortText(text: string): string {
  return cutText(text.toWellFormed().replace(/\p{Cc}/gu, "\ufffd"), TEXT_BYTES_MAX);
}
