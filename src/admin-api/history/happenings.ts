import { z } from "zod";

/** What every record has: its time in epoch milliseconds, and the router that wrote it. */
const common = { atMs: z.number(), router: z.string() };

/** The job that did it. */
const ofJob = { jobId: z.string().exactOptional() };

const failure = z.object({
  reason: z.string(),
  message: z.string(),
  statusCode: z.number().exactOptional(),
});

/** What happens beside the ways of events, by its kind. The fields are those of the journal's records. */
export const HAPPENINGS = {
  /** A destination's circuit breaker has come to another state. */
  circuit: z.object({
    kind: z.literal("circuit"),
    ...common,
    destination: z.string(),
    state: z.string(),
    failure: failure.exactOptional(),
  }),
  /** A destination was paused or resumed. */
  pause: z.object({
    kind: z.literal("pause"),
    ...common,
    destination: z.string(),
    paused: z.boolean(),
    by: z.string().exactOptional(),
    reason: z.string().exactOptional(),
  }),
  /** A configuration was taken over, or refused with its problems. */
  reload: z.object({
    kind: z.literal("reload"),
    ...common,
    rules: z.number().exactOptional(),
    digest: z.string().exactOptional(),
    problems: z.array(z.string()).readonly(),
  }),
  /** Somebody changed something or read a payload over an API, or was refused. */
  audit: z.object({
    kind: z.literal("audit"),
    ...common,
    action: z.string(),
    resource: z.string(),
    principal: z.string().exactOptional(),
    from: z.string(),
    outcome: z.string(),
    /** The statement of a policy that allowed or denied it; absent where none applied. */
    statement: z.string().exactOptional(),
  }),
  /** A line that a function of the router's own wrote. */
  output: z.object({
    kind: z.literal("output"),
    ...common,
    function: z.string(),
    stream: z.string(),
    line: z.string(),
    /** Of the call that the function had in hand, or had last. */
    deliveryId: z.string().exactOptional(),
  }),
  /** Dead letters were deleted. */
  purge: z.object({ kind: z.literal("purge"), ...common, queue: z.string(), count: z.number(), ...ofJob }),
  /** A job was started, changed, taken over by another router, or ended. */
  job: z.object({
    kind: z.literal("job"),
    ...common,
    id: z.string(),
    what: z.string(),
    /** `redrive`, `purge` or `replay`. */
    does: z.string(),
    /** What it is about: a queue, or `replay/NAME`. */
    queue: z.string(),
    state: z.string(),
    removed: z.number(),
    ratePerSecond: z.number().exactOptional(),
    by: z.string().exactOptional(),
    problem: z.string().exactOptional(),
  }),
  /** An event source mapping called its function with a batch. */
  batch: z.object({
    kind: z.literal("batch"),
    ...common,
    mapping: z.string(),
    function: z.string(),
    /** `queue/NAME`, or `stream/PARTITION`. */
    source: z.string(),
    requestId: z.string(),
    startedAtMs: z.number(),
    records: z.number(),
    /** The records that failed, or all where the call did not end. */
    failed: z.number(),
    /** `success`, the reason of a failure, or `left` where the call or its settlement did not end. */
    outcome: z.string(),
    failure: failure.exactOptional(),
    /** Of the first 100 records: messages' ids, or sequence numbers. */
    recordIds: z.array(z.string()).readonly(),
    /** Those of them that failed. */
    failedIds: z.array(z.string()).readonly(),
  }),
  /** Dead letters, or parked messages, were stored anew. */
  redrive: z.object({
    kind: z.literal("redrive"),
    ...common,
    queue: z.string(),
    to: z.string(),
    count: z.number(),
    ...ofJob,
  }),
} as const;

export type HappeningKind = keyof typeof HAPPENINGS;

export const HAPPENING_KINDS = Object.keys(HAPPENINGS) as readonly HappeningKind[];

/** A record of what happened beside the ways of events. */
export type Happening<Kind extends HappeningKind> = z.infer<(typeof HAPPENINGS)[Kind]>;
