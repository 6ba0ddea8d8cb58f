interface Limits {
  readonly size: number;
  readonly windowSeconds: number;
  readonly groupBy?: string;
}

interface List {
  readonly sinceMs: number;
  readonly windowMs: number;
  items: { readonly id: string; readonly bytes: number }[];
}

const BYTES_MAX = 6_000_000;

/** Which calls have to be made, said anew in the words of the documentation, for a function that is never busy: a list for each target and key. */
export class BatchesModel {
  readonly #lists = new Map<string, List>();
  #calls: string[] = [];

  /** @param id of the event, whose first letter is its key. */
  come(id: string, target: string, limits: Limits, bytes: number, nowMs: number): void {
    const place = limits.groupBy === undefined ? target : `${target} ${id.charAt(0)}`;
    const before = this.#lists.get(place)?.items ?? [];
    if (before.reduce((sum, each) => sum + each.bytes, bytes) > BYTES_MAX) this.#call(place, "full");
    const list = this.#lists.get(place) ?? { sinceMs: nowMs, windowMs: limits.windowSeconds * 1_000, items: [] };
    list.items.push({ id, bytes });
    this.#lists.set(place, list);
    if (list.items.length === limits.size || bytes > BYTES_MAX) this.#call(place, "full");
  }

  /** What is lost comes again. The window goes on for what is left. */
  lose(ids: ReadonlySet<string>): void {
    for (const [place, list] of this.#lists) {
      list.items = list.items.filter(({ id }) => !ids.has(id));
      if (list.items.length === 0) this.#lists.delete(place);
    }
  }

  /** @returns the calls that are due and were not taken before: the ids of each, and why it is made. */
  take(nowMs: number): readonly string[] {
    for (const [place, { sinceMs, windowMs }] of this.#lists)
      if (sinceMs + windowMs <= nowMs) this.#call(place, "window");
    return this.#calls.splice(0);
  }

  #call(place: string, end: string): void {
    const items = this.#lists.get(place)?.items ?? [];
    this.#lists.delete(place);
    if (items.length > 0) this.#calls.push(`${items.map(({ id }) => id).join(" ")}: ${end}`);
  }
}
