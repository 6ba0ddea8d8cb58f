import fc from "fast-check";
import type { RuleTarget } from "../../../src/domain/delivery/delivery.ts";
import type { JournalRecord, RecordOf } from "../../../src/domain/journal/records.ts";
import { FrameBuilder } from "../../../src/domain/journal/frame.ts";
import type { JournalFrame } from "../../../src/ports/journal.ts";

const START_MS = 1_700_000_000_000;
const ROUTERS = ["router-1", "router-2", "router-3"];

/** What a router recorded. */
export interface RecordedFact {
  readonly router: string;
  readonly record: JournalRecord;
}

type Ending = "none" | "done" | "retry" | "failed" | "letter";
type AfterLetter = "none" | "target-done" | "target-letter" | "bus-done" | "bus-waiting";

const delivery = fc.record({
  destination: fc.constantFrom("function/a", "function/b", "api-destination/c", "queue/q"),
  failures: fc.nat(2),
  ending: fc.constantFrom<Ending>("none", "done", "retry", "failed", "letter", "letter"),
  isLetterAtPut: fc.boolean(),
  afterLetter: fc.constantFrom<AfterLetter>("none", "target-done", "target-letter", "bus-done", "bus-waiting"),
  recordTo: fc.constantFrom("", "", "function/a", "event-bus/other", "queue/q"),
  isTaciturn: fc.boolean(),
  hasBody: fc.boolean(),
  mark: fc.constantFrom("none", "none", "suspect", "parked"),
  waits: fc.array(fc.nat(40), { minLength: 12, maxLength: 12 }),
});
type DeliverySpec = typeof delivery extends fc.Arbitrary<infer Spec> ? Spec : never;

const event = fc.record({
  isUuid: fc.boolean(),
  afterMs: fc.nat(30_000),
  source: fc.constantFrom("shop", "bank"),
  type: fc.constantFrom("Order", "Payment"),
  bus: fc.constantFrom("default", "other"),
  isRecorded: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
  isTraced: fc.boolean(),
  deliveries: fc.array(delivery, { maxLength: 3 }),
});
type EventSpec = typeof event extends fc.Arbitrary<infer Spec> ? Spec : never;

const rarity = fc.record({
  kind: fc.constantFrom("circuit", "pause", "reload", "audit", "output", "purge", "batch", "job", "sampling"),
  afterMs: fc.nat(30_000),
});

/** A world's facts in the order in which the journal has them, which is any. */
export const facts: fc.Arbitrary<readonly RecordedFact[]> = fc
  .record({ events: fc.array(event, { maxLength: 8 }), rarities: fc.array(rarity, { maxLength: 6 }) })
  .chain(({ events, rarities }) => {
    const records = [...events.flatMap(recordsOfEvent), ...rarities.map(recordOfRarity)];
    return fc.record({
      order: fc.shuffledSubarray([...records.keys()], { minLength: records.length }),
      routers: fc.array(fc.constantFrom(...ROUTERS), { minLength: records.length, maxLength: records.length }),
      records: fc.constant(records),
    });
  })
  .map(({ order, routers, records }) =>
    order.map((index) => ({ router: routers[index] ?? "", record: records[index]! })),
  );

/** Frames of the facts in their order, each of one router and at most so many records. */
export function framesOfFacts(all: readonly RecordedFact[], cuts: readonly number[]): readonly JournalFrame[] {
  const frames: JournalFrame[] = [];
  for (let from = 0, position = 10; from < all.length; position += 7) {
    const { router } = all[from]!;
    const longest = from + 1 + (cuts[frames.length % Math.max(1, cuts.length)] ?? 0);
    let to = from + 1;
    while (to < Math.min(longest, all.length) && all[to]!.router === router) to++;
    const builder = new FrameBuilder(router, START_MS);
    for (const { record } of all.slice(from, to)) builder.add(record);
    frames.push({ position, bytes: builder.taken() });
    from = to;
  }
  return frames;
}

function recordsOfEvent(spec: EventSpec, number: number): readonly JournalRecord[] {
  const atMs = START_MS + spec.afterMs;
  const id = idOf(spec.isUuid, `event-${number}`, number);
  const rules = spec.deliveries.map((_, index) => ({ bus: spec.bus, rule: `rule-${index}` }));
  const made = spec.deliveries.map((one, index) =>
    recordsOfDelivery(one, {
      eventId: id,
      id: idOf(spec.isUuid, `delivery-${number}-${index}`, number, index + 1),
      atMs,
      bus: spec.bus,
      rule: `rule-${index}`,
    }),
  );
  const published = made.flatMap((one) => one.published);
  const letters = made.flatMap((one) => one.letters);
  const record: RecordOf<"event"> = {
    kind: "event",
    atMs,
    id,
    source: spec.source,
    type: spec.type,
    bytes: 100 + number,
    routed: {
      bus: spec.bus,
      rules,
      ruleCount: rules.length,
      published,
      publishedCount: published.length,
      letters,
      letterCount: letters.length,
    },
    principal: spec.isUuid ? "shop" : undefined,
    body: spec.isTraced ? Buffer.from(`{"event":${number}}`) : undefined,
    traceparent: spec.isTraced ? `00-trace-${number}` : undefined,
    fields: undefined,
  };
  return [...(spec.isRecorded ? [record] : []), ...made.flatMap((one) => one.records)];
}

interface DeliveryOf {
  readonly eventId: string;
  readonly id: string;
  readonly atMs: number;
  readonly bus: string;
  readonly rule: string;
}

function recordsOfDelivery(spec: DeliverySpec, of: DeliveryOf) {
  const origin = { bus: of.bus, rule: of.rule, target: "target" };
  const letter = { id: of.id, eventId: of.eventId, origin, queue: "busbar.dead-letter", reason: "server_error" };
  const published = { id: of.id, origin, to: spec.destination };
  if (spec.destination === "queue/q") return { published: [published], letters: [], records: [] };
  const way = new DeliveryRecords(spec, of, origin);
  if (spec.isLetterAtPut) {
    way.afterLetter();
    return { published: [], letters: [letter], records: way.records };
  }
  for (let failure = 0; failure < spec.failures; failure++) way.attempt("retry", true);
  if (spec.ending === "done") way.attempt("done", false);
  if (spec.ending === "retry" || spec.ending === "failed") way.attempt(spec.ending, true);
  if (spec.mark !== "none") way.mark(spec.mark);
  if (spec.ending === "letter") {
    way.attempt("failed", true, [letter]);
    way.afterLetter();
  }
  return { published: [published], letters: [], records: way.records };
}

/** Makes a delivery's records one after the other. */
class DeliveryRecords {
  readonly records: JournalRecord[] = [];
  readonly #spec: DeliverySpec;
  readonly #of: DeliveryOf;
  readonly #origin: RuleTarget;
  #atMs: number;
  #attempts = 0;

  constructor(spec: DeliverySpec, of: DeliveryOf, origin: RuleTarget) {
    this.#spec = spec;
    this.#of = of;
    this.#origin = origin;
    this.#atMs = of.atMs;
  }

  attempt(verdict: string, isFailure: boolean, letters: RecordOf<"attempt">["letters"] = [], id = this.#of.id): void {
    const { isTaciturn, destination, recordTo, hasBody } = this.#spec;
    const startedAtMs = this.#later();
    const atMs = this.#later();
    const recordId = `${id}-record-${this.#attempts}`;
    this.records.push({
      kind: "attempt",
      atMs,
      deliveryId: id,
      // What a message has lost, another record of the same delivery says.
      eventId: isTaciturn && id === this.#of.id ? undefined : this.#of.eventId,
      origin: isTaciturn && id === this.#of.id ? undefined : this.#origin,
      destination,
      attempt: ++this.#attempts,
      firstAtMs: this.#of.atMs,
      startedAtMs,
      callMs: (atMs - startedAtMs) / 8,
      invoked: !isTaciturn,
      failure: isFailure
        ? { reason: "server_error", message: `answered ${this.#attempts}`, statusCode: isTaciturn ? undefined : 503 }
        : undefined,
      verdict,
      nextAtMs: verdict === "retry" ? atMs + 1_000 : undefined,
      letters,
      records: verdict === "done" && recordTo !== "" ? [{ condition: "success", to: recordTo, id: recordId }] : [],
      statusCode: isFailure ? undefined : 200,
      answer: hasBody ? Buffer.from(`"answer ${this.#attempts}"`) : undefined,
      body: isFailure && hasBody ? Buffer.from(`{"delivery":"${id}"}`) : undefined,
      test: undefined,
      synchronous: undefined,
      version: undefined,
    });
  }

  mark(kind: "suspect" | "parked"): void {
    const about = { atMs: this.#later(), deliveryId: this.#of.id, eventId: this.#of.eventId };
    if (kind === "suspect") this.records.push({ kind, ...about, destination: this.#spec.destination });
    else this.records.push({ kind, ...about, origin: this.#origin, queue: "busbar.parked", reason: "crashed" });
  }

  /** The delivery is redriven to its target, or its event to the bus, as another delivery. */
  afterLetter(): void {
    const [to, ending] = this.#spec.afterLetter.split("-");
    if (ending === undefined) return;
    this.#attempts = 0;
    const again = `${this.#of.id}-again`;
    const isToBus = to === "bus";
    const routed = {
      bus: this.#of.bus,
      rules: [{ bus: this.#of.bus, rule: this.#of.rule }],
      ruleCount: 1,
      published: [{ id: again, origin: this.#origin, to: this.#spec.destination }],
      publishedCount: 1,
      letters: [],
      letterCount: 0,
    };
    const letter = {
      id: this.#of.id,
      eventId: this.#of.eventId,
      origin: this.#origin,
      queue: "mine",
      reason: "too_large",
    };
    this.records.push({
      kind: "redrive",
      atMs: this.#later(),
      queue: "busbar.dead-letter",
      to: isToBus ? "bus" : "target",
      count: 1,
      letters: ending === "letter" ? [letter] : [],
      routed: isToBus ? [routed] : [],
      deliveryIds: [this.#of.id],
      // An older router does not say it.
      routedEventIds: isToBus && !this.#spec.isTaciturn ? [this.#of.eventId] : undefined,
      jobId: this.#spec.isTaciturn ? undefined : `job of ${this.#of.id}`,
    });
    if (ending === "done") this.attempt("done", false, [], isToBus ? again : this.#of.id);
  }

  #later(): number {
    return (this.#atMs += this.#spec.waits[this.records.length % this.#spec.waits.length] ?? 0);
  }
}

function recordOfRarity({ kind, afterMs }: { kind: string; afterMs: number }, number: number): JournalRecord {
  const atMs = START_MS + afterMs;
  const destination = `function/${"ab"[number % 2] ?? ""}`;
  switch (kind) {
    case "circuit":
      return {
        kind,
        atMs,
        destination,
        state: "open",
        failure: { reason: "timeout", message: "m", statusCode: undefined },
      };
    case "pause":
      return { kind, atMs, destination, paused: true, by: "me", reason: undefined };
    case "reload":
      return { kind, atMs, rules: number, digest: undefined, problems: ["one"] };
    case "audit":
      return {
        kind,
        atMs,
        action: `busbar:${number}`,
        resource: "r",
        principal: "me",
        from: "::1",
        outcome: "allowed",
        statement: number % 2 === 0 ? undefined : `statement ${number}`,
      };
    case "output":
      return {
        kind,
        atMs,
        function: "a",
        stream: "stdout",
        line: `line ${number}`,
        deliveryId: undefined,
        logStream: undefined,
      };
    case "purge":
      return { kind, atMs, queue: "mine", count: number, jobId: number % 2 === 0 ? undefined : `job ${number}` };
    case "batch":
      return {
        kind,
        atMs,
        mapping: "reads",
        function: "a",
        source: "queue/mine",
        requestId: `request ${number}`,
        startedAtMs: atMs - number,
        records: 2,
        failed: number % 2,
        outcome: number % 2 === 0 ? "success" : "timeout",
        failure: number % 2 === 0 ? undefined : { reason: "timeout", message: "m", statusCode: undefined },
        recordIds: [`message ${number}`, `message ${number + 1}`],
        failedIds: number % 2 === 0 ? [] : [`message ${number}`],
      };
    case "job":
      return {
        kind,
        atMs,
        id: `job ${number}`,
        what: "started",
        does: "redrive",
        queue: "mine",
        state: "running",
        removed: number,
        ratePerSecond: number % 2 === 0 ? undefined : 2.5,
        by: undefined,
        problem: undefined,
      };
    default:
      // No two at one time, so that one is the last.
      return { kind: "sampling", atMs: atMs * 10 + number, oneIn: 1 + (number % 4) };
  }
}

function idOf(isUuid: boolean, text: string, ...numbers: readonly number[]): string {
  if (!isUuid) return text;
  const hex = numbers.map((number) => number.toString(16).padStart(4, "0")).join("");
  return `00000000-0000-4000-8000-${hex.padStart(12, "0")}`;
}
