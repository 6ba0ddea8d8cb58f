import type { RecordOf } from "../../../domain/journal/records.ts";
import { ATTENTION } from "./codes.ts";
import type { Segment } from "./segment.ts";
import type { FlowCounts } from "./flow-counts.ts";
import type { StepCounts } from "./step-counts.ts";
import { storedId } from "./stored-id.ts";
import type { SubjectRows } from "./subject-rows.ts";

const COLUMNS = [
  "at",
  "bus",
  "source",
  "type",
  "bytes",
  "rules",
  "router",
  "principal",
  "attention",
  "rule_count",
  "published_count",
  "letter_count",
  "traceparent",
];
const INSERT = `INSERT INTO events (${COLUMNS.join(", ")}, id) VALUES (${COLUMNS.map(() => "?").join(", ")}, ?)`;
const COMPLETE = `UPDATE events SET ${COLUMNS.map((column) => `${column} = ?`).join(", ")} WHERE seq = ?`;

/** A record lists so many of the messages that were stored. */
const LISTED_MAX = 100;

/**
 * Whether a delivery of the event's rules is not known to have arrived. Once a target answered well, or a queue took the
 * message, nothing that comes later changes that. Deliveries that its record does not list may be met in a later segment.
 */
const IS_UNDELIVERED = `
  SELECT attention, published_count > ${LISTED_MAX} OR EXISTS (
    SELECT 1 FROM deliveries WHERE deliveries.event = events.seq AND origin IS NOT NULL AND is_queue IS NULL
      AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.delivery = deliveries.seq AND verdict = ?)
  ) AS is_undelivered
  FROM events WHERE seq = ? AND at IS NOT NULL AND attention IS NOT ${ATTENTION.unmatched}
`;

/** Where events are counted. */
interface EventCounts {
  readonly steps: StepCounts;
  readonly flows: FlowCounts;
}

/** Writes records of events, and keeps in their rows whether they need attention. */
export class EventWriter {
  readonly #segment: Segment;
  readonly #subjects: SubjectRows;
  readonly #counts: EventCounts;
  /** The rows of events that have to be looked at when a transaction ends. */
  readonly #touched = new Set<number>();

  constructor(segment: Segment, subjects: SubjectRows, counts: EventCounts) {
    this.#segment = segment;
    this.#subjects = subjects;
    this.#counts = counts;
  }

  /** A second record of the same event adds its deliveries only. */
  write(record: RecordOf<"event">, router: number): void {
    const { id, atMs, routed, body, fields = [] } = record;
    const known = this.#subjects.findEvent(id);
    if (known?.isRecorded !== true) {
      const event = this.#writeRow(record, router, known?.seq);
      if (known !== undefined) known.isRecorded = true;
      else this.#subjects.madeEvent(id, event);
      if (body) this.#segment.statement(`INSERT OR IGNORE INTO event_bodies VALUES (?, ?)`).run(event, body);
      for (const { name, value } of fields) this.#writeField(event, name, value);
      this.touch(event);
      const counts = this.#counts.steps.at(atMs);
      counts.accepted++;
      if (routed.ruleCount === 0) counts.unmatched++;
    }
    for (const { id: deliveryId, origin, to } of routed.published) {
      this.#subjects.delivery({ id: deliveryId, eventId: id, origin, destination: to });
    }
  }

  /** Something changed that decides whether the event needs attention. */
  touch(event: number): void {
    this.#touched.add(event);
  }

  finish(): void {
    const done = this.#segment.names.number("done");
    for (const event of this.#touched) {
      const row = this.#segment.get(IS_UNDELIVERED, done, event);
      if (row === undefined) continue;
      const attention = row["is_undelivered"] === 1 ? ATTENTION.undelivered : null;
      if (row["attention"] === attention) continue;
      this.#segment.statement(`UPDATE events SET attention = ? WHERE seq = ?`).run(attention, event);
    }
    this.#touched.clear();
  }

  #writeField(event: number, name: string, value: string): void {
    const field = this.#segment.names.number(name);
    this.#segment.statement(`INSERT OR IGNORE INTO event_fields VALUES (?, ?, ?)`).run(field, value, event);
  }

  #writeRow({ id, atMs, source, type, bytes, routed, ...rest }: RecordOf<"event">, router: number, seq?: number) {
    const { names } = this.#segment;
    const ruleSet = this.#ruleSet(routed.rules);
    if (routed.ruleCount > 0) this.#counts.flows.matched(atMs, ruleSet);
    const values = [
      atMs,
      names.number(routed.bus),
      names.number(source),
      names.number(type),
      bytes,
      ruleSet,
      router,
      rest.principal === undefined ? null : names.number(rest.principal),
      routed.ruleCount === 0 ? ATTENTION.unmatched : null,
      routed.ruleCount,
      routed.publishedCount,
      routed.letterCount,
      rest.traceparent ?? null,
    ];
    if (seq === undefined) return Number(this.#segment.statement(INSERT).run(...values, storedId(id)).lastInsertRowid);
    this.#segment.statement(COMPLETE).run(...values, seq);
    return seq;
  }

  #ruleSet(rules: RecordOf<"event">["routed"]["rules"]): number {
    const { names } = this.#segment;
    return names.number(JSON.stringify(rules.map(({ bus, rule }) => [bus, rule])), (ruleSet) => {
      for (const { rule } of rules) {
        this.#segment
          .statement(`INSERT OR IGNORE INTO rule_set_members VALUES (?, ?)`)
          .run(names.number(rule), ruleSet);
      }
    });
  }
}
