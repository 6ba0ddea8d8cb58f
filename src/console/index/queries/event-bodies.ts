import type { ListPage } from "../../../admin-api/history/history.ts";
import type { EventBodyListed } from "../../../admin-api/history/flows.ts";
import type { EventBodyFilter } from "../../../admin-api/history/filters.ts";
import type { Segment } from "../segments/segment.ts";
import { optionalNumber } from "../segments/segment.ts";
import { idText } from "../segments/stored-id.ts";
import { pageOf } from "./pages.ts";
import { nameIn, textIn } from "./reading.ts";
import type { Listing } from "./search.ts";
import { allOf, named, newestFirst } from "./search.ts";

/** What one page may hold: an event has 16 KiB at most. */
const PAGE_BYTES_MAX = 4 * 1_024 * 1_024;

/** An event's own JSON, or that which a failed delivery brought along. */
const BODY = `coalesce(event_bodies.body, (
  SELECT delivery_bodies.body FROM deliveries JOIN delivery_bodies ON delivery = deliveries.seq
  WHERE deliveries.event = events.seq AND origin IS NOT NULL LIMIT 1))`;

/** A page of a bus's events whose JSON is kept. It ends early where they are long. */
export function listEventBodies(
  segments: readonly Segment[],
  filter: EventBodyFilter,
  searchMsMax?: number,
): ListPage<EventBodyListed> {
  let bytes = 0;
  return pageOf(
    newestFirst(segments, listing(filter), filter, searchMsMax),
    filter,
    ({ segment, row }) => {
      const body = textIn(row["body"]);
      if (body === undefined) return undefined;
      bytes += body.length;
      return { id: idText(row["id"]), atMs: Number(row["at"]), type: nameIn(segment, row["type"]), body };
    },
    () => bytes >= PAGE_BYTES_MAX,
  );
}

function listing({ bus }: EventBodyFilter): Listing {
  return {
    select: `SELECT events.seq, events.id, events.at, events.type, ${BODY} AS body
      FROM events LEFT JOIN event_bodies ON event_bodies.event = events.seq`,
    columns: { at: "events.at", seq: "events.seq" },
    newestAtMs: (segment) =>
      optionalNumber(segment.get(`SELECT max(at) AS at FROM events WHERE at IS NOT NULL`)?.["at"]),
    conditions: (segment) => allOf([named(segment, "events.bus", bus)]),
  };
}
