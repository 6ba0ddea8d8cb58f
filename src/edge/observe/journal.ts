import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { AttemptFacts, DeadLetterFact, MessageFact, PutFacts } from "../../domain/facts.ts";
import type { Observer } from "../../ports/observer.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import { Episode } from "./episode.ts";
import { errorCause } from "./error-fields.ts";
import { limitLabel } from "./label-values.ts";
import type { Logger } from "./logger.ts";

/** Put requests are turned away and taken in turns while the broker is near its limits; that is one episode. */
const PUT_QUIET_MS = 5_000;

/** How often a queue that goes on refusing, and a limit that is met again and again, are told once more. */
const MOVE_REMINDER_MS = 600_000;
const LIMIT_REMINDER_MS = 60_000;

/** How many entries of one request, at most, are told one by one. */
const ENTRIES_TOLD_MAX = 20;

/**
 * Writes one line for each journey. A success is told at `debug`, a retry at `info`, an end in a dead letter at `warn`,
 * and what a person must look at at `error`.
 */
export function createJournal(log: Logger, nowMs: () => number): Observer {
  return {
    put: createPutJournal(log, nowMs),
    requestRefused: () => undefined,
    invocationStarted: () => undefined,
    invocationEnded: () => undefined,
    ...createSettlementJournal(log, nowMs),
    moveDelayed: createMoveJournal(log, nowMs),
    limitExceeded: createLimitJournal(log, nowMs),
    circuit: createCircuitJournal(log, nowMs),
    suspected: (delivery) => {
      log.warn(
        { ...deliveryFields(delivery), suspicions: delivery.suspicions },
        "delivery set aside: a router died holding it",
      );
    },
    parked: (reason, queue, message) => log.error({ reason, queue, ...messageFields(message) }, "message parked"),
    redriven: ({ queue, to, count, deadLetters }) => {
      log.info({ queue, to, count }, "dead letters redriven");
      if (deadLetters.length > 0)
        log.warn({ queue, to, ...listed("deadLetters", deadLetterFields(deadLetters)) }, "dead letters made again");
    },
    deadLettersPurged: (queue, count) => log.info({ queue, count }, "dead letters purged"),
    lateAnswer: (functionName) => log.info({ function: functionName }, "late answer discarded"),
    reloaded: (facts) => {
      if (facts.ok) log.info({ rules: facts.rules }, "configuration taken over");
      else log.error({ problems: facts.problems }, "configuration not taken over");
    },
  };
}

function createPutJournal(log: Logger, nowMs: () => number): Observer["put"] {
  const outage = new Episode({ quietMs: PUT_QUIET_MS });
  return (facts) => {
    const { outcome } = facts;
    if (outcome === "unavailable" || outcome === "throttled") {
      const [entry] = facts.entries;
      if (outage.failed(`${outcome} ${entry?.message ?? ""}`, nowMs()))
        log.warn(putFields(facts), "put requests are turned away");
      return;
    }
    const ended = outage.succeeded(nowMs());
    if (ended !== undefined)
      log.info({ requests: ended.failures, seconds: ended.seconds }, "put requests are taken again");
    if (outcome !== "accepted") log.warn(putFields(facts), "put request refused, in whole or in part");
    else if (facts.entries.some((entry) => entry.deadLetters.length > 0))
      log.warn(putFields(facts), "event dead-lettered");
    else if (log.isLevelEnabled("debug")) log.debug(putFields(facts), "put request accepted");
  };
}

function putFields({ outcome, seconds, entries }: PutFacts): object {
  const refused = entries.filter((entry) => entry.outcome !== "accepted");
  const deadLetters = entries.flatMap((entry) =>
    deadLetterFields(entry.deadLetters).map((fields) => ({ bus: entry.bus, eventId: entry.eventId, ...fields })),
  );
  return {
    outcome,
    seconds,
    entries: entries.length,
    deliveries: entries.reduce((sum, entry) => sum + entry.published.length, 0),
    eventIds: entries.flatMap((entry) => entry.eventId ?? []).slice(0, ENTRIES_TOLD_MAX),
    ...listed(
      "refused",
      refused.map((entry) => ({ bus: entry.bus, code: entry.outcome, message: entry.message })),
    ),
    ...listed("deadLetters", deadLetters),
  };
}

/** What joins a message's line with that of its put. */
export function messageFields({ deliveryId, eventId, origin }: MessageFact): object {
  return { deliveryId, ...(eventId === undefined ? {} : { eventId }), ...origin };
}

function deadLetterFields(deadLetters: readonly DeadLetterFact[]): readonly object[] {
  return deadLetters.map(({ queue, reason, ...message }) => ({ queue, reason, ...messageFields(message) }));
}

function listed(name: string, list: readonly object[]): object {
  return list.length === 0 ? {} : { [name]: list.slice(0, ENTRIES_TOLD_MAX) };
}

/**
 * Attempts, and the delays of their settlement. Delays are one episode, which ends when no delivery is held any
 * more: while the broker is away every delivery in flight has them, again and again.
 */
function createSettlementJournal(log: Logger, nowMs: () => number): Pick<Observer, "attempt" | "settlementDelayed"> {
  const delays = new Episode();
  const held = new Set<string>();
  return {
    settlementDelayed: (delivery, error) => {
      held.add(delivery.id);
      if (!delays.failed(errorCause(error), nowMs())) return;
      log.warn({ ...deliveryFields(delivery), error }, "settlement delayed: the delivery is held");
    },
    attempt: (facts) => {
      logAttempt(log, facts);
      if (!held.delete(facts.delivery.id) || held.size > 0) return;
      const ended = delays.succeeded(nowMs());
      if (ended !== undefined)
        log.info({ delays: ended.failures, seconds: ended.seconds }, "settlements are no longer delayed");
    },
  };
}

function logAttempt(log: Logger, facts: AttemptFacts): void {
  switch (facts.verdict.kind) {
    case "failed":
      return log.warn(attemptFields(facts), "delivery failed");
    case "retry":
      return log.info(attemptFields(facts), "delivery to be retried");
    case "done":
      if (facts.deadLetters.length > 0)
        return log.warn(attemptFields(facts), "delivery succeeded, its record was dead-lettered");
      if (log.isLevelEnabled("debug")) log.debug(attemptFields(facts), "delivery succeeded");
  }
}

function attemptFields(facts: AttemptFacts): object {
  const { delivery, outcome, verdict } = facts;
  return {
    ...deliveryFields(delivery),
    outcome: outcome.ok ? "success" : outcome.reason,
    verdict: verdict.kind,
    ...(verdict.kind === "retry" ? { delayMs: verdict.delayMs } : {}),
    ...(verdict.kind === "failed" ? { reason: verdict.reason, condition: verdict.condition } : {}),
    ...(outcome.ok ? {} : { message: outcome.message }),
    ...(outcome.statusCode === undefined ? {} : { statusCode: outcome.statusCode }),
    invoked: facts.invoked,
    waitSeconds: facts.waitSeconds,
    seconds: facts.invocationSeconds,
    ...listed("deadLetters", deadLetterFields(facts.deadLetters)),
    ...listed("records", facts.records),
  };
}

function deliveryFields({ id, eventId, destination, origin, attempt, traceparent }: Delivery): object {
  return {
    ...messageFields({ deliveryId: id, ...(eventId === undefined ? {} : { eventId }), ...(origin && { origin }) }),
    destination: destinationLabel(destination),
    attempt,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** A queue may refuse for hours, and every message that waits for it is tried again each minute. */
function createMoveJournal(log: Logger, nowMs: () => number): Observer["moveDelayed"] {
  const delays = new Episode({ remindMs: MOVE_REMINDER_MS });
  return (queue, message, error) => {
    if (!delays.failed(`${queue} ${errorCause(error)}`, nowMs())) return;
    log.warn(
      { queue, ...messageFields(message), error },
      "a queue does not take a message: it is kept and tried again",
    );
  };
}

/** One line a minute for each limit that is met: whoever runs into one does so often. */
function createLimitJournal(log: Logger, nowMs: () => number): Observer["limitExceeded"] {
  const met = new Episode({ remindMs: LIMIT_REMINDER_MS });
  return (name) => {
    if (met.failed(name, nowMs())) log.warn({ limit: limitLabel(name) }, "a limit was met");
  };
}

/** A destination that is out of order is one episode, however often its circuit opens again meanwhile. */
function createCircuitJournal(log: Logger, nowMs: () => number): Observer["circuit"] {
  const outages = new Map<string, Episode>();
  return (facts) => {
    const destination = destinationLabel(facts.destination);
    const outage = outages.get(destination) ?? new Episode();
    outages.set(destination, outage);
    if (facts.state === "open") {
      const { reason, message } = facts.failure;
      if (outage.failed(reason, nowMs())) log.warn({ destination, reason, message }, "circuit opened: deliveries wait");
    } else if (facts.state === "closed") {
      const ended = outage.succeeded(nowMs());
      if (ended !== undefined)
        log.info({ destination, openings: ended.failures, seconds: ended.seconds }, "circuit closed");
      outages.delete(destination);
    }
  };
}
