import type { BlockedKey } from "../../../../domain/order/blocked-key.ts";
import type { KeysWaiting } from "../../../../domain/order/keys-waiting.ts";
import { destinationLabel } from "../../../../domain/target/target.ts";

const NONE: KeysWaiting = { turn: 0, retry: 0 };

/**
 * How many keys wait, and how many are blocked and for how long, of each function of the configuration that keeps an
 * order. What waits is this router's; what is blocked is known to all. Each is asked for at a scrape.
 */
export class KeyCounts {
  readonly #epochMs: () => number;
  #destinations: ReadonlySet<string> = new Set();
  #waiting = (): ReadonlyMap<string, KeysWaiting> => new Map();
  #blocked = (): readonly BlockedKey[] => [];

  constructor(epochMs: () => number) {
    this.#epochMs = epochMs;
  }

  /** @param destinations the labels of functions that keep an order. */
  follow(destinations: ReadonlySet<string>): void {
    this.#destinations = destinations;
  }

  /** Says where it can be asked how many keys wait here, by the label of their function; until then none do. */
  watchWaiting(source: () => ReadonlyMap<string, KeysWaiting>): void {
    this.#waiting = source;
  }

  /** Says where it can be asked which keys are blocked; until then none are. */
  watchBlocked(source: () => readonly BlockedKey[]): void {
    this.#blocked = source;
  }

  waiting(): ReadonlyMap<string, KeysWaiting> {
    const waiting = this.#waiting();
    return new Map([...this.#destinations].map((label) => [label, waiting.get(label) ?? NONE]));
  }

  /** By destination. */
  blocked(): ReadonlyMap<string, number> {
    const counts = new Map([...this.#destinations].map((label) => [label, 0]));
    for (const label of this.#blocked().map(labelOf)) {
      const count = counts.get(label);
      if (count !== undefined) counts.set(label, count + 1);
    }
    return counts;
  }

  /** For how many seconds the oldest key of each destination has been blocked; 0 where none is. */
  oldestBlocked(): ReadonlyMap<string, number> {
    const nowMs = this.#epochMs();
    const seconds = new Map([...this.#destinations].map((label) => [label, 0]));
    for (const blocked of this.#blocked()) {
      const label = labelOf(blocked);
      const longest = seconds.get(label);
      // Another router's clock may be ahead.
      if (longest !== undefined) seconds.set(label, Math.max(longest, (nowMs - blocked.sinceMs) / 1_000));
    }
    return seconds;
  }
}

function labelOf(blocked: BlockedKey): string {
  return destinationLabel({ kind: "function", name: blocked.function });
}
