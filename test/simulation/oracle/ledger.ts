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

/** Everything that happened to one delivery. */
export interface Story {
  readonly id: string;
  readonly label: string;
  readonly origin: RuleTarget | undefined;
  readonly firstAtMs: number;
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
  readonly stories = new Map<string, Story>();
  /** Delivery ids by event and target. */
  readonly #ids = new Map<string, Set<string>>();
  /** What was kept of an event that has no delivery, such as one for an unknown bus. */
  readonly #keptEvents = new Map<string, Set<string>>();

  stored(message: Message, nowMs: number): void {
    const body = message.body.toString();
    const eventId = /"id":"([^"]*)"/.exec(body)?.[1] ?? "";
    if (isForPeople(message.queue)) this.#keep(message, eventId, body, nowMs);
    else this.#story(message, body);
    const origin = originOf(message);
    if (origin !== undefined) {
      const key = keyOf(eventId, origin);
      this.#ids.set(key, (this.#ids.get(key) ?? new Set()).add(message.id));
    }
    if (isRecord(body) && !isFailurePlace(message.queue)) this.#record(message, body, nowMs);
  }

  returned(id: string): void {
    const story = this.stories.get(id);
    if (story !== undefined) story.returns += 1;
  }

  doubted(id: string): void {
    const story = this.stories.get(id);
    if (story !== undefined) story.doubts += 1;
  }

  destroyed(message: Message): void {
    const story = this.stories.get(message.id);
    if (story !== undefined) story.destroyed = true;
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
  #story(message: Message, body: string): void {
    const { "busbar-destination": label, "busbar-first-at": firstAtMs, "busbar-kept-for": keptFor } = message.headers;
    if (typeof label !== "string" || typeof firstAtMs !== "number" || keptFor !== undefined) return;
    const known = this.stories.get(message.id) ?? this.#begin(message, label, firstAtMs, body);
    known.copies += 1;
  }

  #begin(message: Message, label: string, firstAtMs: number, body: string): Story {
    const story: Story = {
      id: message.id,
      label,
      origin: originOf(message),
      firstAtMs,
      isPoison: body.includes('"poison":true'),
      copies: 0,
      returns: 0,
      doubts: 0,
      abandoned: 0,
      destroyed: false,
      calls: new Map(),
      kept: new Map(),
      records: { Success: new Set(), Failure: new Set() },
    };
    this.stories.set(message.id, story);
    return story;
  }

  #keep(message: Message, eventId: string, body: string, nowMs: number): void {
    if (!isRecord(body)) this.#keptEvents.set(eventId, (this.#keptEvents.get(eventId) ?? new Set()).add(message.queue));
    const story = this.stories.get(message.id);
    if (story === undefined) return;
    story.givenUpAtMs ??= nowMs;
    story.kept.set(message.queue, (story.kept.get(message.queue) ?? 0) + 1);
  }

  #record(message: Message, body: string, nowMs: number): void {
    const requestId = /"requestId":"([^"]*)"/.exec(body)?.[1] ?? "";
    const condition = body.includes('"condition":"Success"') ? "Success" : "Failure";
    const story = this.stories.get(requestId);
    if (condition === "Failure" && story !== undefined) story.givenUpAtMs ??= nowMs;
    story?.records[condition].add(message.id);
  }
}

function originOf({ headers }: Message): RuleTarget | undefined {
  const { "busbar-bus": bus, "busbar-rule": rule, "busbar-target": target } = headers;
  return rule === undefined ? undefined : { bus: String(bus), rule: String(rule), target: String(target) };
}

/** Whether a fault explains that this delivery has more than one end. */
export function isExplained(story: Story): boolean {
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
