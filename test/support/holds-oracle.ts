/** What is done to one message, from its request to its answer. Times are milliseconds of the oracle's clock. */
export interface Change {
  readonly id: string;
  readonly beganAtMs: number;
  /** Undefined for a delete. */
  readonly invisibleMs: number | undefined;
  /** Until then it may still be made, though it was answered. Infinity while it is not. */
  openUntilMs: number;
  /** Undefined while there is none. */
  outcome: string | undefined;
}

export interface Receive {
  readonly beganAtMs: number;
  readonly invisibleMs: number;
  /** Who received: the router that holds what it handed out. */
  readonly router: string;
}

/** What the oracle knows of a message. */
export interface Story {
  readonly id: string;
  /** The router that handed it out last. */
  router: string | undefined;
  /** How often it was received, as its last receive said. */
  receives: number;
  /** What each of its receives said. */
  readonly counts: number[];
  /** It may not be received before. */
  invisibleUntilMs: number;
  lastReceive: (Receive & { readonly answeredAtMs: number }) | undefined;
  /** When its channel was lost the last time: it is visible then, whatever was promised before. */
  lostAtMs: number;
  /** Whether a fault may have left two of it. Then it is received twice, also while one of them is invisible. */
  mayHaveCopies: boolean;
  /** When a delete of it was answered. */
  deletedAtMs: number | undefined;
  readonly changes: Change[];
}

export interface HoldsOracleOptions {
  readonly nowMs: () => number;
  readonly violate: (what: string) => void;
  /** So long after its answer a delete may be unknown to other routers. */
  readonly deleteGraceMs?: number;
}

/** A change that failed, or that took longer than this, may be made later. */
const SLOW_MS = 1_000;
const LATE_MS = 60_000;

/**
 * What messages of a standard queue on RabbitMQ may do, taken from docs/sqs.md: none is lost, a deleted one does not come again,
 * none is received while it is invisible, and receives are counted. It has no code of the router. Several requests may go on at once:
 * where their order is unknown, the weakest of what they promise holds.
 */
export class HoldsOracle {
  readonly stories = new Map<string, Story>();
  readonly #options: HoldsOracleOptions;

  constructor(options: HoldsOracleOptions) {
    this.#options = options;
  }

  get #nowMs(): number {
    return this.#options.nowMs();
  }

  sent(id: string): void {
    this.stories.set(id, {
      id,
      router: undefined,
      receives: 0,
      counts: [],
      invisibleUntilMs: -Infinity,
      lastReceive: undefined,
      lostAtMs: -Infinity,
      mayHaveCopies: false,
      deletedAtMs: undefined,
      changes: [],
    });
  }

  receiveBegins(router: string, invisibleMs: number): Receive {
    return { beganAtMs: this.#nowMs, invisibleMs, router };
  }

  received(receive: Receive, id: string, receives: number): void {
    const story = this.stories.get(id);
    if (story === undefined) return this.#options.violate(`${id} was received, and nobody sent it`);
    const { lastReceive } = story;
    story.counts.push(receives);
    this.#checkDeleted(story, receive);
    // Of two that went on at the same time, the earlier one may be answered later.
    if (lastReceive !== undefined && lastReceive.answeredAtMs > receive.beganAtMs && receives < story.receives) return;
    this.#checkReceive(story, receive, receives);
    const { beganAtMs, invisibleMs, router } = receive;
    const promised = [beganAtMs + invisibleMs, ...this.#openSince(story, beganAtMs).map(visibleAtMs)];
    story.invisibleUntilMs = story.lostAtMs >= beganAtMs ? -Infinity : Math.min(...promised);
    story.router = router;
    story.receives = Math.max(receives, story.receives);
    story.lastReceive = { ...receive, answeredAtMs: this.#nowMs };
  }

  /** @param invisibleMs undefined for a delete. */
  changeBegins(id: string, invisibleMs: number | undefined): Change {
    const change = { id, beganAtMs: this.#nowMs, invisibleMs, openUntilMs: Infinity, outcome: undefined };
    const story = this.#story(id);
    story.changes.push(change);
    if (invisibleMs !== undefined) story.invisibleUntilMs = Math.min(story.invisibleUntilMs, this.#nowMs + invisibleMs);
    return change;
  }

  /** @param outcome undefined when there was no answer. */
  changed(change: Change, outcome: string | undefined): void {
    const story = this.#story(change.id);
    change.outcome = outcome;
    const isMade = outcome === "changed" || outcome === "deleted";
    const isSure = isMade || (outcome !== undefined && this.#nowMs - change.beganAtMs < SLOW_MS);
    change.openUntilMs = isSure ? this.#nowMs : this.#nowMs + LATE_MS;
    if (outcome === "deleted") story.deletedAtMs ??= this.#nowMs;
    if (outcome !== "changed") return;
    const { lastReceive, lostAtMs } = story;
    const others = this.#openSince(story, change.beganAtMs).filter((other) => other !== change);
    const promised = [change, ...others].map(visibleAtMs);
    if (lastReceive !== undefined && lastReceive.answeredAtMs >= change.beganAtMs)
      promised.push(lastReceive.beganAtMs + lastReceive.invisibleMs);
    story.invisibleUntilMs = lostAtMs >= change.beganAtMs ? -Infinity : Math.min(...promised);
  }

  /** What its router held is visible again. */
  lost(id: string): void {
    const story = this.stories.get(id);
    if (story === undefined) return;
    story.lostAtMs = this.#nowMs;
    story.invisibleUntilMs = -Infinity;
  }

  copied(id: string): void {
    const story = this.stories.get(id);
    if (story !== undefined) story.mayHaveCopies = true;
  }

  /** Nobody remembers deletes any more that were answered while others held the message. */
  deletesAreForgotten(which: (story: Story) => boolean = () => true): void {
    for (const story of this.stories.values()) if (which(story)) story.deletedAtMs = undefined;
  }

  /** To be called in the end where nothing was lost: then each receive counts one. */
  checkCounts(): void {
    for (const { id, counts } of this.stories.values()) {
      const isExact = counts.toSorted((one, other) => one - other).every((count, index) => count === index + 1);
      if (!isExact) this.#options.violate(`the receives of ${id} are counted as ${counts.join(", ")}`);
    }
  }

  /** Those that must be received in the end. */
  get undeleted(): readonly Story[] {
    return [...this.stories.values()].filter((story) => !mayBeDeleted(story));
  }

  #checkDeleted({ id, deletedAtMs = Infinity }: Story, { beganAtMs }: Receive): void {
    const { violate, deleteGraceMs = 0 } = this.#options;
    if (beganAtMs > deletedAtMs + deleteGraceMs) violate(`${id} was received after its delete was answered`);
  }

  #checkReceive(story: Story, { beganAtMs }: Receive, receives: number): void {
    const { id, invisibleUntilMs, lastReceive, mayHaveCopies } = story;
    const { violate } = this.#options;
    if (mayHaveCopies) return;
    if (this.#nowMs < invisibleUntilMs)
      violate(`${id} was received ${invisibleUntilMs - this.#nowMs} ms before it is visible`);
    const isNext = lastReceive === undefined || lastReceive.answeredAtMs <= beganAtMs;
    if (isNext ? receives <= story.receives : receives === story.receives)
      violate(`${id} was received ${receives} times, and before that ${story.receives} times`);
  }

  /** Changes of visibility that may be made at that time or later. */
  #openSince({ changes }: Story, sinceMs: number): readonly Change[] {
    return changes.filter(({ openUntilMs, invisibleMs }) => openUntilMs >= sinceMs && invisibleMs !== undefined);
  }

  #story(id: string): Story {
    const story = this.stories.get(id);
    if (story === undefined) throw new Error(`nobody sent ${id}`);
    return story;
  }
}

/** Whether a delete of it was made, or may have been. */
export function mayBeDeleted({ changes }: Story): boolean {
  return changes.some(({ invisibleMs, outcome }) => invisibleMs === undefined && outcome !== "expired");
}

function visibleAtMs({ beganAtMs, invisibleMs = 0 }: Change): number {
  return beganAtMs + invisibleMs;
}
