import type { JsonObject } from "../../../json/json.ts";
import { AwsError } from "../../http/errors.ts";
import { constraintError, optionalInteger, optionalString } from "./input.ts";

const LIMIT_MAX = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** The output's `NextToken` member, absent on the last page. */
  readonly next: { readonly NextToken?: string };
}

/**
 * One page of a listing, by `Limit` (100 if absent) and `NextToken`. Items are listed by key, and a token says
 * after which key to go on, so it stays good when the configuration is reloaded between two pages. `listing`
 * says what is being listed: a token of one listing is refused by every other.
 */
export function page<Item>(
  input: JsonObject,
  listing: readonly string[],
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
): Page<Item> {
  const limit = optionalLimit(input);
  const token = optionalString(input, "NextToken");
  const after = token === undefined ? undefined : keyOfToken(token, listing);
  const rest = [...items]
    .filter((item) => after === undefined || keyOf(item) > after)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  if (last === undefined || rest.length === shown.length) return { items: shown, next: {} };
  return { items: shown, next: { NextToken: tokenAfter(keyOf(last), listing) } };
}

function optionalLimit(input: JsonObject): number {
  const limit = optionalInteger(input, "Limit") ?? LIMIT_MAX;
  if (limit < 1) throw constraintError(`'${limit}'`, "Limit", "Member must have value greater than or equal to 1");
  if (limit > LIMIT_MAX) {
    throw constraintError(`'${limit}'`, "Limit", `Member must have value less than or equal to ${LIMIT_MAX}`);
  }
  return limit;
}

function tokenAfter(key: string, listing: readonly string[]): string {
  return Buffer.from(JSON.stringify([...listing, key])).toString("base64url");
}

function keyOfToken(token: string, listing: readonly string[]): string {
  const parts = parseToken(token);
  const key = parts.at(-1);
  if (key === undefined || tokenAfter(key, listing) !== token) {
    throw new AwsError("ValidationException", "Parameter NextToken is not valid.");
  }
  return key;
}

function parseToken(token: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(parts) ? parts.filter((part) => typeof part === "string") : [];
  } catch {
    return [];
  }
}
