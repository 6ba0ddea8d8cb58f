import type { AttemptListed, ListPage } from "../../../admin-api/history/history.ts";
import type { Segment } from "../segments/segment.ts";
import { optionalNumber } from "../segments/segment.ts";
import { idText } from "../segments/stored-id.ts";
import { ownerOf, deliveryParts } from "./delivery-ways.ts";
import type { AttemptFilter } from "../../../admin-api/history/filters.ts";
import type { RowCondition, Listing } from "./search.ts";
import { pageOf } from "./pages.ts";
import { allOf, newestFirst } from "./search.ts";
import { attemptIn } from "./reading.ts";

/** A page of attempts. */
export function listAttempts(
  segments: readonly Segment[],
  filter: AttemptFilter,
  searchMsMax?: number,
  pieceRows?: number,
): ListPage<AttemptListed> {
  return pageOf(newestFirst(segments, listing(filter), filter, searchMsMax, pieceRows), filter, ({ segment, row }) => {
    const deliveryId = idText(row["id"]);
    return { deliveryId, ...ownerOf(deliveryParts(segments, deliveryId)), ...attemptIn(segment, row) };
  });
}

function listing({ destination, failedOnly = false }: AttemptFilter): Listing {
  return {
    select: `SELECT attempts.*, deliveries.id FROM attempts JOIN deliveries ON deliveries.seq = delivery`,
    columns: { at: "attempts.at", seq: "attempts.seq" },
    // There is an index by destination for failures alone.
    ...(destination !== undefined && !failedOnly && { scanned: "attempts" }),
    newestAtMs: (segment) => timeOf(segment, "max", failedOnly),
    oldestAtMs: (segment) => timeOf(segment, "min", failedOnly),
    conditions: (segment) =>
      allOf([
        ...(failedOnly ? [{ sql: `attempts.destination IS NOT NULL`, parameters: [] }] : []),
        ...(destination === undefined ? [] : [toDestination(segment, destination, failedOnly)]),
      ]),
  };
}

function toDestination(segment: Segment, destination: string, failedOnly: boolean): RowCondition | undefined {
  const number = segment.names.find(destination);
  if (number === undefined) return undefined;
  return { sql: `${failedOnly ? "attempts" : "deliveries"}.destination = ?`, parameters: [number] };
}

function timeOf(segment: Segment, which: "min" | "max", failedOnly: boolean): number | undefined {
  const failed = failedOnly ? `WHERE destination IS NOT NULL` : "";
  return optionalNumber(segment.get(`SELECT ${which}(at) AS at FROM attempts ${failed}`)?.["at"]);
}
