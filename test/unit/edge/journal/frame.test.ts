import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameBuilder, readFrame } from "../../../../src/domain/journal/frame.ts";
import type { JournalRecord } from "../../../../src/domain/journal/records.ts";
import { ByteWriter } from "../../../../src/domain/journal/bytes.ts";

const name = fc.string({ unit: "grapheme", maxLength: 20 });
const id = fc.oneof(
  fc.uuid(),
  name,
  fc.constant("0123456789ab-0123-0123-0123-0123456789"),
  fc.uuid().map((one) => one.toUpperCase()),
);
const atMs = fc.double({ noNaN: true });
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const bytes = fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some));
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 });

/** Objects as a frame is read into: with the usual prototype. */
const object = <T>(of: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record(of, { noNullPrototype: true });

const origin = object({ bus: name, rule: name, target: name });
const failure = object({ reason: name, message: name, statusCode: maybe(count) });
const published = object({ id, origin: maybe(origin), to: name });
const letter = object({ id, eventId: maybe(id), origin: maybe(origin), queue: name, reason: name });
const routed = object({
  bus: name,
  rules: list(object({ bus: name, rule: name })),
  ruleCount: count,
  published: list(published),
  publishedCount: count,
  letters: list(letter),
  letterCount: count,
});

const RECORDS: { [Kind in JournalRecord["kind"]]: fc.Arbitrary<Extract<JournalRecord, { kind: Kind }>> } = {
  event: object({
    kind: fc.constant("event"),
    atMs,
    id,
    source: name,
    type: name,
    bytes: count,
    routed,
    principal: maybe(name),
    body: maybe(bytes),
    traceparent: maybe(name),
    fields: maybe(list(object({ name, value: name }))),
  }),
  attempt: object({
    kind: fc.constant("attempt"),
    atMs,
    deliveryId: id,
    eventId: maybe(id),
    origin: maybe(origin),
    destination: name,
    attempt: count,
    firstAtMs: atMs,
    startedAtMs: atMs,
    callMs: atMs,
    invoked: fc.boolean(),
    failure: maybe(failure),
    verdict: name,
    nextAtMs: maybe(atMs),
    letters: list(letter),
    records: list(object({ condition: name, to: name, id })),
    statusCode: maybe(count),
    answer: maybe(bytes),
    body: maybe(bytes),
    test: maybe(fc.boolean()),
    synchronous: maybe(fc.boolean()),
    version: maybe(fc.string()),
  }),
  parked: object({
    kind: fc.constant("parked"),
    atMs,
    deliveryId: id,
    eventId: maybe(id),
    origin: maybe(origin),
    queue: name,
    reason: name,
  }),
  suspect: object({ kind: fc.constant("suspect"), atMs, deliveryId: id, eventId: maybe(id), destination: name }),
  redrive: object({
    kind: fc.constant("redrive"),
    atMs,
    queue: name,
    to: name,
    count,
    letters: list(letter),
    routed: list(routed),
    deliveryIds: maybe(list(id)),
    routedEventIds: maybe(list(maybe(id))),
    jobId: maybe(id),
  }),
  purge: object({ kind: fc.constant("purge"), atMs, queue: name, count, jobId: maybe(id) }),
  job: object({
    kind: fc.constant("job"),
    atMs,
    id,
    what: name,
    does: name,
    queue: name,
    state: name,
    removed: count,
    ratePerSecond: maybe(fc.double({ noNaN: true })),
    by: maybe(name),
    problem: maybe(name),
  }),
  circuit: object({ kind: fc.constant("circuit"), atMs, destination: name, state: name, failure: maybe(failure) }),
  pause: object({
    kind: fc.constant("pause"),
    atMs,
    destination: name,
    paused: fc.boolean(),
    by: maybe(name),
    reason: maybe(name),
  }),
  reload: object({
    kind: fc.constant("reload"),
    atMs,
    rules: maybe(count),
    digest: maybe(name),
    problems: list(name),
  }),
  audit: object({
    kind: fc.constant("audit"),
    atMs,
    action: name,
    resource: name,
    principal: maybe(name),
    from: name,
    outcome: name,
    statement: maybe(name),
  }),
  output: object({
    kind: fc.constant("output"),
    atMs,
    function: name,
    stream: name,
    line: name,
    deliveryId: maybe(id),
    logStream: maybe(name),
  }),
  batch: object({
    kind: fc.constant("batch"),
    atMs,
    mapping: name,
    function: name,
    source: name,
    requestId: id,
    startedAtMs: atMs,
    records: count,
    failed: count,
    outcome: name,
    failure: maybe(failure),
    recordIds: list(id),
    failedIds: list(id),
  }),
  letter: object({ kind: fc.constant("letter"), atMs, letter }),
  sampling: object({ kind: fc.constant("sampling"), atMs, oneIn: count }),
  loss: object({ kind: fc.constant("loss"), atMs }),
  mark: object({ kind: fc.constant("mark"), atMs, id: name }),
  configuration: object({
    kind: fc.constant("configuration"),
    atMs,
    digest: name,
    sinceMs: atMs,
    rules: count,
    destinations: count,
    bytes: count,
    document: maybe(bytes),
  }),
};

const record: fc.Arbitrary<JournalRecord> = fc.oneof(...Object.values(RECORDS));

function frameOf(records: readonly JournalRecord[]): Buffer {
  const builder = new FrameBuilder("router-1", 1_700_000_000_000);
  for (const one of records) builder.add(one);
  return builder.taken();
}

describe("A journal's frame", () => {
  it("is read as the records that were written, of every kind", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const frame = readFrame(frameOf(records));
        assert.deepEqual(frame, { router: "router-1", startedAtMs: 1_700_000_000_000, records });
      }),
    );
  });

  it("holds records beyond 64 KiB, and is full before that", () => {
    const builder = new FrameBuilder("r", 0);
    const long = {
      kind: "audit",
      atMs: 1,
      action: "a",
      resource: "x".repeat(40_000),
      principal: undefined,
      from: "f",
      outcome: "o",
      statement: undefined,
    } as const;
    builder.add(long);
    assert.equal(builder.isFull, false);
    builder.add(long);
    assert.equal(builder.isFull, true);
    assert.deepEqual(readFrame(builder.taken())?.records, [long, long]);
  });

  it("is full of names as well: each record counts those that are new", () => {
    const builder = new FrameBuilder("r", 0);
    const purge = (queue: string) => ({ kind: "purge", atMs: 1, queue, count: 1, jobId: undefined }) as const;
    const first = builder.add(purge("q".repeat(30_000)));
    assert.ok(first > 30_000 && builder.add(purge("q".repeat(30_000))) < 30, String(first));
    assert.equal(builder.isFull, false);
    builder.add(purge("ü".repeat(15_000)));
    assert.equal(builder.isFull, true);
  });

  it("takes 17 bytes for a UUID, so that an event and an attempt take less than 200", () => {
    const uuid = "d66db1c4-f912-4772-9b88-9e2729563b60";
    const builder = new FrameBuilder("r", 0);
    assert.equal(
      builder.add({ kind: "suspect", atMs: 0, deliveryId: uuid, eventId: uuid, destination: "d" }),
      5 + 8 + 17 + 18 + 1 + "d".length,
    );
  });

  it("of which the end or a byte is missing, or that is of another version, is no frame or another one, never an exception", () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(255), (records, place, byte) => {
        const frame = frameOf(records);
        readFrame(frame.subarray(0, place % frame.length));
        const other = Buffer.from(frame);
        other[place % other.length] = byte;
        readFrame(other);
      }),
    );
    assert.equal(readFrame(Buffer.from([2, 0, 0])), undefined);
    assert.equal(readFrame(Buffer.alloc(0)), undefined);
  });

  it("of a later version's router is read without the kinds and the fields that are not known", () => {
    const known = { kind: "purge", atMs: 5, queue: "q", count: 3, jobId: undefined } as const;
    const frame = frameOf([known]);
    const unknownKind = new ByteWriter();
    unknownKind.count(1_000);
    unknownKind.sized(() => unknownKind.text("what it says"));
    const read = readFrame(Buffer.concat([frame, unknownKind.taken(), frameRecord(known, "a new field")]));
    assert.deepEqual(read?.records, [known, known]);
  });

  it("of an earlier version's router is read without the job of a purge", () => {
    const known = { kind: "purge", atMs: 5, queue: "q", count: 3, jobId: undefined } as const;
    const read = readFrame(Buffer.concat([frameOf([{ ...known, jobId: "job" }]), frameRecord(known)]));
    assert.deepEqual(read?.records, [{ ...known, jobId: "job" }, known]);
  });
});

/** The bytes of a purge with a field more, or as it was before there were jobs. Its queue is the first name of its frame. */
function frameRecord({ atMs, count: purged }: { atMs: number; count: number }, more?: string): Buffer {
  const out = new ByteWriter();
  out.count(6);
  out.sized(() => {
    out.double(atMs);
    out.count(0);
    out.count(purged);
    if (more === undefined) return;
    out.count(0); // no job
    out.text(more);
  });
  return out.taken();
}
