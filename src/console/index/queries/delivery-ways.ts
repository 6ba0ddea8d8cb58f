import type { RuleTarget } from "../../../domain/delivery/delivery.ts";
import type { AttemptWay, DeliveryWay, ParkedWay, RecordWay, RedriveWay } from "../../../admin-api/history/history.ts";
import { MARK_KINDS } from "../segments/codes.ts";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import { idText, storedId } from "../segments/stored-id.ts";
import { isQueue } from "../segments/subject-rows.ts";
import { attemptMark, redriveMark, setAsideMark, stateOf } from "./outcome.ts";
import { attemptIn, letterIn, nameIn, originIn, parentOf, textIn } from "./reading.ts";

/** A delivery's row in one segment. */
export interface DeliveryPart {
  readonly segment: Segment;
  readonly seq: number;
  readonly row: SegmentRow;
}

/** What the segments together say of whose a delivery is. */
export interface DeliveryOwner {
  readonly eventId?: string;
  readonly origin?: RuleTarget;
  readonly destination?: string;
}

/** The rows of a delivery in all segments that know it. */
export function deliveryParts(segments: readonly Segment[], id: string): readonly DeliveryPart[] {
  const stored = storedId(id);
  return segments.flatMap((segment) => {
    const row = segment.findDelivery(stored);
    return row === undefined ? [] : [{ segment, seq: Number(row["seq"]), row }];
  });
}

/** Each record may have left out a part of it. */
export function ownerOf(parts: readonly DeliveryPart[]): DeliveryOwner {
  const eventId = firstOf(parts, eventIdOf);
  const origin = firstOf(parts, ({ segment, row }) => originIn(segment, row["origin"]));
  const destination = firstOf(parts, ({ segment, row }) =>
    row["destination"] === null ? undefined : nameIn(segment, row["destination"]),
  );
  return {
    ...(eventId === undefined ? {} : { eventId }),
    ...(origin === undefined ? {} : { origin }),
    ...(destination === undefined ? {} : { destination }),
  };
}

function eventIdOf({ segment, row }: DeliveryPart): string | undefined {
  if (row["event"] === null) return undefined;
  return idText(segment.get(`SELECT id FROM events WHERE seq = ?`, Number(row["event"]))?.["id"]);
}

function firstOf<Value>(parts: readonly DeliveryPart[], read: (part: DeliveryPart) => Value | undefined) {
  for (const part of parts) {
    const value = read(part);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** All that is known of a delivery. */
export function deliveryWay(segments: readonly Segment[], id: string, parts: readonly DeliveryPart[]): DeliveryWay {
  const owner = ownerOf(parts);
  const attempts = ordered(rowsOf(parts, ATTEMPTS, attemptIn), byAttempt);
  const letters = ordered(rowsOf(parts, LETTERS, letterIn));
  const redrives = ordered(rowsOf(parts, REDRIVEN, redriveIn));
  const parked = ordered(rowsOf(parts, marksOf("parked"), parkedIn));
  const parent = parentOf(segments, id);
  const body = firstOf(parts, ({ segment, seq }) =>
    textIn(segment.get(`SELECT body FROM delivery_bodies WHERE delivery = ?`, seq)?.["body"]),
  );
  return {
    id,
    ...owner,
    state: stateOf(isQueue(owner.destination), [
      ...attempts.map(({ atMs, verdict }) => attemptMark(atMs, verdict)),
      ...redrives.map(({ atMs, to }) => redriveMark(atMs, to)),
      ...letters.map(({ atMs }) => setAsideMark(atMs, "letter")),
      ...parked.map(({ atMs }) => setAsideMark(atMs, "parked")),
    ]),
    ...(parent && { parent }),
    attempts,
    letters,
    redrives,
    records: ordered(rowsOf(parts, RECORDS, recordIn)),
    parked,
    suspected: ordered(rowsOf(parts, marksOf("suspect"), suspectedIn)),
    ...(body === undefined ? {} : { body }),
  };
}

const ATTEMPTS = `SELECT attempts.*, answer FROM attempts LEFT JOIN answers ON attempt = seq WHERE delivery = ?`;
const LETTERS = `SELECT * FROM letters WHERE delivery = ?`;
const REDRIVEN = `SELECT * FROM redriven WHERE delivery = ?`;
const RECORDS = `SELECT * FROM records WHERE delivery = ?`;

function marksOf(kind: keyof typeof MARK_KINDS): string {
  return `SELECT * FROM marks WHERE delivery = ? AND kind = ${MARK_KINDS[kind]}`;
}

function redriveIn(segment: Segment, row: SegmentRow): RedriveWay {
  const [queue, to] = [nameIn(segment, row["queue"]), nameIn(segment, row["redrive_to"])];
  const job = row["job"] === null ? {} : { jobId: nameIn(segment, row["job"]) };
  return { atMs: Number(row["at"]), router: nameIn(segment, row["router"]), queue, to, ...job };
}

function recordIn(segment: Segment, row: SegmentRow): RecordWay {
  const [condition, to] = [nameIn(segment, row["condition"]), nameIn(segment, row["destination"])];
  return { atMs: Number(row["at"]), condition, to, id: idText(row["id"]) };
}

function parkedIn(segment: Segment, row: SegmentRow): ParkedWay {
  const [queue, reason] = [nameIn(segment, row["place"]), nameIn(segment, row["reason"])];
  return { atMs: Number(row["at"]), router: nameIn(segment, row["router"]), queue, reason };
}

function suspectedIn(segment: Segment, row: SegmentRow) {
  return { atMs: Number(row["at"]), router: nameIn(segment, row["router"]) };
}

function rowsOf<Way>(
  parts: readonly DeliveryPart[],
  sql: string,
  read: (segment: Segment, row: SegmentRow) => Way,
): readonly Way[] {
  return parts.flatMap(({ segment, seq }) => segment.all(sql, seq).map((row) => read(segment, row)));
}

interface Timed {
  readonly atMs: number;
}

/** Numbers begin anew with a redrive, so the time comes first. */
function byAttempt(a: AttemptWay, b: AttemptWay): number {
  return a.atMs - b.atMs || a.attempt - b.attempt;
}

function ordered<Way extends Timed>(
  ways: readonly Way[],
  compare: (a: Way, b: Way) => number = (a, b) => a.atMs - b.atMs,
): readonly Way[] {
  return ways.toSorted(compare);
}
