import type { Account } from "../ledger.ts";

const EXAMPLES_MAX = 5;

/** A message by its group and its place in it, counted from 0. */
export interface Place {
  readonly group: string;
  readonly number: number;
}

interface GroupPage {
  accepted: number;
  /** How often each was received. */
  readonly received: Map<number, number>;
  /** Those whose delete was asked for. */
  readonly asked: Set<number>;
  /** When a delete was answered. */
  readonly deletedAtMs: Map<number, number>;
  /** All before it were asked for. */
  floor: number;
}

/** What was sent to a FIFO queue and received from it, and whether that is as it must be. */
export class FifoBook {
  readonly #groups = new Map<string, GroupPage>();
  readonly #examples: string[] = [];
  #wrong = 0;
  #deleted = 0;

  get accepted(): number {
    return this.#sum(({ accepted }) => accepted);
  }

  /** Messages whose delete was answered. */
  get deleted(): number {
    return this.#deleted;
  }

  /** The next message of its group was accepted. */
  sent({ group }: Place): void {
    this.#page(group).accepted += 1;
  }

  /**
   * What one receive was answered with. A message comes once all before it were asked to be deleted, or stand before it in the
   * same answer; and never after its delete was answered.
   */
  received(places: readonly Place[], askedAtMs: number): void {
    const before = new Map<string, Set<number>>();
    for (const place of places) {
      const { group, number } = place;
      const page = this.#page(group);
      const inAnswer = before.get(group) ?? new Set();
      before.set(group, inAnswer);
      for (let each = page.floor; each < number; each++) {
        if (!page.asked.has(each) && !inAnswer.has(each)) this.#blame(place, `comes before ${each}`);
      }
      if ((page.deletedAtMs.get(number) ?? Infinity) < askedAtMs) this.#blame(place, "comes after its delete");
      page.received.set(number, (page.received.get(number) ?? 0) + 1);
      inAnswer.add(number);
    }
  }

  deleting({ group, number }: Place): void {
    const page = this.#page(group);
    page.asked.add(number);
    while (page.asked.has(page.floor)) page.floor += 1;
  }

  wasDeleted({ group, number }: Place, atMs: number): void {
    const { deletedAtMs } = this.#page(group);
    if (!deletedAtMs.has(number)) this.#deleted += 1;
    deletedAtMs.set(number, atMs);
  }

  /** Messages that were received more often than once, or never, and everything that is not as it must be. */
  account(): Account {
    const never = this.#sum(({ accepted, received }) => accepted - received.size);
    return {
      accepted: this.accepted,
      delivered: this.#sum(({ received }) => received.size),
      deadLettered: 0,
      lost: Math.max(0, never),
      excused: 0,
      duplicates: this.#sum(({ received }) => [...received.values()].reduce((sum, times) => sum + times - 1, 0)),
      parked: 0,
      // A message that nobody has sent.
      wrong: this.#wrong + Math.max(0, -never),
      examples: this.#examples,
    };
  }

  #blame({ group, number }: Place, what: string): void {
    this.#wrong += 1;
    if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(`message ${number} of group ${group} ${what}`);
  }

  #sum(of: (page: GroupPage) => number): number {
    return [...this.#groups.values()].reduce((sum, page) => sum + of(page), 0);
  }

  #page(group: string): GroupPage {
    const page = this.#groups.get(group) ?? {
      accepted: 0,
      received: new Map(),
      asked: new Set(),
      deletedAtMs: new Map(),
      floor: 0,
    };
    this.#groups.set(group, page);
    return page;
  }
}
