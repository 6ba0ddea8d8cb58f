import type { ListPage } from "../../admin-api/history/history.ts";

/** How long a search for what is rare goes on. */
const SEARCH_MS_MAX = 10_000;

/**
 * Reads a list of the journal, the newest first: until there are enough rows, no more, or ten seconds are over. An answer
 * of the console ends after a tenth of a second.
 *
 * @param read asks for so many rows older than `before`, or for the newest.
 */
export async function newestRows<Row>(
  limit: number,
  read: (page: { readonly limit: number; readonly before?: string }) => Promise<ListPage<Row>>,
): Promise<ListPage<Row>> {
  const endsAtMs = performance.now() + SEARCH_MS_MAX;
  let page = await read({ limit });
  const rows = [...page.rows];
  while (rows.length < limit && page.next !== undefined && performance.now() < endsAtMs) {
    page = await read({ limit: limit - rows.length, before: page.next });
    rows.push(...page.rows);
  }
  return { ...page, rows };
}

/** What a person should know of the rows that are not there; nothing where all are. */
export function missingRowsNote(noun: string, { rows, next }: ListPage<unknown>, limit: number): string | undefined {
  if (next === undefined) return rows.length === 0 ? `No ${noun} in the journal fits.\n` : undefined;
  if (rows.length >= limit) return "There are more: narrow the search, or raise --limit.\n";
  return `Older ${noun}s were not searched: narrow the search.\n`;
}
