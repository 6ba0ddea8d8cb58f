import type { TargetBatchFact } from "../../../../domain/delivery/batch-fact.ts";
import type { AttemptFacts } from "../../../../domain/facts.ts";
import { isRecorded } from "../../../../domain/facts.ts";
import { outcomeName } from "../../../../domain/failure/outcome.ts";
import { traceparentOf } from "../../../../domain/event/trace.ts";
import { circuitLabel } from "../../../../domain/target/target.ts";
import type { DeliveryObserver } from "../../../../ports/observer.ts";
import { Episode } from "../episode.ts";
import { errorCause } from "../error-fields.ts";
import { deadLetterFields, deliveryFields, listed, messageFields, recordFields } from "../fields.ts";
import type { Logger } from "../logger.ts";

/** How often a queue that goes on refusing is logged again. */
const MOVE_REMINDER_MS = 600_000;

/** One line for each attempt, and for what keeps a message from where it belongs. */
export function createDeliveryLog(log: Logger, nowMs: () => number): DeliveryObserver {
  return {
    invocationStarted: () => undefined,
    invocationEnded: () => undefined,
    ...createSettlementLog(log, nowMs),
    moveDelayed: createMoveLog(log, nowMs),
    circuit: createCircuitLog(log, nowMs),
    // The line of what it was called for has the version.
    versionCalled: () => undefined,
    tested: ({ delivery, outcome, invoked, startedAtMs, endedAtMs }) => {
      const message = outcome === "unknown" || outcome.ok ? {} : { message: outcome.message };
      const seconds = (endedAtMs - startedAtMs) / 1_000;
      const fields = { ...deliveryFields(delivery), outcome: outcomeName(outcome), ...message, invoked, seconds };
      log.info(fields, "function tested");
    },
    suspected: (delivery) => {
      const { suspicions } = delivery;
      log.warn({ ...deliveryFields(delivery), suspicions }, "delivery set aside: a router died holding it");
    },
    parked: (reason, queue, message) => log.error({ reason, queue, ...messageFields(message) }, "message parked"),
    // Each delivery that needed the token is logged with why it has none.
    tokenRequested: (apiDestination, failure) => {
      if (failure === undefined) log.debug({ apiDestination }, "access token requested");
      else log.debug({ apiDestination, message: failure.message }, "no access token");
    },
    batchEnded: (fact) => logBatch(log, fact),
    processStarted: (functionName, ms, failure) => {
      const fields = { function: functionName, durationMs: Math.round(ms) };
      if (failure === undefined) log.debug(fields, "a function's process started");
      else log.warn({ ...fields, message: failure.message }, "a function's process could not start");
    },
    lateAnswer: (functionName) => log.info({ function: functionName }, "late answer discarded"),
  };
}

/**
 * Attempts, and the delays of their settlement. Delays are one episode, which ends when no delivery is held any
 * more: while the broker is away every delivery in flight has them, again and again.
 */
function createSettlementLog(
  log: Logger,
  nowMs: () => number,
): Pick<DeliveryObserver, "attempt" | "settlementDelayed"> {
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

/** `warn` where events failed: each has a line of its own besides. */
function logBatch(log: Logger, fact: TargetBatchFact): void {
  const { functionName, requestId, end, events, failed, bytes, outcome, startedAtMs, endedAtMs } = fact;
  if (failed === 0 && !log.isLevelEnabled("debug")) return;
  const message = outcome.ok ? {} : { message: outcome.message };
  const seconds = (endedAtMs - startedAtMs) / 1_000;
  const called = { function: functionName, requestId, end, events, failed, bytes };
  const fields = { ...called, outcome: outcomeName(outcome), ...message, seconds };
  if (failed > 0) log.warn(fields, "events of a batch failed");
  else log.debug(fields, "batch of events succeeded");
}

function attemptFields(facts: AttemptFacts): object {
  const { delivery, outcome, verdict, trace } = facts;
  return {
    ...deliveryFields(delivery, trace && traceparentOf(trace, isRecorded(facts))),
    outcome: outcome.ok ? "success" : outcome.reason,
    verdict: verdict.kind,
    ...(verdict.kind === "retry" ? { delayMs: verdict.delayMs } : {}),
    ...(verdict.kind === "failed" ? { reason: verdict.reason, condition: verdict.condition } : {}),
    ...(outcome.ok ? {} : { message: outcome.message }),
    ...(outcome.statusCode === undefined ? {} : { statusCode: outcome.statusCode }),
    invoked: facts.invoked,
    ...(outcome.executedVersion === undefined ? {} : { version: outcome.executedVersion }),
    waitSeconds: facts.waitSeconds,
    seconds: facts.invocationSeconds,
    ...listed("deadLetters", deadLetterFields(facts.deadLetters)),
    ...listed("records", facts.records.map(recordFields)),
  };
}

/** A queue may refuse for hours, and every message that waits for it is tried again each minute. */
export function createMoveLog(log: Logger, nowMs: () => number): DeliveryObserver["moveDelayed"] {
  const delays = new Episode({ remindMs: MOVE_REMINDER_MS });
  return (queue, message, error) => {
    if (!delays.failed(`${queue} ${errorCause(error)}`, nowMs())) return;
    log.warn(
      { queue, ...messageFields(message), error },
      "a queue does not take a message: it is kept and tried again",
    );
  };
}

/** A destination that is out of order is one episode, however often its circuit opens again meanwhile. */
function createCircuitLog(log: Logger, nowMs: () => number): DeliveryObserver["circuit"] {
  const outages = new Map<string, Episode>();
  return (facts) => {
    const destination = circuitLabel(facts.destination);
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
