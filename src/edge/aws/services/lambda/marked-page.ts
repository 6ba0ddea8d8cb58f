import { page } from "../../input/paging.ts";
import { wrongParameter } from "./errors.ts";

/** The page that an input asks for. */
export interface MarkedRequest {
  readonly Marker?: string | null;
  /** How many items it has at most. */
  readonly itemsMax: number;
}

export interface MarkedPage<Item> {
  readonly items: readonly Item[];
  /** The output's `NextMarker` member, absent on the last page. */
  readonly next: { readonly NextMarker?: string };
}

/**
 * One page of a listing, sorted by key.
 *
 * @param listing what is listed: a marker of one listing is refused by every other.
 * @throws AwsError for a marker of something else
 */
export function markedPage<Item>(
  { Marker, itemsMax }: MarkedRequest,
  listing: readonly string[],
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
): MarkedPage<Item> {
  const { items: shown, next } = pageOrRefuse(() => {
    return page({ Limit: itemsMax, NextToken: Marker ?? null }, listing, items, keyOf);
  });
  return { items: shown, next: next.NextToken === undefined ? {} : { NextMarker: next.NextToken } };
}

/** A marker of something else is a wrong parameter here. */
function pageOrRefuse<Result>(make: () => Result): Result {
  try {
    return make();
  } catch {
    throw wrongParameter("Marker is not valid.");
  }
}
