import type { RuleTarget } from "../../../src/domain/delivery/delivery.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { DEAD_LETTERS, PARKED } from "./promises.ts";

/** One call that was made. */
export interface Call {
  readonly startedAtMs: number;
  endedAtMs?: number;
  outcome?: Outcome | "gone";
}

/** A message as stories are found by: of a delivery, of its dead letter, or of what a redrive made of that. */
export type Sign = Pick<Message, "id" | "headers">;

/** Everything that happened to one delivery, from its beginning or from a redrive on. */
export interface Story {
  readonly key: string;
  readonly id: string;
  readonly eventId: string;
  /** How often it had been redriven when it began. */
  readonly redriven: number;
  readonly label: string;
  readonly origin: RuleTarget | undefined;
  /** From when its age counts, by the clock of the router that began it. The latest, if several did. */
  firstAtMs: number;
  readonly isPoison: boolean;
  /** How often it was stored to be called for. */
  copies: number;
  /** How often it was handed out and not settled. */
  returns: number;
  /** How often a copy may have come into being that nobody asked for. */
  doubts: number;
  /** How often calls were abandoned by a stop. */
  abandoned: number;
  /** Whether an operator deleted the queue that a copy was in. */
  destroyed: boolean;
  readonly calls: Map<number, Call[]>;
  /** When a copy, or a record of its failure, was first stored for people to read or for whoever hears of failures. */
  givenUpAtMs?: number;
  /** Where a copy was kept for people to read, and how many. */
  readonly kept: Map<string, number>;
  /** The ids of the records made of it. */
  readonly records: { readonly Success: Set<string>; readonly Failure: Set<string> };
}

/** The books: every message that was ever stored and every call that was ever made, by delivery. */
export class Ledger {
  /** By `storyKey`. */
  readonly stories = new Map<string, Story>();
  /** The stories of an event, by its id. */
  readonly #ofEvents = new Map<string, Story[]>();
  /** The story that a record was made for, by the id of the record's message. */
  readonly #authors = new Map<string, string>();
  /** Doubts about deliveries whose first copy has not been stored yet. */
  readonly #earlyDoubts = new Map<string, number>();
  /** Delivery ids by event and target. */
  readonly #ids = new Map<string, Set<string>>();
  /** What was kept of an event that has no delivery, such as one for an unknown bus. */
  readonly #keptEvents = new Map<string, Set<string>>();

  stored(message: Message, nowMs: number): void {
    const body = message.body.toString();
    const eventId = /"id":"([^"]*)"/.exec(body)?.[1] ?? "";
    if (isForPeople(message.queue)) this.#keep(message, eventId, body, nowMs);
    else this.#story(message, eventId, body);
    const origin = originOf(message);
    // A redrive may make more deliveries of an event than its acceptance.
    if (origin !== undefined && redrivenOf(message) === 0) {
      const key = keyOf(eventId, origin);
      this.#ids.set(key, (this.#ids.get(key) ?? new Set()).add(message.id));
    }
    if (isRecord(body) && !isFailurePlace(message.queue)) this.#record(message, body, nowMs);
  }

  storyOf(sign: Sign): Story | undefined {
    return this.stories.get(storyKey(sign));
  }

  /** @param queue where it was. A dead letter that somebody has browsed is no delivery that came back. */
  returned(sign: Sign, queue: string): void {
    const story = this.storyOf(sign);
    if (story !== undefined && !isForPeople(queue)) story.returns += 1;
  }

  doubted(sign: Sign): void {
    const key = storyKey(sign);
    const story = this.stories.get(key);
    if (story !== undefined) story.doubts += 1;
    else this.#earlyDoubts.set(key, (this.#earlyDoubts.get(key) ?? 0) + 1);
  }

  destroyed(message: Message): void {
    const story = this.storyOf(message);
    if (story !== undefined) story.destroyed = true;
  }

  /** Messages that are published while a delivery is dealt with: a record is of that one. */
  published(messages: readonly Sign[], author: string): void {
    for (const message of messages) this.#authors.set(message.id, author);
  }

  /**
   * Whether a fault explains that this delivery has more than one end: one of its own, or one of
   * the deliveries of its event that it may have been redriven from.
   */
  isExplained(story: Story): boolean {
    if (hadFault(story)) return true;
    if (story.redriven === 0) return false;
    // On a bus it has a new id, and nothing says which of the event's dead letters it comes of.
    const others = this.#ofEvents.get(story.eventId) ?? [];
    return others.some((other) => other.redriven < story.redriven && hadFault(other));
  }

  /** The delivery ids that an event has for one target. */
  idsOf(eventId: string, origin: RuleTarget): ReadonlySet<string> {
    return this.#ids.get(keyOf(eventId, origin)) ?? new Set();
  }

  /** The queues that an event was put in for people to read. */
  keptEvent(eventId: string): ReadonlySet<string> {
    return this.#keptEvents.get(eventId) ?? new Set();
  }

  /** A message that a router is to call for. What is kept for another queue is not. */
  #story(message: Message, eventId: string, body: string): void {
    const { "busbar-destination": label, "busbar-first-at": firstAtMs, "busbar-kept-for": keptFor } = message.headers;
    if (typeof label !== "string" || typeof firstAtMs !== "number" || keptFor !== undefined) return;
    const known = this.storyOf(message) ?? this.#begin(message, label, eventId, body);
    known.copies += 1;
    known.firstAtMs = Math.max(known.firstAtMs, firstAtMs);
  }

  #begin(message: Message, label: string, eventId: string, body: string): Story {
    const key = storyKey(message);
    const story: Story = {
      key,
      id: message.id,
      eventId: eventIdOf(message) ?? eventId,
      redriven: redrivenOf(message),
      label,
      origin: originOf(message),
      firstAtMs: 0,
      isPoison: body.includes('"poison":true'),
      copies: 0,
      returns: 0,
      doubts: this.#earlyDoubts.get(key) ?? 0,
      abandoned: 0,
      destroyed: false,
      calls: new Map(),
      kept: new Map(),
      records: { Success: new Set(), Failure: new Set() },
    };
    this.stories.set(key, story);
    this.#ofEvents.set(story.eventId, [...(this.#ofEvents.get(story.eventId) ?? []), story]);
    return story;
  }

  #keep(message: Message, eventId: string, body: string, nowMs: number): void {
    if (!isRecord(body)) this.#keptEvents.set(eventId, (this.#keptEvents.get(eventId) ?? new Set()).add(message.queue));
    const story = this.storyOf(message);
    if (story === undefined) return;
    story.givenUpAtMs ??= nowMs;
    story.kept.set(message.queue, (story.kept.get(message.queue) ?? 0) + 1);
  }

  #record(message: Message, body: string, nowMs: number): void {
    const requestId = /"requestId":"([^"]*)"/.exec(body)?.[1] ?? "";
    const condition = body.includes('"condition":"Success"') ? "Success" : "Failure";
    const author = this.#authors.get(message.id);
    const story = author === undefined ? undefined : this.stories.get(author);
    if (story?.id !== requestId) return;
    if (condition === "Failure") story.givenUpAtMs ??= nowMs;
    story.records[condition].add(message.id);
  }
}

/** Names one story: a redriven delivery keeps its id, and begins anew. */
export function storyKey({ id, headers }: Sign): string {
  const redriven = redrivenOf({ headers });
  return redriven === 0 ? id : `${id} redriven ${redriven}`;
}

/** How often a message was redriven (docs/dead-letters.md, "What a redrive does"). */
export function redrivenOf({ headers }: Pick<Sign, "headers">): number {
  const redriven = headers["busbar-redriven"];
  return typeof redriven === "number" ? redriven : 0;
}

/** What a message says of the event that it comes of. */
export function eventIdOf({ headers }: Pick<Sign, "headers">): string | undefined {
  const eventId = headers["busbar-event-id"];
  return typeof eventId === "string" ? eventId : undefined;
}

export function originOf({ headers }: Pick<Sign, "headers">): RuleTarget | undefined {
  const { "busbar-bus": bus, "busbar-rule": rule, "busbar-target": target } = headers;
  return rule === undefined ? undefined : { bus: String(bus), rule: String(rule), target: String(target) };
}

function hadFault(story: Story): boolean {
  return story.returns + story.doubts + story.abandoned > 0 || story.destroyed;
}

/** Queues that no router consumes. */
export function isForPeople(queue: string): boolean {
  return !queue.startsWith("busbar.") || isFailurePlace(queue);
}

function isFailurePlace(queue: string): boolean {
  return queue === DEAD_LETTERS || queue === PARKED || queue === "failed";
}

/** A record in a queue or on its way to a function, or an event made of one. */
function isRecord(body: string): boolean {
  return body.startsWith('{"version":"1.0"') || body.includes('"source":"lambda"');
}

function keyOf(eventId: string, { bus, rule, target }: RuleTarget): string {
  return `${eventId} ${bus}/${rule}/${target}`;
}
