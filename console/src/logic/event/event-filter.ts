/** What the list of events is filtered by. The names are those of the API's query. */
export const EVENT_FIELDS = ["bus", "source", "type", "rule", "destination", "outcome", "field", "id"] as const;

export type EventField = (typeof EVENT_FIELDS)[number];

export interface EventFilter extends Readonly<Partial<Record<EventField, string>>> {
  /** Epoch milliseconds. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** Reads a filter from the page's address. Whatever is not known or not a time is left out. */
export function filterOfAddress(query: Readonly<Record<string, string | undefined>>): EventFilter {
  const texts = EVENT_FIELDS.flatMap((field) => {
    const text = query[field] ?? "";
    return text.trim() === "" ? [] : [[field, text] as const];
  });
  const times = (["fromMs", "toMs"] as const).flatMap((field) => {
    const text = query[field] ?? "";
    return /^\d{1,15}$/.test(text) ? [[field, Number(text)] as const] : [];
  });
  return Object.fromEntries<string | number>([...texts, ...times]);
}

/** The filter as a query: `?bus=default&outcome=failed`, or nothing. Its order is always the same. */
export function addressOfFilter(filter: EventFilter): string {
  const query = new URLSearchParams();
  for (const field of [...EVENT_FIELDS, "fromMs", "toMs"] as const) {
    const value = String(filter[field] ?? "").trim();
    if (value !== "") query.set(field, value);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Epoch milliseconds as an input of type `datetime-local` has them, in the reader's own zone. */
export function localInputOf(atMs: number | undefined): string {
  if (atMs === undefined) return "";
  const local = new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
