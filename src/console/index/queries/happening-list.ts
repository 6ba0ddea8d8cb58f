import type { ListPage } from "../../../admin-api/history/history.ts";
import type { Happening, HappeningKind } from "../../../admin-api/history/happenings.ts";
import type { Segment } from "../segments/segment.ts";
import { optionalNumber } from "../segments/segment.ts";
import type { HappeningFilter } from "../../../admin-api/history/filters.ts";
import type { Listing } from "./search.ts";
import { pageOf } from "./pages.ts";
import { allOf, named, newestFirst } from "./search.ts";
import { nameIn } from "./reading.ts";

/** A page of what happened beside the ways of events. */
export function listHappenings<Kind extends HappeningKind>(
  segments: readonly Segment[],
  kind: Kind,
  filter: HappeningFilter,
  searchMsMax?: number,
): ListPage<Happening<Kind>> {
  return pageOf(newestFirst(segments, listing(kind, filter), filter, searchMsMax), filter, ({ segment, row }) => {
    const facts = JSON.parse(String(row["facts"])) as Record<string, unknown>;
    if (filter.principal !== undefined && facts["principal"] !== filter.principal) return undefined;
    if (filter.record !== undefined && !hasRecord(facts, filter.record)) return undefined;
    const happening = { kind, atMs: Number(row["at"]), router: nameIn(segment, row["router"]), ...facts };
    return happening as unknown as Happening<Kind>;
  });
}

function hasRecord({ recordIds }: Record<string, unknown>, id: string): boolean {
  return Array.isArray(recordIds) && recordIds.includes(id);
}

function listing(kind: HappeningKind, { subject }: HappeningFilter): Listing {
  return {
    select: `SELECT * FROM happenings`,
    newestAtMs: (segment) => {
      const number = segment.names.find(kind);
      if (number === undefined) return undefined;
      return optionalNumber(segment.get(`SELECT max(at) AS at FROM happenings WHERE kind = ?`, number)?.["at"]);
    },
    conditions: (segment) =>
      allOf([named(segment, "kind", kind), ...(subject === undefined ? [] : [named(segment, "subject", subject)])]),
  };
}
