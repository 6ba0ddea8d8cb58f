import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { AttemptFacts, PutFacts, RoutedFact } from "../../domain/facts.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { AccessObserver } from "../../ports/access-observer.ts";
import type { BrokerEvents } from "../../ports/broker.ts";
import type { Observer } from "../../ports/observer.ts";
import { cutText } from "../../text/cut-text.ts";
import type { Journal } from "./journal.ts";
import { failureOf, letterOf, recordsOf, routedOf } from "./facts-as-records.ts";

/** The longest text of a record: an event's source may have a megabyte, and a frame that has too much is lost whole. */
const TEXT_BYTES_MAX = 1_024;
const PROBLEMS_MAX = 100;

const ID_CHARACTERS_MAX = 1_024;

/** Writes what happens to events into the journal. It does nothing while the journal is off. */
export function createJournalObserver(journal: Journal): Partial<Observer> {
  return {
    put: (facts) => {
      if (journal.isOn) writePut(journal, facts);
    },
    attempt: (facts) => {
      if (journal.isOn) writeAttempt(journal, facts);
    },
    parked: (reason, queue, { deliveryId, eventId, origin }) =>
      journal.write({ kind: "parked", atMs: journal.nowMs, deliveryId, eventId, origin, queue, reason }),
    suspected: ({ id, eventId, destination }) =>
      journal.write({
        kind: "suspect",
        atMs: journal.nowMs,
        deliveryId: id,
        eventId,
        destination: destinationLabel(destination),
      }),
    circuit: (facts) =>
      journal.write({
        kind: "circuit",
        atMs: journal.nowMs,
        destination: destinationLabel(facts.destination),
        state: facts.state,
        failure: facts.state === "open" ? failureOf(facts.failure) : undefined,
      }),
    redriven: ({ atMs, queue, to, count, deliveryIds, deadLetters, routed }) => {
      const letters = deadLetters.map(letterOf);
      const met = routed.map((one) => routedOf(one, lettersOf(one, deadLetters)));
      const routedEventIds = routed.map(({ event }) => event?.id);
      journal.write({ kind: "redrive", atMs, queue, to, count, letters, routed: met, deliveryIds, routedEventIds });
    },
    deadLettersPurged: (queue, count) => journal.write({ kind: "purge", atMs: journal.nowMs, queue, count }),
    pauseChanged: (destination, pause) =>
      journal.write({
        kind: "pause",
        atMs: journal.nowMs,
        destination,
        paused: pause !== undefined,
        by: pause?.by,
        reason: pause?.reason,
      }),
    reloaded: (facts) =>
      journal.write({
        kind: "reload",
        atMs: journal.nowMs,
        rules: facts.ok ? facts.rules : undefined,
        digest: undefined,
        problems: facts.ok ? [] : facts.problems.slice(0, PROBLEMS_MAX).map(textOf),
      }),
  };
}

/** Writes who was refused, and who changed something. */
export function createJournalAccess(journal: Journal): Partial<AccessObserver> {
  return {
    access: ({ action, resource, principal, from, outcome }) =>
      journal.write({
        kind: "audit",
        atMs: journal.nowMs,
        action,
        resource: textOf(resource ?? ""),
        principal,
        from,
        outcome,
      }),
  };
}

/** Writes which dead letters the broker made by itself. */
export function createJournalBrokerEvents(journal: Journal): Partial<BrokerEvents> {
  return {
    deadLettered: (fact) => journal.write({ kind: "letter", atMs: journal.nowMs, letter: letterOf(fact) }),
  };
}

/** Writes a line that a local function wrote, where bodies of what went well are kept too: nothing redacts it. */
export function writeOutput(journal: Journal, functionName: string, stream: string, line: string): void {
  if (!journal.keepsAllBodies) return;
  journal.write({
    kind: "output",
    atMs: journal.nowMs,
    function: functionName,
    stream,
    line: textOf(line),
  });
}

function writePut(journal: Journal, { by, entries }: PutFacts): void {
  for (const entry of entries) if (entry.outcome === "accepted") writeEvent(journal, entry, entry.deadLetters, by);
}

/** An event that made dead letters is written however many there are; one that matched nothing has its body with it. */
function writeEvent(
  journal: Journal,
  routed: RoutedFact,
  deadLetters: AttemptFacts["deadLetters"],
  principal?: string,
): void {
  const { event, matched } = routed;
  if (event === undefined) return;
  // A producer of CloudEvents chooses its id, which cannot be cut: it joins the records.
  if (event.id.length > ID_CHARACTERS_MAX) return journal.leaveOut("event");
  if (deadLetters.length === 0 && !journal.keeps(event.id, "event")) return;
  journal.write({
    kind: "event",
    atMs: event.acceptedAtMs,
    id: event.id,
    source: textOf(event.source),
    type: textOf(event.detailType),
    bytes: event.body.length,
    routed: routedOf(routed, deadLetters),
    principal,
    body: journal.kept(event.body, deadLetters.length > 0 || matched.length === 0),
    traceparent: event.traceparent,
  });
}

function writeAttempt(journal: Journal, facts: AttemptFacts): void {
  const { delivery, outcome, verdict, decidedAtMs, deadLetters } = facts;
  for (const routed of facts.routed) writeEvent(journal, routed, lettersOf(routed, deadLetters));
  const hasFailed = !outcome.ok || deadLetters.length > 0;
  if (!hasFailed && !journal.keeps(delivery.eventId, "attempt")) return;
  journal.write({
    kind: "attempt",
    atMs: decidedAtMs,
    deliveryId: delivery.id,
    eventId: delivery.eventId,
    origin: delivery.origin,
    destination: destinationLabel(delivery.destination),
    attempt: delivery.attempt,
    firstAtMs: delivery.firstAtMs,
    startedAtMs: facts.startedAtMs,
    callMs: facts.invocationSeconds * 1_000,
    invoked: facts.invoked,
    failure: outcome.ok ? undefined : failureOf(outcome),
    verdict: verdict.kind,
    nextAtMs: verdict.kind === "retry" ? decidedAtMs + verdict.delayMs : undefined,
    letters: deadLetters.map(letterOf),
    records: recordsOf(facts),
    statusCode: outcome.ok ? outcome.statusCode : undefined,
    answer: answerOf(journal, facts, hasFailed),
    body: hasFailed && isBodyDue(journal, delivery, verdict.kind) ? journal.kept(delivery.body, true) : undefined,
  });
}

/** The dead letters that an event became at once where it was routed. */
function lettersOf({ event }: RoutedFact, deadLetters: AttemptFacts["deadLetters"]): AttemptFacts["deadLetters"] {
  return deadLetters.filter(({ eventId }) => eventId === event?.id);
}

function answerOf(
  journal: Journal,
  { outcome: { responseJson } }: AttemptFacts,
  hasFailed: boolean,
): Buffer | undefined {
  if (responseJson === undefined || !(hasFailed || journal.keepsAllBodies)) return undefined;
  return journal.kept(Buffer.from(responseJson), hasFailed);
}

/** A failing delivery brings its event along once, and again at its end: the first may be too old by then. */
function isBodyDue(journal: Journal, { attempt }: Delivery, verdict: AttemptFacts["verdict"]["kind"]): boolean {
  return !journal.keepsAllBodies && (attempt === 1 || verdict === "failed");
}

function textOf(text: string): string {
  return cutText(text, TEXT_BYTES_MAX);
}
