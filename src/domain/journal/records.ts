import type { ByteWriter } from "./bytes.ts";
import type { Codec } from "./codecs.ts";
import { bytes, count, double, flag, id, listOf, name, object, optional, text, writerOf } from "./codecs.ts";

/** The rule and target that made a delivery. */
const origin = object({ bus: name, rule: name, target: name });

/** Why something failed, in the words of the dead letter. */
const failure = object({ reason: name, message: text, statusCode: optional(count) });

/** A message that was stored for a target: `to` is `function/NAME`, `api-destination/NAME` or `queue/NAME`. */
const published = object({ id, origin: optional(origin), to: name });

/** A delivery that ended in a dead-letter queue. */
const letter = object({ id, eventId: optional(id), origin: optional(origin), queue: name, reason: name });

/** What an event met on its bus. At most 100 of a kind are listed; the counts say how many there were. */
const routed = object({
  bus: name,
  rules: listOf(object({ bus: name, rule: name })),
  ruleCount: count,
  published: listOf(published),
  publishedCount: count,
  letters: listOf(letter),
  letterCount: count,
});

/**
 * Every kind of record, by the number that it is written with. A number is never used again, and new fields go to the
 * end and are optional, so that readers and routers of different versions understand each other.
 */
const KINDS = {
  /** An event was put on a bus: by a caller, or as a function's record. */
  event: kind(1, {
    atMs: double,
    id,
    source: name,
    type: name,
    bytes: count,
    routed,
    /** A principal's id, or the address of a caller that nobody asked; undefined for a function's record. */
    principal: optional(name),
    /** Its JSON after redaction, where the configuration keeps bodies. */
    body: optional(bytes),
    traceparent: optional(text),
    /** Its values that the configuration has indexed, after redaction. */
    fields: optional(listOf(object({ name, value: text }))),
  }),
  /** A delivery was tried, or failed before its target could be called. */
  attempt: kind(2, {
    atMs: double,
    deliveryId: id,
    eventId: optional(id),
    origin: optional(origin),
    destination: name,
    /** 1-based. */
    attempt: count,
    /** When the event was accepted or last redriven. */
    firstAtMs: double,
    startedAtMs: double,
    callMs: double,
    /** Whether the target was called at all. */
    invoked: flag,
    failure: optional(failure),
    /** `done`, `retry` or `failed`. */
    verdict: name,
    /** When the next attempt is due. */
    nextAtMs: optional(double),
    letters: listOf(letter),
    /** What went to the function's destinations: queue, function or bus. */
    records: listOf(object({ condition: name, to: name, id })),
    /** The status of a target that answered well. */
    statusCode: optional(count),
    /** What the target answered, after redaction. */
    answer: optional(bytes),
    /** The event of a delivery that failed, after redaction. */
    body: optional(bytes),
    /** Set where a person tested the function. */
    test: optional(flag),
    /** Set where a caller waited for the answer: there was no delivery. */
    synchronous: optional(flag),
    /** The version of the function that was called; undefined for `$LATEST`. */
    version: optional(name),
  }),
  /** A message was set aside for a person: nobody could read it, or routers died of it. */
  parked: kind(3, {
    atMs: double,
    deliveryId: id,
    eventId: optional(id),
    origin: optional(origin),
    queue: name,
    reason: name,
  }),
  /** A delivery is tried with no other beside it, because a router may have died of it. */
  suspect: kind(4, { atMs: double, deliveryId: id, eventId: optional(id), destination: name }),
  /** Dead letters, or parked messages, were stored anew. */
  redrive: kind(5, {
    atMs: double,
    queue: name,
    to: name,
    count,
    letters: listOf(letter),
    routed: listOf(routed),
    /** Those that were taken out of the queue. */
    deliveryIds: optional(listOf(id)),
    /** The events of `routed`, in its order. */
    routedEventIds: optional(listOf(optional(id))),
    /** The job that did it. */
    jobId: optional(id),
  }),
  /** Dead letters were deleted. */
  purge: kind(6, { atMs: double, queue: name, count, jobId: optional(id) }),
  /** A destination's circuit breaker has come to another state. */
  circuit: kind(7, { atMs: double, destination: name, state: name, failure: optional(failure) }),
  /** A destination was paused or resumed. */
  pause: kind(8, { atMs: double, destination: name, paused: flag, by: optional(text), reason: optional(text) }),
  /** A configuration was taken over, or refused with its problems. */
  reload: kind(9, { atMs: double, rules: optional(count), digest: optional(text), problems: listOf(text) }),
  /** Somebody changed or read something over an API, or was refused. */
  audit: kind(10, {
    atMs: double,
    action: name,
    resource: text,
    principal: optional(name),
    from: name,
    outcome: name,
    /** The statement that allowed or denied it. */
    statement: optional(text),
  }),
  /** A line of a function of this router's own. */
  output: kind(11, {
    atMs: double,
    function: name,
    /** `stdout`, `stderr`, or `platform` for what stands around its calls. */
    stream: name,
    line: text,
    /** Of the call that the function had in hand, or had last. */
    deliveryId: optional(id),
    /** Of which environment it is. */
    logStream: optional(name),
  }),
  /** From now on one in so many events is recorded as long as it succeeds; 1 for all. */
  sampling: kind(12, { atMs: double, oneIn: count }),
  /** The broker itself stored a dead letter. */
  letter: kind(13, { atMs: double, letter }),
  /** A configuration that a router has in force, written again as long as it is. */
  configuration: kind(14, {
    atMs: double,
    digest: name,
    /** When the router took it over. */
    sinceMs: double,
    rules: count,
    /** Functions and API destinations. */
    destinations: count,
    /** How long its document is. */
    bytes: count,
    /** The document, deflated; undefined for one that is too long. */
    document: optional(bytes),
  }),
  /** A router started a job, changed, took over or ended one: a redrive or a purge. */
  job: kind(15, {
    atMs: double,
    id,
    what: name,
    /** What the job does: `redrive`, `purge`, `move` or `replay`. */
    does: name,
    /** What it is about: a queue, or `replay/NAME`. */
    queue: name,
    state: name,
    removed: count,
    ratePerSecond: optional(double),
    by: optional(text),
    problem: optional(text),
  }),
  /** Since it said so last, a router has left out records of events, attempts or redrives, or was not to write any. */
  loss: kind(16, { atMs: double }),
  /** Somebody reads up to here: what was kept before this was written comes before it. */
  mark: kind(17, { atMs: double, id: name }),
  /** An event source mapping called its function with a batch. */
  batch: kind(18, {
    atMs: double,
    mapping: name,
    function: name,
    /** `queue/NAME`, or `stream/PARTITION`. */
    source: name,
    requestId: id,
    startedAtMs: double,
    records: count,
    /** The records that come again. */
    failed: count,
    /** `success`, the reason of a failure, or `left`. */
    outcome: name,
    failure: optional(failure),
    /** Of the first 100 records: messages' ids, or sequence numbers. */
    recordIds: listOf(id),
    /** Those of them that come again. */
    failedIds: listOf(id),
  }),
} as const;

interface Kind<Value> {
  readonly number: number;
  readonly fields: Codec<Value>;
  write(out: ByteWriter, record: Value): void;
}

function kind<Of extends Readonly<Record<string, Codec<unknown>>>>(number: number, fields: Of) {
  const codec = object(fields);
  return { number, fields: codec, write: writerOf(codec) };
}

export type RecordKind = keyof typeof KINDS;

export const RECORD_KINDS = Object.keys(KINDS) as readonly RecordKind[];

/** What a record of one kind says. */
export type RecordOf<Of extends RecordKind> =
  (typeof KINDS)[Of] extends Kind<infer Value> ? { readonly kind: Of } & Value : never;

/** One fact as the journal keeps it. All times are epoch milliseconds. */
export type JournalRecord = { readonly [Of in RecordKind]: RecordOf<Of> }[RecordKind];

/** How a record is written, and the number that says which kind it is. */
export function recordWriterOf(record: JournalRecord): Pick<Kind<JournalRecord>, "number" | "write"> {
  return KINDS[record.kind] as unknown as Kind<JournalRecord>;
}

const KIND_BY_NUMBER = new Map(Object.entries(KINDS).map(([kind, { number, fields }]) => [number, { kind, fields }]));

/** How a record with that number is read; undefined for a kind that this version does not know. */
export function readerOf(number: number): { readonly kind: string; readonly fields: Codec<unknown> } | undefined {
  return KIND_BY_NUMBER.get(number);
}
