import type { PermitsInUse } from "../../../../domain/target/permits-in-use.ts";

/** What this router may use, and uses, of functions with reserved concurrency. It is asked for at a scrape. */
export class PermitCounts {
  #inUse = (): readonly PermitsInUse[] => [];

  /** Says where it can be asked; until then there are none. */
  watch(source: () => readonly PermitsInUse[]): void {
    this.#inUse = source;
  }

  /** Permits that this router has been lent, by function. */
  lent(): ReadonlyMap<string, number> {
    return new Map(this.#inUse().map(({ functionName, lent }) => [functionName, lent]));
  }

  /** Of those, the ones that calls in flight have. */
  used(): ReadonlyMap<string, number> {
    return new Map(this.#inUse().map(({ functionName, used }) => [functionName, used]));
  }
}
