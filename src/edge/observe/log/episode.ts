/** More causes than anybody reads. Past it, all are forgotten, and logged once more. */
const CAUSES_MAX = 100;

export interface EpisodeOptions {
  /** How long there must have been no failure before a success ends it: under load the two alternate. */
  readonly quietMs?: number;
  /** After how long a cause that stays is logged again; never by default. */
  readonly remindMs?: number;
}

/** A failure that repeats: logged when it starts, when it gets another cause, and when it has ended. */
export class Episode {
  readonly #quietMs: number;
  readonly #remindMs: number;
  /** When each cause was last logged. */
  readonly #loggedAtMs = new Map<string, number>();
  #count = 0;
  #startedAtMs = 0;
  #lastAtMs = 0;

  constructor({ quietMs = 0, remindMs = Infinity }: EpisodeOptions = {}) {
    this.#quietMs = quietMs;
    this.#remindMs = remindMs;
  }

  /** Counts a failure, and says whether it is to be logged. */
  failed(cause: string, nowMs: number): boolean {
    if (this.#count === 0) this.#startedAtMs = nowMs;
    this.#count += 1;
    this.#lastAtMs = nowMs;
    const loggedAtMs = this.#loggedAtMs.get(cause);
    if (loggedAtMs !== undefined && nowMs - loggedAtMs < this.#remindMs) return false;
    if (this.#loggedAtMs.size >= CAUSES_MAX) this.#loggedAtMs.clear();
    this.#loggedAtMs.set(cause, nowMs);
    return true;
  }

  /** Counts a success. When that ends an episode, says how many failures it had and how long it was. */
  succeeded(nowMs: number): { readonly failures: number; readonly seconds: number } | undefined {
    if (this.#count === 0 || nowMs - this.#lastAtMs < this.#quietMs) return undefined;
    const summary = { failures: this.#count, seconds: (nowMs - this.#startedAtMs) / 1_000 };
    this.#count = 0;
    this.#loggedAtMs.clear();
    return summary;
  }
}
