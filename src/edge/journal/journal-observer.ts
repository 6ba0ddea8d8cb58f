import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { AttemptFacts, TestFacts } from "../../domain/facts.ts";
import { hasFailed } from "../../domain/facts.ts";
import { subjectOf } from "../../domain/job/job.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { AccessObserver } from "../../ports/access-observer.ts";
import type { BrokerEvents } from "../../ports/broker/broker.ts";
import type { Observer } from "../../ports/observer.ts";
import type { RecordOf } from "../../domain/journal/records.ts";
import type { Journal } from "./journal.ts";
import { writeEvent, writeFired, writePut, writeReplayed } from "./event-records.ts";
import { writeBatch } from "./batch-record.ts";
import { writeInvoked } from "./invoked-record.ts";
import { failureOf, letterOf, lettersOf, recordsOf, routedOf, recordText } from "./facts-as-records.ts";

const PROBLEMS_MAX = 100;

/** Writes what happens to events into the journal. It does nothing while the journal is off. */
export function createJournalObserver(journal: Journal): Partial<Observer> {
  return {
    put: (facts) => {
      if (journal.isOn) writePut(journal, facts);
    },
    attempt: (facts) => {
      if (journal.isOn) writeAttempt(journal, facts);
    },
    tested: (facts) => {
      if (journal.isOn) writeTest(journal, facts);
    },
    invoked: (fact) => {
      if (journal.isOn) writeInvoked(journal, fact);
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
    redriven: ({ jobId, atMs, queue, to, count, deliveryIds, deadLetters, routed }) => {
      const letters = deadLetters.map(letterOf);
      const met = routed.map((one) => routedOf(one, lettersOf(one, deadLetters)));
      const routedEventIds = routed.map(({ event }) => event?.id);
      const became = { letters, routed: met, deliveryIds, routedEventIds };
      journal.write({ kind: "redrive", atMs, queue, to, count, ...became, jobId });
    },
    scheduleFired: (fact) => {
      if (journal.isOn) writeFired(journal, fact);
    },
    scheduleDeadLettered: (fact) => journal.write({ kind: "letter", atMs: journal.nowMs, letter: letterOf(fact) }),
    replayed: (fact) => {
      if (journal.isOn) writeReplayed(journal, fact);
    },
    deadLettersPurged: (queue, count, jobId) =>
      journal.write({ kind: "purge", atMs: journal.nowMs, queue, count, jobId }),
    job: ({ what, job }) => {
      const { id, order, state, ratePerSecond, progress, problem } = job;
      const by = what === "started" ? job.startedBy : what === "changed" ? job.changedBy : undefined;
      const about = { id, what, does: order.kind, queue: subjectOf(order), state, removed: progress.removed };
      journal.write({ kind: "job", atMs: journal.nowMs, ...about, ratePerSecond, by, problem });
    },
    mappingBatchEnded: (batch, fact) => {
      if (journal.isOn) writeBatch(journal, batch, fact);
    },
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
        digest: facts.ok ? facts.digest : undefined,
        problems: facts.ok ? [] : facts.problems.slice(0, PROBLEMS_MAX).map(recordText),
      }),
  };
}

/** Writes who was refused, and who changed something. */
export function createJournalAccess(journal: Journal): Partial<AccessObserver> {
  return {
    access: ({ action, resource, principal, from, outcome, statement }) =>
      journal.write({
        kind: "audit",
        atMs: journal.nowMs,
        action,
        resource: recordText(resource ?? ""),
        principal,
        from,
        outcome,
        statement: statement === undefined ? undefined : recordText(statement),
      }),
  };
}

/** Writes which dead letters the broker made by itself. */
export function createJournalBrokerEvents(journal: Journal): Partial<BrokerEvents> {
  return {
    deadLettered: (fact) => journal.write({ kind: "letter", atMs: journal.nowMs, letter: letterOf(fact) }),
  };
}

interface WrittenLine {
  readonly functionName: string;
  readonly stream: string;
  readonly line: string;
  /** Of the call that the function had in hand, or had last. */
  readonly deliveryId: string | undefined;
}

/** Writes a line that a local function wrote, where bodies of what went well are kept too: nothing redacts it. */
export function writeOutput(journal: Journal, { functionName, stream, line, deliveryId }: WrittenLine): void {
  if (!journal.keepsAllBodies) return;
  journal.write({
    kind: "output",
    atMs: journal.nowMs,
    function: functionName,
    stream,
    line: recordText(line),
    deliveryId,
    logStream: undefined,
  });
}

function writeAttempt(journal: Journal, facts: AttemptFacts): void {
  const { delivery, outcome, verdict, decidedAtMs, deadLetters } = facts;
  for (const routed of facts.routed) writeEvent(journal, routed, lettersOf(routed, deadLetters));
  const isFailure = hasFailed(facts);
  if (!isFailure && !journal.keeps(delivery.eventId, "attempt")) return;
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
    answer: answerOf(journal, facts, isFailure),
    body: isFailure && isBodyDue(journal, delivery, verdict.kind) ? journal.kept(delivery.body, true) : undefined,
    test: undefined,
    synchronous: undefined,
    version: outcome.executedVersion,
  });
}

/** The one attempt of a test. There are few of them, and somebody will look for each: none is sampled away. */
function writeTest(journal: Journal, { delivery, outcome, invoked, startedAtMs, endedAtMs }: TestFacts): void {
  const isFailure = outcome === "unknown" || !outcome.ok;
  const responseJson = outcome === "unknown" ? undefined : outcome.responseJson;
  journal.write({
    kind: "attempt",
    atMs: endedAtMs,
    deliveryId: delivery.id,
    eventId: undefined,
    origin: undefined,
    destination: destinationLabel(delivery.destination),
    attempt: 1,
    firstAtMs: delivery.firstAtMs,
    startedAtMs,
    callMs: endedAtMs - startedAtMs,
    invoked,
    failure: failureOfTest(outcome),
    verdict: isFailure ? "failed" : "done",
    nextAtMs: undefined,
    letters: [],
    records: [],
    statusCode: isFailure ? undefined : outcome.statusCode,
    answer: responseJson === undefined ? undefined : journal.kept(Buffer.from(responseJson), isFailure),
    body: journal.kept(delivery.body, isFailure),
    test: true,
    synchronous: undefined,
    version: outcome === "unknown" ? undefined : outcome.executedVersion,
  });
}

function failureOfTest(outcome: TestFacts["outcome"]): RecordOf<"attempt">["failure"] {
  if (outcome !== "unknown") return outcome.ok ? undefined : failureOf(outcome);
  return { reason: outcome, message: "a router ended while it had the test in hand", statusCode: undefined };
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
