/** Which of the things with names a request is about. */
interface AskedNames {
  /** Only the one of this name. */
  readonly wanted: string | undefined;
  readonly limit: number;
  /** Only those behind this name: the last of the page before. */
  readonly after: string | undefined;
}

/** A page of what has names, in the order of these. `next` is where the one behind it begins, if there is one. */
export function pageByName<Named extends { readonly name: string }>(
  all: Iterable<Named>,
  { wanted, limit, after = "" }: AskedNames,
): { readonly shown: readonly Named[]; readonly next: { readonly next?: string } } {
  const fitting = [...all].filter(({ name }) => name > after && (wanted ?? name) === name);
  fitting.sort((one, other) => (one.name < other.name ? -1 : 1));
  const shown = fitting.slice(0, limit);
  const last = fitting.length > limit ? shown.at(-1) : undefined;
  return { shown, next: last === undefined ? {} : { next: last.name } };
}
