import type {
  DeliveryAnswer,
  DeliveryState,
  DeliveryWay,
  EventFacts,
  EventWay,
} from "../../../admin-api/history/history.ts";
import { MARK_KINDS } from "../segments/codes.ts";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import { idText, storedId } from "../segments/stored-id.ts";
import { isQueue } from "../segments/subject-rows.ts";
import { deliveryWay, ownerOf, deliveryParts } from "./delivery-ways.ts";
import type { DeliveryPart } from "./delivery-ways.ts";
import type { StateMark } from "./outcome.ts";
import { attemptMark, MARK_RANKS, outcomeOf, redriveMark, setAsideMark, stateOf } from "./outcome.ts";
import { configurationAt } from "./configuration-list.ts";
import { nameIn, parentOf, textIn } from "./reading.ts";

/** An event's way; undefined where no segment knows its id. */
export function eventById(segments: readonly Segment[], id: string): EventWay | undefined {
  const rows = eventRows(segments, id);
  if (rows.length === 0) return undefined;
  const recorded = rows.find(({ row }) => row["at"] !== null);
  const event = recorded && eventIn(recorded.segment, recorded.row);
  const body = rows
    .map(({ segment, row }) => segment.get(`SELECT body FROM event_bodies WHERE event = ?`, Number(row["seq"])))
    .map((found) => textIn(found?.["body"]))
    .find((found) => found !== undefined);
  const deliveries = deliveryIds(rows).map((delivery) =>
    deliveryWay(segments, delivery, deliveryParts(segments, delivery)),
  );
  const parent = parentOf(segments, id);
  const configuration = event && configurationAt(segments, event.router, event.atMs);
  return {
    id,
    ...(event && { event, outcome: event.ruleCount === 0 ? "unmatched" : outcomeOf(statesOf(deliveries)) }),
    ...(configuration && { configuration }),
    ...(body === undefined ? {} : { body }),
    ...(parent && { parent }),
    deliveries: deliveries.toSorted(byBeginning),
  };
}

/** A delivery's way, and that of its event where that is known; undefined where no segment knows its id. */
export function deliveryById(segments: readonly Segment[], id: string): DeliveryAnswer | undefined {
  const parts = deliveryParts(segments, id);
  if (parts.length === 0) return undefined;
  const { eventId } = ownerOf(parts);
  const event = eventId === undefined ? undefined : eventById(segments, eventId);
  return { delivery: deliveryWay(segments, id, parts), ...(event && { event }) };
}

/** A delivery that one of an event's rules made. */
export interface OwnDelivery {
  readonly destination?: string;
  readonly state: DeliveryState;
}

/** Deliveries without an origin are those of records that followed. */
export function ownDeliveries(segments: readonly Segment[], eventId: string): readonly OwnDelivery[] {
  return deliveryIds(eventRows(segments, eventId)).flatMap((id): OwnDelivery[] => {
    const parts = deliveryParts(segments, id);
    const { origin, destination } = ownerOf(parts);
    if (origin === undefined) return [];
    const state = stateOf(isQueue(destination), parts.flatMap(marksOf));
    return [{ ...(destination === undefined ? {} : { destination }), state }];
  });
}

/** The columns of `events`, of one whose record is known. */
export function eventIn(segment: Segment, row: SegmentRow): EventFacts {
  const rules = (JSON.parse(nameIn(segment, row["rules"])) as [string, string][]).map(([bus, rule]) => ({ bus, rule }));
  const { traceparent, principal } = row;
  return {
    id: idText(row["id"]),
    atMs: Number(row["at"]),
    bus: nameIn(segment, row["bus"]),
    source: nameIn(segment, row["source"]),
    type: nameIn(segment, row["type"]),
    bytes: Number(row["bytes"]),
    router: nameIn(segment, row["router"]),
    ...(principal === null ? {} : { principal: nameIn(segment, principal) }),
    ...(typeof traceparent === "string" ? { traceparent } : {}),
    rules,
    ruleCount: Number(row["rule_count"]),
    publishedCount: Number(row["published_count"]),
    letterCount: Number(row["letter_count"]),
  };
}

interface EventPart {
  readonly segment: Segment;
  readonly row: SegmentRow;
}

function eventRows(segments: readonly Segment[], id: string): readonly EventPart[] {
  const stored = storedId(id);
  return segments.flatMap((segment) => {
    const row = segment.findEvent(stored);
    return row === undefined ? [] : [{ segment, row }];
  });
}

function deliveryIds(rows: readonly EventPart[]): readonly string[] {
  const ids = rows.flatMap(({ segment, row }) =>
    segment.all(`SELECT id FROM deliveries WHERE event = ?`, Number(row["seq"])).map((found) => idText(found["id"])),
  );
  return [...new Set(ids)];
}

function statesOf(deliveries: readonly DeliveryWay[]): readonly DeliveryState[] {
  return deliveries.filter(({ origin }) => origin !== undefined).map(({ state }) => state);
}

/** What brought a delivery to its state, without what a way has besides. */
function marksOf({ segment, seq }: DeliveryPart): readonly StateMark[] {
  const rows = segment.all(
    `SELECT at, ${MARK_RANKS.attempt} AS rank, verdict AS name FROM attempts WHERE delivery = ?1
     UNION ALL SELECT at, ${MARK_RANKS.redrive}, redrive_to FROM redriven WHERE delivery = ?1
     UNION ALL SELECT at, ${MARK_RANKS.letter}, NULL FROM letters WHERE delivery = ?1
     UNION ALL SELECT at, ${MARK_RANKS.parked}, NULL FROM marks WHERE delivery = ?1 AND kind = ${MARK_KINDS.parked}`,
    seq,
  );
  return rows.map(({ at, rank, name }) => {
    if (rank === MARK_RANKS.attempt) return attemptMark(Number(at), nameIn(segment, name));
    if (rank === MARK_RANKS.redrive) return redriveMark(Number(at), nameIn(segment, name));
    return setAsideMark(Number(at), rank === MARK_RANKS.letter ? "letter" : "parked");
  });
}

/** By the first that is known of each; what waits comes last. */
function byBeginning(a: DeliveryWay, b: DeliveryWay): number {
  const [first, second] = [beganAtMs(a), beganAtMs(b)];
  if (first === second) return a.id < b.id ? -1 : 1;
  return first - second;
}

function beganAtMs({ attempts, letters, parked, parent }: DeliveryWay): number {
  const times = [attempts[0]?.startedAtMs, letters[0]?.atMs, parked[0]?.atMs, parent?.atMs];
  return Math.min(...times.filter((time) => time !== undefined));
}
