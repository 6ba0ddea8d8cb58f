import type { JournalRecord, RecordOf } from "../../../domain/journal/records.ts";
import type { Frame } from "../../../domain/journal/frame.ts";
import { writeConfiguration } from "./configuration-writer.ts";
import { EventWriter } from "./event-writer.ts";
import { ASIDE, LETTER_CAUSES, MARK_KINDS } from "./codes.ts";
import { Recent } from "./recent.ts";
import type { Segment } from "./segment.ts";
import { FlowCounts } from "./flow-counts.ts";
import { StepCounts } from "./step-counts.ts";
import { storedId } from "./stored-id.ts";
import { SubjectRows } from "./subject-rows.ts";

/** Records on a bus are events, and have no delivery of their own. */
const BUS_DESTINATION = "event-bus/";

interface Happening {
  readonly kind: string;
  readonly atMs: number;
  readonly [fact: string]: unknown;
}

type Letter = RecordOf<"attempt">["letters"][number];

/** Writes the records of frames into a segment. It opens no transaction: whoever calls it does. */
export class RecordWriter {
  readonly #segment: Segment;
  readonly #counts = new StepCounts();
  readonly #flows = new FlowCounts();
  readonly #subjects: SubjectRows;
  readonly #events: EventWriter;
  /** Of failures, as they came lately. */
  readonly #messages = new Recent<true>(1_000);
  #attempts: number;

  constructor(segment: Segment) {
    this.#segment = segment;
    this.#subjects = new SubjectRows(segment, (event) => this.#events.touch(event));
    this.#events = new EventWriter(segment, this.#subjects, { steps: this.#counts, flows: this.#flows });
    this.#attempts = segment.about.attempts;
  }

  /** The number of the last attempt. */
  get attempts(): number {
    return this.#attempts;
  }

  write({ router, records }: Frame): void {
    const number = this.#segment.names.number(router);
    // A time that is no number has no place in any list.
    for (const record of records) if (Number.isFinite(record.atMs)) this.#writeRecord(record, number);
  }

  /** Writes what is derived from all that was written since the last time. */
  finish(): void {
    this.#events.finish();
    this.#counts.writeTo(this.#segment);
    this.#flows.writeTo(this.#segment);
  }

  #writeRecord(record: JournalRecord, router: number): void {
    switch (record.kind) {
      case "event":
        this.#events.write(record, router);
        for (const letter of record.routed.letters) {
          this.#writeLetter({ ...letter, eventId: letter.eventId ?? record.id }, "put", record.atMs, router);
        }
        return;
      case "attempt":
        return this.#writeAttempt(record, router);
      case "parked":
      case "suspect":
        return this.#writeMark(record, router);
      case "redrive":
        return this.#writeRedrive(record, router);
      case "letter":
        return this.#writeLetter(record.letter, "broker", record.atMs, router);
      case "circuit":
      case "pause":
        return this.#writeHappening(record, record.destination, router);
      case "audit":
        return this.#writeHappening(record, record.action, router);
      case "output":
        return this.#writeHappening(record, record.function, router);
      case "purge":
      case "job":
        return this.#writeHappening(record, record.queue, router);
      case "batch":
        return this.#writeHappening(record, record.mapping, router);
      case "configuration":
        return writeConfiguration(this.#segment, record, router);
      case "reload":
      case "sampling":
        return this.#writeHappening(record, undefined, router);
      // For replays, which read the journal themselves.
      case "loss":
      case "mark":
        return;
    }
  }

  #writeAttempt(record: RecordOf<"attempt">, router: number): void {
    const { atMs, deliveryId, eventId, origin, destination, failure, verdict, nextAtMs } = record;
    const delivery = this.#subjects.delivery({ id: deliveryId, eventId, origin, destination });
    const { names } = this.#segment;
    const seq = ++this.#attempts;
    const aside = record.test === true ? ASIDE.test : record.synchronous === true ? ASIDE.synchronous : null;
    this.#segment
      .statement(`INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        delivery.seq,
        seq,
        atMs,
        record.attempt,
        router,
        finite(atMs - record.firstAtMs),
        finite(atMs - record.startedAtMs),
        finite(Math.round(record.callMs * 1_000)),
        record.invoked ? null : 1,
        names.number(verdict),
        nextAtMs === undefined ? null : nextAtMs - atMs,
        (failure ? failure.statusCode : record.statusCode) ?? null,
        failure && aside === null ? names.number(destination) : null,
        failure ? names.number(failure.reason) : null,
        failure === undefined ? null : this.#message(failure.message),
        aside,
        record.version === undefined ? null : names.number(record.version),
      );
    if (aside === null) this.#count(record);
    if (verdict === "done" && delivery.event !== undefined) this.#events.touch(delivery.event);
    if (record.answer) this.#segment.statement(`INSERT INTO answers VALUES (?, ?)`).run(seq, record.answer);
    if (record.body) {
      this.#segment.statement(`INSERT OR IGNORE INTO delivery_bodies VALUES (?, ?)`).run(delivery.seq, record.body);
    }
    for (const letter of record.letters) this.#writeLetter(letter, "attempt", atMs, router);
    for (const one of record.records) this.#writeRecordOf(delivery.seq, one, record);
  }

  #count({ atMs, origin, destination, failure, verdict }: RecordOf<"attempt">): void {
    const [hasFailed, isDone] = [failure !== undefined, verdict === "done"];
    const counts = this.#counts.at(atMs);
    if (hasFailed) counts.failed++;
    if (isDone) counts.delivered++;
    if (origin === undefined) return;
    const { names } = this.#segment;
    const originNumber = this.#subjects.originNumber(origin);
    this.#flows.attempted(atMs, originNumber, names.number(destination), { isDone, hasFailed });
  }

  /** A message that comes again is kept as a name, one that never does once and as it is. */
  #message(message: string): string | number {
    if (this.#messages.get(message) === true) return this.#segment.names.number(message);
    this.#messages.set(message, true);
    return message;
  }

  /** A record that a delivery caused: a delivery of its own, or an event on a bus. */
  #writeRecordOf(
    delivery: number,
    { condition, to, id }: RecordOf<"attempt">["records"][number],
    { atMs, eventId }: RecordOf<"attempt">,
  ): void {
    const { names } = this.#segment;
    this.#segment
      .statement(`INSERT INTO records (at, delivery, condition, destination, id) VALUES (?, ?, ?, ?, ?)`)
      .run(atMs, delivery, names.number(condition), names.number(to), storedId(id));
    if (!to.startsWith(BUS_DESTINATION)) this.#subjects.delivery({ id, eventId, destination: to });
  }

  #writeLetter(letter: Letter, cause: keyof typeof LETTER_CAUSES, atMs: number, router: number): void {
    const { names } = this.#segment;
    const delivery = this.#subjects.delivery({ id: letter.id, eventId: letter.eventId, origin: letter.origin });
    this.#segment
      .statement(`INSERT INTO letters (at, delivery, queue, reason, router, cause) VALUES (?, ?, ?, ?, ?, ?)`)
      .run(atMs, delivery.seq, names.number(letter.queue), names.number(letter.reason), router, LETTER_CAUSES[cause]);
    this.#counts.at(atMs).letters++;
  }

  #writeMark(record: RecordOf<"parked"> | RecordOf<"suspect">, router: number): void {
    const { kind, atMs, deliveryId, eventId } = record;
    const { names } = this.#segment;
    const about = kind === "parked" ? { origin: record.origin } : { destination: record.destination };
    const delivery = this.#subjects.delivery({ id: deliveryId, eventId, ...about });
    this.#segment
      .statement(`INSERT INTO marks (at, delivery, kind, place, reason, router) VALUES (?, ?, ?, ?, ?, ?)`)
      .run(
        atMs,
        delivery.seq,
        MARK_KINDS[kind],
        names.number(kind === "parked" ? record.queue : record.destination),
        kind === "parked" ? names.number(record.reason) : null,
        router,
      );
  }

  #writeRedrive(record: RecordOf<"redrive">, router: number): void {
    const { kind, atMs, queue, to, count, letters, routed, deliveryIds, routedEventIds, jobId } = record;
    this.#writeHappening({ kind, atMs, queue, to, count, jobId }, queue, router);
    const { names } = this.#segment;
    const job = jobId === undefined ? null : names.number(jobId);
    for (const id of deliveryIds ?? []) {
      const delivery = this.#subjects.delivery({ id });
      this.#segment
        .statement(`INSERT INTO redriven (at, delivery, queue, redrive_to, router, job) VALUES (?, ?, ?, ?, ?, ?)`)
        .run(atMs, delivery.seq, names.number(queue), names.number(to), router, job);
    }
    for (const letter of letters) this.#writeLetter(letter, "redrive", atMs, router);
    // The dead letters of what was routed are among the redrive's.
    for (const [index, one] of routed.entries()) {
      const eventId = routedEventIds?.[index];
      for (const { id, origin, to: destination } of one.published) {
        this.#subjects.delivery({ id, eventId, origin, destination });
      }
    }
  }

  #writeHappening(facts: Happening, subject: string | undefined, router: number): void {
    const { names } = this.#segment;
    this.#segment
      .statement(`INSERT INTO happenings (kind, at, router, subject, facts) VALUES (?, ?, ?, ?, ?)`)
      .run(
        names.number(facts.kind),
        facts.atMs,
        router,
        subject === undefined ? null : names.number(subject),
        JSON.stringify({ ...facts, kind: undefined, atMs: undefined }),
      );
  }
}

/** The number, or 0: a router's mistake must not stop the index. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
