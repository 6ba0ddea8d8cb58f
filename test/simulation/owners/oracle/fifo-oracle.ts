import type { SendRulesOptions, SentMessage } from "./send-rules.ts";
import { SendRules } from "./send-rules.ts";
import type { Change, Lease, Story } from "./story.ts";
import { mayBeDeleted } from "./story.ts";

/** What an answer to a receive says of one message. */
export interface Received {
  readonly id: string;
  readonly receives: number;
  readonly receipt: string;
}

export interface Receive {
  readonly beganAtMs: number;
  readonly invisibleMs: number;
}

/** Who hears of leases, as the simulation knows it. */
export interface Hearing {
  /** Whether a router has heard everything since then, and goes on to. */
  readonly hasHeardSince: (router: object, sinceMs: number) => boolean;
  /** Who has the message in hand; undefined for nobody. */
  readonly ownerOf: (id: string) => object | undefined;
  /** Whether the same one has it since then. */
  readonly hasSameOwner: (id: string, sinceMs: number) => boolean;
  /** Whether a router could say to all others since then what it did. */
  readonly couldTell: (router: object, sinceMs: number) => boolean;
}

export interface FifoOracleOptions extends SendRulesOptions {
  readonly hearing: Hearing;
  /** So long after its answer a delete may be unknown to the owner, where another router has made it. */
  readonly deleteGraceMs: number;
}

/** What was said to a router is read by it after so long. */
const READING_MS = 100;

/**
 * What a FIFO queue on RabbitMQ may do, taken from docs/sqs.md. It has no code of the router. The order is that in which RabbitMQ has
 * stored the messages. A lease binds every router that has heard of it; one that could not is excused, and begins anew.
 */
export class FifoOracle {
  readonly #options: FifoOracleOptions;
  readonly #sends: SendRules;
  readonly #groups = new Map<string, Story[]>();
  /** How often a lease was given up, since who came to own its message had not heard of it. */
  excused = 0;

  constructor(options: FifoOracleOptions) {
    this.#options = options;
    this.#sends = new SendRules(options);
  }

  sendBegins(message: SentMessage): Story {
    return this.#sends.begins(message);
  }

  sendAnswered(story: Story, acceptedAs: string): void {
    this.#sends.answered(story, acceptedAs);
  }

  stored(id: string): void {
    this.#sends.stored(id);
    const story = this.#sends.stories.get(id);
    if (story !== undefined) this.#groups.set(story.group, [...(this.#groups.get(story.group) ?? []), story]);
  }

  /** RabbitMQ gives a message to a router, which owns it until it comes back. */
  handedOut(id: string, router: object): void {
    const story = this.#sends.stories.get(id);
    if (story?.lease !== undefined && !this.#knows(router, story.lease)) this.#excuse(story);
  }

  /** Routers that have heard of a lease in the meantime keep it in mind. To be called now and then. */
  heard(routers: Iterable<object>): void {
    const readAtMs = this.#options.nowMs() - READING_MS;
    for (const { lease } of this.#sends.stories.values()) {
      if (lease === undefined || lease.answeredAtMs > readAtMs) continue;
      for (const router of routers) if (this.#knows(router, lease)) lease.knowers.add(router);
    }
  }

  receiveBegins(invisibleMs: number): Receive {
    return { beganAtMs: this.#options.nowMs(), invisibleMs };
  }

  /** A receive is answered with these, in this order. */
  received(receive: Receive, messages: readonly Received[]): void {
    const before = new Set<Story>();
    for (const message of messages) {
      const story = this.#sends.stories.get(message.id);
      if (story === undefined) return this.#options.violate(`${message.id} was received, and nobody sent it`);
      this.#checkMessage(story, receive);
      this.#checkOlder(story, before);
      this.#lend(story, receive, message);
      before.add(story);
    }
  }

  /** @param invisibleMs undefined for a delete */
  changeBegins(router: object, id: string, receives: number, invisibleMs: number | undefined): Change {
    const story = this.#sends.stories.get(id);
    if (story === undefined) throw new Error(`nobody sent ${id}`);
    const { lease } = story;
    const beganAtMs = this.#options.nowMs();
    const isKnown = lease !== undefined && this.#knows(router, lease);
    const change: Change = {
      story,
      beganAtMs,
      receives,
      invisibleMs,
      lease,
      isKnown,
      isOpen: true,
      answeredAtMs: Infinity,
    };
    story.changes.push(change);
    // From now on it may be visible after that time.
    if (lease?.receives === receives && invisibleMs !== undefined)
      lease.lockedUntilMs = Math.min(lease.lockedUntilMs, beganAtMs + invisibleMs);
    return change;
  }

  /** @param outcome undefined when there was none: then it may be made later. */
  changed(change: Change, outcome: string | undefined): void {
    const { story, beganAtMs, receives, invisibleMs, lease } = change;
    change.isOpen = outcome === undefined;
    if (outcome !== undefined) change.answeredAtMs = this.#options.nowMs();
    if (outcome === "expired" || outcome === "gone") this.#checkReceipt(change, outcome);
    if (outcome === "deleted") {
      this.#checkStale(change);
      story.deletedAtMs ??= this.#options.nowMs();
    }
    if (outcome !== "changed" || invisibleMs === undefined || lease?.receives !== receives || story.lease !== lease)
      return;
    const atOnce = story.changes.filter((other) => other.answeredAtMs >= beganAtMs && other.receives === receives);
    const promised = atOnce.flatMap((each) =>
      each.invisibleMs === undefined ? [] : each.beganAtMs + each.invisibleMs,
    );
    this.#tell(story, lease, beganAtMs);
    lease.lockedUntilMs = Math.min(...promised);
  }

  /** To be called in the end where nothing was lost: then each receive counts one. */
  checkCounts(): void {
    for (const { id, counts } of this.#sends.stories.values()) {
      const isExact = counts.toSorted((one, other) => one - other).every((count, index) => count === index + 1);
      if (!isExact) this.#options.violate(`the receives of ${id} are counted as ${counts.join(", ")}`);
    }
  }

  /** What must be received yet. */
  get left(): readonly Story[] {
    return [...this.#sends.stories.values()].filter(
      (story) =>
        story.role === "original" && story.place !== undefined && story.counts.length === 0 && !mayBeDeleted(story),
    );
  }

  #checkMessage(story: Story, { beganAtMs }: Receive): void {
    const { violate, nowMs, skewMs, deleteGraceMs } = this.#options;
    const { id, role, deletedAtMs = Infinity, delayMs, key } = story;
    if (role === "duplicate") violate(`${id} was received, a duplicate by ${key}`);
    if (beganAtMs > deletedAtMs + deleteGraceMs) violate(`${id} was received after its delete was answered`);
    const earlyMs = story.beganAtMs + delayMs - nowMs() - skewMs;
    if (delayMs > 0 && earlyMs > 0) violate(`${id} was received ${earlyMs} ms before its delay is over`);
  }

  /** All of its group that are older are gone, or come before it in the same answer: none is in other hands, and none is left out. */
  #checkOlder({ id, group, place = 0 }: Story, before: ReadonlySet<Story>): void {
    for (const older of this.#groups.get(group) ?? []) {
      if ((older.place ?? 0) >= place) return;
      if (before.has(older) || older.role !== "original" || mayBeDeleted(older)) continue;
      const where = older.lease === undefined ? "was there" : `was received by others, receive ${older.receives}`;
      this.#options.violate(`${id} was received while ${older.id}, an older one of its group, ${where}`);
    }
  }

  #lend(story: Story, { beganAtMs, invisibleMs }: Receive, { id, receives, receipt }: Received): void {
    const { violate, nowMs, skewMs, hearing } = this.#options;
    const answeredAtMs = nowMs();
    story.counts.push(receives);
    const owner = hearing.ownerOf(id);
    // What its owner was about to hear of it may have been lost with a connection.
    if (story.lease !== undefined && (owner === undefined || !this.#knows(owner, story.lease))) this.#excuse(story);
    const { lease } = story;
    if (lease !== undefined && receives < story.receives && beganAtMs < lease.answeredAtMs) {
      // It was before the other one, and is answered after it.
      if (hearing.hasSameOwner(id, beganAtMs) && lease.answeredAtMs + skewMs < beganAtMs + invisibleMs)
        violate(`${id} was received by two at once, receives ${receives} and ${story.receives}`);
      return;
    }
    if (lease !== undefined && answeredAtMs + skewMs < lease.lockedUntilMs)
      violate(
        `${id} was received ${lease.lockedUntilMs - answeredAtMs} ms before its time is over, receive ${receives}`,
      );
    if (lease !== undefined && receives <= story.receives)
      violate(`${id} was received ${receives} times, and before that ${story.receives} times`);
    story.receives = receives;
    story.lease = {
      receives,
      receipt,
      beganAtMs,
      answeredAtMs,
      lockedUntilMs: beganAtMs + invisibleMs,
      knowers: new Set(),
      isTold: false,
    };
    this.#tell(story, story.lease, beganAtMs);
  }

  #excuse(story: Story): void {
    story.lease = undefined;
    story.receives = 0;
    story.wasExcused = true;
    this.excused += 1;
  }

  /** What is known of the lease now was said by the owner. */
  #tell({ id }: Story, lease: Lease, beganAtMs: number): void {
    const { ownerOf, hasSameOwner, couldTell } = this.#options.hearing;
    const owner = hasSameOwner(id, beganAtMs) ? ownerOf(id) : undefined;
    lease.beganAtMs = beganAtMs;
    lease.isTold = owner !== undefined && couldTell(owner, beganAtMs);
    lease.knowers.clear();
    if (owner !== undefined) lease.knowers.add(owner);
  }

  #knows(router: object, { knowers, isTold, beganAtMs }: Lease): boolean {
    return knowers.has(router) || (isTold && this.#options.hearing.hasHeardSince(router, beganAtMs));
  }

  /** A receipt is good until its time is over. */
  #checkReceipt({ story, receives, lease, invisibleMs }: Change, outcome: string): void {
    const { nowMs, skewMs, violate } = this.#options;
    if (lease === undefined || story.lease !== lease || lease.receives !== receives || mayBeDeleted(story)) return;
    if (story.wasExcused) return;
    const what = invisibleMs === undefined ? "a delete" : "a change";
    if (nowMs() + skewMs < lease.lockedUntilMs)
      violate(
        `${what} of ${story.id} by receipt ${receives} is ${outcome}, ${lease.lockedUntilMs - nowMs()} ms before its time is over`,
      );
  }

  /** A receipt is no good once the message was received again. */
  #checkStale(change: Change): void {
    const { story, receives, lease, isKnown, beganAtMs } = change;
    if (lease === undefined || !isKnown || story.lease !== lease || receives >= lease.receives || mayBeDeleted(story))
      return;
    if (lease.answeredAtMs < beganAtMs)
      this.#options.violate(
        `${story.id} was deleted by receipt ${receives}, and others have receive ${lease.receives} of it`,
      );
  }
}
