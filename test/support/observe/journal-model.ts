import type { JournalRecord, RecordKind, RecordOf } from "../../../src/domain/journal/records.ts";
import type { RecordedFact } from "./journal-world.ts";

/** Answers the console's questions by looking through all facts each time. It shares no code with the index. */
export class JournalModel {
  readonly #facts: readonly RecordedFact[];

  constructor(facts: readonly RecordedFact[]) {
    this.#facts = facts;
  }

  get eventIds(): string[] {
    return [...new Set(this.#mentions().flatMap(({ eventId }) => eventId ?? []))];
  }

  get deliveryIds(): string[] {
    return [...new Set(this.#mentions().map(({ id }) => id))];
  }

  eventById(id: string) {
    if (!this.eventIds.includes(id) && !this.#of("event").some(({ record }) => record.id === id)) return undefined;
    const event = this.#event(id);
    const own = this.deliveryIds.filter((delivery) => this.#owner(delivery).eventId === id);
    return plain({
      id,
      event,
      outcome: event && this.#outcome(id, event.ruleCount),
      body: this.#of("event")
        .find(({ record }) => record.id === id)
        ?.record.body?.toString(),
      parent: this.#parent(id),
      deliveries: own.map((delivery) => this.delivery(delivery)),
    });
  }

  delivery(id: string) {
    const attempts = this.#attempts(id);
    return plain({
      id,
      ...this.#owner(id),
      state: this.#state(id),
      parent: this.#parent(id),
      attempts: attempts.map(attemptOf),
      letters: this.#letters().flatMap(({ id: one, letter }) => (one === id ? [letter] : [])),
      redrives: this.#of("redrive").flatMap(({ router, record }) =>
        (record.deliveryIds ?? [])
          .filter((one) => one === id)
          .map(() => ({ atMs: record.atMs, router, queue: record.queue, to: record.to, jobId: record.jobId })),
      ),
      records: attempts.flatMap(({ record }) => record.records.map((one) => ({ atMs: record.atMs, ...one }))),
      parked: this.#of("parked")
        .filter(({ record }) => record.deliveryId === id)
        .map(({ router, record: { atMs, queue, reason } }) => ({ atMs, router, queue, reason })),
      suspected: this.#of("suspect")
        .filter(({ record }) => record.deliveryId === id)
        .map(({ router, record: { atMs } }) => ({ atMs, router })),
      body: attempts.find(({ record }) => record.body)?.record.body?.toString(),
    });
  }

  events() {
    return this.#of("event").map(({ record }) => {
      const event = this.#event(record.id);
      return plain({ ...event, outcome: this.#outcome(record.id, record.routed.ruleCount) });
    });
  }

  /** Where the deliveries of an event's rules go. */
  destinations(eventId: string): (string | undefined)[] {
    return this.#own(eventId).map((id) => this.#owner(id).destination);
  }

  attempts() {
    return this.#of("attempt").map((fact) => {
      const { answer: _, ...attempt } = attemptOf(fact);
      const deliveryId = fact.record.deliveryId;
      return plain({ deliveryId, ...this.#owner(deliveryId), ...attempt });
    });
  }

  letters() {
    return this.#letters().map(({ id, letter }) => {
      const times = this.#of("redrive")
        .filter(({ record }) => record.deliveryIds?.includes(id) === true && record.atMs > letter.atMs)
        .map(({ record }) => record.atMs);
      return plain({
        ...letter,
        deliveryId: id,
        ...this.#owner(id),
        redrivenAtMs: times.length === 0 ? undefined : Math.max(...times),
      });
    });
  }

  happenings(kind: RecordKind) {
    return this.#of(kind).map(({ router, record }) => {
      const {
        letters: _,
        routed: __,
        deliveryIds: ___,
        routedEventIds: ____,
        ...facts
      } = record as RecordOf<"redrive">;
      return plain({ ...facts, router });
    });
  }

  /** Counts by the start of each step that has any. */
  summary(stepMs: number) {
    const steps = new Map<number, Record<string, number>>();
    const count = (atMs: number, name: string) => {
      const step = Math.floor(atMs / stepMs) * stepMs;
      const counts = steps.get(step) ?? {};
      steps.set(step, { ...counts, [name]: (counts[name] ?? 0) + 1 });
    };
    for (const { record } of this.#of("event")) {
      count(record.atMs, "accepted");
      if (record.routed.ruleCount === 0) count(record.atMs, "unmatched");
    }
    for (const { record } of this.#of("attempt")) {
      if (record.verdict === "done") count(record.atMs, "delivered");
      if (record.failure !== undefined) count(record.atMs, "failed");
    }
    for (const { letter } of this.#letters()) count(letter.atMs, "letters");
    return steps;
  }

  sampling() {
    const last = new Map<string, RecordOf<"sampling">>();
    for (const { router, record } of this.#of("sampling")) {
      if ((last.get(router)?.atMs ?? -Infinity) < record.atMs) last.set(router, record);
    }
    return [...last].flatMap(([router, { oneIn, atMs }]) => (oneIn > 1 ? [{ router, oneIn, sinceMs: atMs }] : []));
  }

  #of<Kind extends RecordKind>(kind: Kind) {
    return this.#facts.filter(
      (fact): fact is { router: string; record: Extract<JournalRecord, { kind: Kind }> } => fact.record.kind === kind,
    );
  }

  #event(id: string) {
    const fact = this.#of("event").find(({ record }) => record.id === id);
    if (fact === undefined) return undefined;
    const { kind: _, routed, body: __, ...head } = fact.record;
    const { bus, rules, ruleCount, publishedCount, letterCount } = routed;
    return { ...head, router: fact.router, bus, rules, ruleCount, publishedCount, letterCount };
  }

  #attempts(id: string) {
    return this.#of("attempt").filter(({ record }) => record.deliveryId === id);
  }

  /** Every time that a record is about a delivery, with what it says of it. */
  #mentions() {
    return this.#facts.flatMap(({ record }): Mention[] => {
      switch (record.kind) {
        case "event":
          return [
            ...record.routed.published.map(({ id, origin, to }) => ({
              id,
              origin,
              destination: to,
              eventId: record.id,
            })),
            ...record.routed.letters.map((letter) => ({ ...letter, eventId: record.id })),
          ];
        case "attempt":
          return [
            { ...record, id: record.deliveryId },
            ...record.letters,
            ...record.records
              .filter(({ to }) => !to.startsWith("event-bus/"))
              .map(({ id, to }) => ({ id, destination: to, eventId: record.eventId })),
          ];
        case "parked":
        case "suspect":
          return [{ ...record, id: record.deliveryId }];
        case "redrive":
          return [
            ...(record.deliveryIds ?? []).map((id) => ({ id })),
            ...record.letters,
            ...record.routed.flatMap(({ published }, index) =>
              published.map(({ id, origin, to }) => ({
                id,
                origin,
                destination: to,
                eventId: record.routedEventIds?.[index],
              })),
            ),
          ];
        default:
          return [];
      }
    });
  }

  #owner(id: string): Omit<Mention, "id"> {
    const mentions = this.#mentions().filter((mention) => mention.id === id);
    return {
      eventId: mentions.find((one) => one.eventId !== undefined)?.eventId,
      origin: mentions.find((one) => one.origin !== undefined)?.origin,
      destination: mentions.find((one) => one.destination !== undefined)?.destination,
    };
  }

  #letters() {
    return this.#facts.flatMap(({ router, record }) => {
      const { atMs } = record;
      const made = (letters: RecordOf<"attempt">["letters"], cause: string) =>
        letters.map(({ id, queue, reason }) => ({ id, letter: { atMs, router, queue, reason, cause } }));
      if (record.kind === "event") return made(record.routed.letters, "put");
      if (record.kind === "attempt") return made(record.letters, "attempt");
      return record.kind === "redrive" ? made(record.letters, "redrive") : [];
    });
  }

  #parent(id: string) {
    for (const { record } of this.#of("attempt")) {
      const one = record.records.find((each) => each.id === id);
      if (one) return { deliveryId: record.deliveryId, condition: one.condition, atMs: record.atMs };
    }
    return undefined;
  }

  #own(eventId: string): string[] {
    return this.deliveryIds.filter((id) => {
      const owner = this.#owner(id);
      return owner.eventId === eventId && owner.origin !== undefined;
    });
  }

  #state(id: string): string {
    if (this.#owner(id).destination?.startsWith("queue/")) return "delivered";
    const marks: [atMs: number, rank: number, state: string][] = [];
    for (const { record } of this.#attempts(id)) {
      if (record.verdict === "done") return "delivered";
      marks.push(record.verdict === "failed" ? [record.atMs, 0.5, "failed"] : [record.atMs, 0, "failing"]);
    }
    for (const { record } of this.#of("redrive")) {
      if (record.deliveryIds?.includes(id)) marks.push([record.atMs, 1, record.to === "bus" ? "redriven" : "waiting"]);
    }
    for (const { id: one, letter } of this.#letters()) if (one === id) marks.push([letter.atMs, 2, "failed"]);
    for (const { record } of this.#of("parked")) if (record.deliveryId === id) marks.push([record.atMs, 3, "failed"]);
    marks.sort(([a, rankA], [b, rankB]) => a - b || rankA - rankB);
    return marks.at(-1)?.[2] ?? "waiting";
  }

  #outcome(id: string, ruleCount: number): string {
    if (ruleCount === 0) return "unmatched";
    const states = this.#own(id).map((delivery) => this.#state(delivery));
    if (states.includes("failed")) return "failed";
    if (states.includes("failing")) return "failing";
    if (states.includes("waiting")) return "waiting";
    return states.includes("delivered") || states.length === 0 ? "delivered" : "waiting";
  }
}

interface Mention {
  readonly id: string;
  readonly eventId?: string | undefined;
  readonly origin?: { readonly bus: string; readonly rule: string; readonly target: string } | undefined;
  readonly destination?: string | undefined;
}

function attemptOf({ router, record }: { router: string; record: RecordOf<"attempt"> }) {
  const { atMs, attempt, firstAtMs, startedAtMs, callMs, invoked, verdict, nextAtMs, failure, answer } = record;
  return {
    ...{ atMs, router, attempt, firstAtMs, startedAtMs, callMs, invoked, verdict, nextAtMs },
    statusCode: failure ? failure.statusCode : record.statusCode,
    failure: failure && { reason: failure.reason, message: failure.message },
    answer: answer?.toString(),
  };
}

/** Without members that are undefined, and with its lists in one order. */
export function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    Array.isArray(each) ? sorted(each) : each !== null && typeof each === "object" ? sortedMembers(each) : each,
  ) as Value;
}

export function sorted<Item>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function sortedMembers(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
