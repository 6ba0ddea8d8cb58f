/** The entries of one key, oldest first. The first may be with its taker, or wait to be taken again. */
interface Lane<Entry> {
  readonly key: string;
  readonly entries: Entry[];
  /** `ready`: its first entry may be taken. `taken`: somebody has it. `waiting`: it is to be taken again later. */
  state: "ready" | "taken" | "waiting";
}

/** The first entry of a lane, and the lane's key. */
export interface Head<Entry> {
  readonly key: string;
  readonly entry: Entry;
}

/**
 * Entries in lanes by their key: of each lane only the first can be taken, and the next one once that is done. Lanes that
 * may go on do so in turns. Pure; every step takes the same time however many there are, but for `clear` and `states`.
 */
export class Lanes<Entry> {
  readonly #lanes = new Map<string, Lane<Entry>>();
  /** Lanes whose first entry may be taken, in the order in which they came to be so. */
  readonly #ready = new Set<Lane<Entry>>();
  #count = 0;

  /** How many entries there are, those taken included. */
  get count(): number {
    return this.#count;
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Of how many keys the first entry may be taken, and of how many it is to be taken again later. */
  states(): { readonly ready: number; readonly waiting: number } {
    let waiting = 0;
    for (const { state } of this.#lanes.values()) if (state === "waiting") waiting += 1;
    return { ready: this.#ready.size, waiting };
  }

  /** Puts an entry behind those of its key. */
  add(key: string, entry: Entry): void {
    this.#count += 1;
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.entries.push(entry);
      return;
    }
    const made: Lane<Entry> = { key, entries: [entry], state: "ready" };
    this.#lanes.set(key, made);
    this.#ready.add(made);
  }

  /** The first entry of the lane whose turn it is, left where it is; undefined when none may be taken. */
  peek(): Head<Entry> | undefined {
    for (const { key, entries } of this.#ready) {
      const [entry] = entries;
      if (entry !== undefined) return { key, entry };
    }
    return undefined;
  }

  /** Takes what `peek` finds. It is to be given to `done` or to `wait`. */
  take(): Head<Entry> | undefined {
    const head = this.peek();
    const lane = head && this.#lanes.get(head.key);
    if (lane === undefined) return undefined;
    this.#ready.delete(lane);
    lane.state = "taken";
    return head;
  }

  /** The first entry of a lane, in whichever state. */
  head(key: string): Entry | undefined {
    return this.#lanes.get(key)?.entries[0];
  }

  /** The taken entry of a lane is dealt with: its key goes on. */
  done(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane?.state !== "taken") return;
    lane.entries.shift();
    this.#count -= 1;
    if (lane.entries.length === 0) this.#lanes.delete(key);
    else this.#becomeReady(lane);
  }

  /** The taken entry of a lane stays the first, and is not to be taken before `again`. */
  wait(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane?.state === "taken") lane.state = "waiting";
  }

  /** The wait of a lane is over. Does nothing where it does not wait. */
  again(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane?.state === "waiting") this.#becomeReady(lane);
  }

  /** Takes out everything that nobody has taken. @returns what was taken out, key by key. */
  clear(): readonly Entry[] {
    const cleared: Entry[] = [];
    for (const lane of [...this.#lanes.values()]) {
      const kept = lane.state === "taken" ? 1 : 0;
      cleared.push(...lane.entries.splice(kept));
      this.#ready.delete(lane);
      if (kept === 0) this.#lanes.delete(lane.key);
    }
    this.#count -= cleared.length;
    return cleared;
  }

  #becomeReady(lane: Lane<Entry>): void {
    lane.state = "ready";
    this.#ready.add(lane);
  }
}
