import type { MappingFilter } from "../../../domain/mapping/mapping.ts";
import { parseExactly } from "../../../json/exact-json.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { matches } from "../../../pattern/matches.ts";

/**
 * Whether a record fits one of a mapping's filters, or there is none. What takes too long to find out fits: a record that does
 * not is deleted unread.
 *
 * @param record as the patterns have it, with its data parsed.
 */
export function fitsFilters(record: JsonObject, filters: readonly MappingFilter[]): boolean {
  return filters.length === 0 || filters.some(({ pattern }) => matches(pattern, record) !== false);
}

/** A record's data as filters see it: JSON that is an object or a list is one, and anything else is text. */
export function filterableData(text: string): Json {
  try {
    const data = /^\s*[[{]/.test(text) ? parseExactly(text) : text;
    return data;
  } catch {
    return text;
  }
}
