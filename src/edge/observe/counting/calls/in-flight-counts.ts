/** Invocations in flight by function, whatever a reload does to the configuration while they last. */
export class InFlightCounts {
  readonly #counts = new Map<string, number>();

  add(functionName: string, change: 1 | -1): void {
    const count = (this.#counts.get(functionName) ?? 0) + change;
    if (count === 0) this.#counts.delete(functionName);
    else this.#counts.set(functionName, count);
  }

  of(functions: Iterable<string>): ReadonlyMap<string, number> {
    return new Map([...functions].map((name) => [name, this.#counts.get(name) ?? 0]));
  }
}
