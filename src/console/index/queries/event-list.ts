import type { BoundedCount, EventListed, EventOutcome, ListPage } from "../../../admin-api/history/history.ts";
import { ATTENTION } from "../segments/codes.ts";
import type { Segment } from "../segments/segment.ts";
import { optionalNumber } from "../segments/segment.ts";
import { idText, storedId } from "../segments/stored-id.ts";
import { eventIn, ownDeliveries } from "./event-ways.ts";
import type { EventFilter } from "../../../admin-api/history/filters.ts";
import { outcomeOf } from "./outcome.ts";
import type { RowCondition, Listing, Placed } from "./search.ts";
import { countOf, pageOf } from "./pages.ts";
import { allOf, named, newestFirst } from "./search.ts";

/** Which rows can have an outcome. What a later segment knows of an event with attention decides among them. */
const OUTCOME_CONDITIONS: Readonly<Record<EventOutcome, string>> = {
  unmatched: `attention = ${ATTENTION.unmatched}`,
  failed: `attention = ${ATTENTION.undelivered}`,
  failing: `attention = ${ATTENTION.undelivered}`,
  waiting: `attention = ${ATTENTION.undelivered}`,
  delivered: `attention IS NOT ${ATTENTION.unmatched}`,
};

/** A page of the events whose records are known. */
export function listEvents(
  segments: readonly Segment[],
  filter: EventFilter,
  searchMsMax?: number,
  pieceRows?: number,
): ListPage<EventListed> {
  return pageOf(newestFirst(segments, listing(filter), filter, searchMsMax, pieceRows), filter, (placed) => {
    const outcome = outcomeIfFitting(segments, filter, placed);
    return outcome && { ...eventIn(placed.segment, placed.row), outcome };
  });
}

/** How many events there are on all pages. */
export function countEvents(segments: readonly Segment[], filter: EventFilter): BoundedCount {
  const { before: _, ...everywhere } = filter;
  const rows = newestFirst(segments, listing(filter), everywhere);
  return countOf(rows, (placed) => outcomeIfFitting(segments, filter, placed) !== undefined);
}

/** The event's outcome. Undefined where the filter asks for another one, or for a destination that it does not have. */
function outcomeIfFitting(
  segments: readonly Segment[],
  filter: EventFilter,
  { row }: Placed,
): EventOutcome | undefined {
  if (row["attention"] === ATTENTION.unmatched) return "unmatched";
  // All that its segment knows has arrived, and the conditions have compared the destinations.
  const isDelivered = row["attention"] === null;
  const own = isDelivered ? [] : ownDeliveries(segments, idText(row["id"]));
  const outcome = isDelivered ? "delivered" : outcomeOf(own.map(({ state }) => state));
  if (filter.outcome !== undefined && outcome !== filter.outcome) return undefined;
  const { destination } = filter;
  const hasDestination = destination === undefined || isDelivered || own.some((one) => one.destination === destination);
  return hasDestination ? outcome : undefined;
}

function listing(filter: EventFilter): Listing {
  return {
    select: `SELECT * FROM events`,
    ...(isScanned(filter) && { scanned: "events" }),
    newestAtMs: (segment) =>
      optionalNumber(segment.get(`SELECT max(at) AS at FROM events WHERE at IS NOT NULL`)?.["at"]),
    conditions: (segment) => {
      const { id, outcome, rule, destination, field } = filter;
      return allOf([
        ...(["bus", "source", "type"] as const).flatMap((column) => {
          const name = filter[column];
          return name === undefined ? [] : [named(segment, column, name)];
        }),
        ...(rule === undefined ? [] : [ofRule(segment, rule)]),
        ...(destination === undefined ? [] : [toDestination(segment, destination)]),
        ...(field === undefined ? [] : [withField(segment, field)]),
        ...(id === undefined ? [] : [withId(id)]),
        ...(outcome === undefined ? [] : [{ sql: OUTCOME_CONDITIONS[outcome], parameters: [] }]),
      ]);
    },
  };
}

/** Names are not indexed, since that would make every event larger; ids, and outcomes that need somebody, are. */
function isScanned({ id, outcome, bus, source, type, rule, destination }: EventFilter): boolean {
  const hasName = [bus, source, type, rule, destination].some((name) => name !== undefined);
  return hasName && id === undefined && (outcome === undefined || outcome === "delivered");
}

function ofRule(segment: Segment, rule: string): RowCondition | undefined {
  const number = segment.names.find(rule);
  if (number === undefined) return undefined;
  return { sql: `rules IN (SELECT rule_set FROM rule_set_members WHERE rule = ?)`, parameters: [number] };
}

/** An event with attention may have a delivery to the destination that only another segment knows of. */
function toDestination(segment: Segment, destination: string): RowCondition {
  const own = `deliveries.event = events.seq AND deliveries.origin IS NOT NULL AND deliveries.destination = ?`;
  return {
    sql: `(attention = ${ATTENTION.undelivered} OR EXISTS (SELECT 1 FROM deliveries WHERE ${own}))`,
    parameters: [segment.names.find(destination) ?? null],
  };
}

/** @param field the name, a colon and the value, which may hold colons; the name has none. */
function withField(segment: Segment, field: string): RowCondition | undefined {
  const colon = field.indexOf(":");
  const number = segment.names.find(field.slice(0, colon));
  if (number === undefined) return undefined;
  const sql = `seq IN (SELECT event FROM event_fields WHERE field = ? AND value = ?)`;
  return { sql, parameters: [number, field.slice(colon + 1)] };
}

function withId(id: string): RowCondition {
  const stored = storedId(id);
  return { sql: `substr(id, -6) = substr(?, -6) AND id = ?`, parameters: [stored, stored] };
}
