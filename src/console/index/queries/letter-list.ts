import type { LetterGroup, LetterGroups, LetterListed, ListPage } from "../../../admin-api/history/history.ts";
import type { Segment } from "../segments/segment.ts";
import { optionalNumber } from "../segments/segment.ts";
import { idText } from "../segments/stored-id.ts";
import type { DeliveryPart } from "./delivery-ways.ts";
import { ownerOf, deliveryParts } from "./delivery-ways.ts";
import type { LetterFilter } from "../../../admin-api/history/filters.ts";
import type { Listing, Placed } from "./search.ts";
import { examine, pageOf } from "./pages.ts";
import { allOf, named, newestFirst } from "./search.ts";
import { letterIn, nameIn } from "./reading.ts";

/** A page of dead letters. */
export function listLetters(
  segments: readonly Segment[],
  filter: LetterFilter,
  searchMsMax?: number,
): ListPage<LetterListed> {
  return pageOf(newestFirst(segments, listing(filter), filter, searchMsMax), filter, (placed) => {
    if (!isTo(segments, placed, filter.destination)) return undefined;
    const { segment, row } = placed;
    const deliveryId = idText(row["id"]);
    const parts = deliveryParts(segments, deliveryId);
    const letter = letterIn(segment, row);
    const redrivenAtMs = redrivenSince(parts, letter.atMs);
    return { ...letter, deliveryId, ...ownerOf(parts), ...(redrivenAtMs === undefined ? {} : { redrivenAtMs }) };
  });
}

/** The newest dead letters, 10,000 at most, by queue, destination and reason; the largest group first. */
export function groupLetters(segments: readonly Segment[], filter: LetterFilter, searchMsMax?: number): LetterGroups {
  const groups = new Map<string, LetterGroup>();
  const end = examine(newestFirst(segments, listing(filter), filter, searchMsMax), (placed) => {
    const destination = destinationOf(segments, placed);
    if (filter.destination !== undefined && destination !== filter.destination) return true;
    const { queue, reason, atMs } = letterIn(placed.segment, placed.row);
    const key = JSON.stringify([queue, destination, reason]);
    const known = groups.get(key);
    groups.set(key, {
      queue,
      ...(destination === undefined ? {} : { destination }),
      reason,
      count: (known?.count ?? 0) + 1,
      oldestAtMs: atMs,
      newestAtMs: known?.newestAtMs ?? atMs,
    });
    return true;
  });
  const largestFirst = [...groups.values()].sort((a, b) => b.count - a.count || b.newestAtMs - a.newestAtMs);
  return { groups: largestFirst, isMore: end !== undefined };
}

function listing({ queue, reason, destination }: LetterFilter): Listing {
  return {
    select: `SELECT letters.*, deliveries.id, deliveries.destination FROM letters
      JOIN deliveries ON deliveries.seq = delivery`,
    columns: { at: "letters.at", seq: "letters.seq" },
    newestAtMs: (segment) => optionalNumber(segment.get(`SELECT max(at) AS at FROM letters`)?.["at"]),
    conditions: (segment) =>
      allOf([
        ...(queue === undefined ? [] : [named(segment, "queue", queue)]),
        ...(reason === undefined ? [] : [named(segment, "reason", reason)]),
        // Where this segment does not know the destination, another may.
        ...(destination === undefined
          ? []
          : [
              {
                sql: `(deliveries.destination IS NULL OR deliveries.destination = ?)`,
                parameters: [segment.names.find(destination) ?? null],
              },
            ]),
      ]),
  };
}

function isTo(segments: readonly Segment[], placed: Placed, destination: string | undefined): boolean {
  return destination === undefined || destinationOf(segments, placed) === destination;
}

function destinationOf(segments: readonly Segment[], { segment, row }: Placed): string | undefined {
  if (row["destination"] !== null) return nameIn(segment, row["destination"]);
  return ownerOf(deliveryParts(segments, idText(row["id"]))).destination;
}

function redrivenSince(parts: readonly DeliveryPart[], atMs: number): number | undefined {
  const times = parts.flatMap(({ segment, seq }) =>
    segment.all(`SELECT at FROM redriven WHERE delivery = ? AND at > ?`, seq, atMs).map((row) => Number(row["at"])),
  );
  return times.length === 0 ? undefined : Math.max(...times);
}
