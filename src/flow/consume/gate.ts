/**
 * Why a subscription takes nothing for now: the budget of bytes in flight is used up, somebody has paused the
 * destination, or its circuit is open.
 */
export type Hold = "budget" | "paused" | "circuit";

/** Stands open while there is no reason to hold. */
export class Gate {
  readonly #holds = new Set<Hold>();
  readonly #onChange: () => void;

  /** @param onChange told when a reason comes or goes. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get isOpen(): boolean {
    return this.#holds.size === 0;
  }

  /** Whether what is here already may be called: a used-up budget only says that no more should come. */
  get letsCall(): boolean {
    return !this.#holds.has("paused") && !this.#holds.has("circuit");
  }

  set(hold: Hold, stands: boolean): void {
    if (stands === this.#holds.has(hold)) return;
    if (stands) this.#holds.add(hold);
    else this.#holds.delete(hold);
    this.#onChange();
  }
}
