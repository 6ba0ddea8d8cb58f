import { commonError } from "../errors.ts";
import { integer, string } from "./shapes.ts";

const LIMIT_MAX = 100;

/** The members of a listing's input that ask for a page. A token is checked by `page`, which made it. */
export const PAGING = { NextToken: string(), Limit: integer({ min: 1, max: LIMIT_MAX }) };

/** The page that an input asks for. */
export interface PageRequest {
  readonly NextToken?: string | null;
  readonly Limit?: number | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The output's `NextToken` member, absent on the last page. */
  readonly next: { readonly NextToken?: string };
}

/**
 * One page of a listing, by `Limit` (100 if absent) and `NextToken`. Items are sorted by key, and a token holds the last
 * key of its page, so it stays good when the configuration is reloaded between two pages.
 *
 * @param listing what is listed: a token of one listing is refused by every other.
 * @throws AwsError `ValidationException` for a token of something else.
 */
export function page<Item>(
  { NextToken, Limit }: PageRequest,
  listing: readonly string[],
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
): Page<Item> {
  const after = typeof NextToken === "string" ? keyOfToken(NextToken, listing) : undefined;
  const rest = [...items]
    .filter((item) => after === undefined || keyOf(item) > after)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const shown = rest.slice(0, Limit ?? LIMIT_MAX);
  const last = shown.at(-1);
  if (last === undefined || rest.length === shown.length) return { items: shown, next: {} };
  return { items: shown, next: { NextToken: tokenAfter(keyOf(last), listing) } };
}

/** The token of the page that follows a key. */
export function tokenAfter(key: string, listing: readonly string[]): string {
  return Buffer.from(JSON.stringify([...listing, key])).toString("base64url");
}

/** The key that a token follows. @throws AwsError `ValidationException` for a token of something else */
export function keyOfToken(token: string, listing: readonly string[]): string {
  const key = parseToken(token).at(-1);
  if (key !== undefined && tokenAfter(key, listing) === token) return key;
  throw commonError("ValidationException", "Parameter NextToken is not valid.");
}

function parseToken(token: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(parts) ? parts.filter((part) => typeof part === "string") : [];
  } catch {
    return [];
  }
}
