import type { BrokerEvents } from "../../core/broker.ts";
import type { Delivery } from "../../core/delivery.ts";
import type { AttemptFacts, DeadLetterFact, EntryFacts, Observer } from "../../core/observer.ts";
import { ruleKey } from "../../core/rule.ts";
import { destinationLabel } from "../../core/target.ts";
import type { LabelValues } from "./label-values.ts";
import { known, limitLabel, UNKNOWN } from "./label-values.ts";
import type { Metrics } from "./metrics.ts";

export interface CountsDeps {
  readonly metrics: Metrics;
  readonly ruleMetrics: boolean;
  /** The names that may be label values now. */
  readonly names: () => LabelValues;
  readonly inFlight: InFlightCounts;
}

/** Makes the metrics of each journey from its facts. */
export function createCounts({ metrics, ruleMetrics, names, inFlight }: CountsDeps): Observer {
  const destinationOf = ({ destination }: Delivery): string =>
    known(destinationLabel(destination), names().destinations);

  const countDeadLetters = (deadLetters: readonly DeadLetterFact[]): void => {
    for (const { queue, reason } of deadLetters) {
      metrics.deadLetters.inc({ queue: known(queue, names().deadLetterQueues), reason });
    }
  };

  const countEntry = (entry: EntryFacts): void => {
    const bus = known(entry.bus, names().buses);
    metrics.putEntries.inc({ bus, outcome: entry.outcome });
    countDeadLetters(entry.deadLetters);
    if (entry.outcome !== "accepted") return;
    // An event for an unknown bus is kept as a dead letter; an unmatched one is gone.
    if (entry.matched.length === 0 && bus !== UNKNOWN) metrics.eventsUnmatched.inc({ bus });
    for (const match of entry.matched) {
      const rule = names().rules.get(ruleKey(match.bus, match.rule)) ?? {
        bus: known(match.bus, names().buses),
        rule: UNKNOWN,
      };
      metrics.eventsMatched.inc(ruleMetrics ? rule : { bus: rule.bus });
    }
    for (const kind of entry.published) metrics.deliveriesPublished.inc({ target_kind: kind });
  };

  const countAttempt = (facts: AttemptFacts): void => {
    const { delivery, outcome, verdict } = facts;
    const destination = destinationOf(delivery);
    metrics.attempts.inc({ destination, outcome: outcome.ok ? "success" : outcome.reason });
    metrics.settled.inc({ destination, verdict: verdict.kind });
    if (verdict.kind === "retry" && !outcome.ok) metrics.retries.inc({ destination, reason: outcome.reason });
    countDeadLetters(facts.deadLetters);
    for (const record of facts.records) metrics.records.inc({ function: functionOf(delivery), ...record });
    if (facts.invoked) timeInvocation(facts, destination);
    if (facts.successSeconds !== undefined) metrics.ingestToSuccessSeconds.observe(notNegative(facts.successSeconds));
  };

  const timeInvocation = ({ delivery, waitSeconds, invocationSeconds }: AttemptFacts, destination: string): void => {
    metrics.waitSeconds.observe({ destination }, notNegative(waitSeconds));
    if (delivery.attempt === 1) metrics.ingestToInvocationSeconds.observe(notNegative(waitSeconds));
    if (delivery.destination.kind !== "function") return;
    metrics.invocationSeconds.observe({ function: functionOf(delivery) }, notNegative(invocationSeconds));
  };

  const functionOf = ({ destination }: Delivery): string => known(destination.name, names().functions);

  return {
    put: ({ outcome, seconds, entries }) => {
      metrics.putRequests.inc({ outcome });
      metrics.putSeconds.observe(notNegative(seconds));
      entries.forEach(countEntry);
    },
    invocationStarted: ({ destination }) => {
      if (destination.kind === "function") inFlight.add(destination.name, 1);
    },
    invocationEnded: ({ destination }) => {
      if (destination.kind === "function") inFlight.add(destination.name, -1);
    },
    attempt: countAttempt,
    parked: (reason) => metrics.parked.inc({ reason }),
    suspected: (delivery) => metrics.suspects.inc({ destination: destinationOf(delivery) }),
    settlementDelayed: (delivery) => metrics.settlementDelays.inc({ destination: destinationOf(delivery) }),
    moveDelayed: (queue) => metrics.moveDelays.inc({ queue: known(queue, names().queues) }),
    lateAnswer: (name) => metrics.lateAnswers.inc({ function: known(name, names().functions) }),
    limitExceeded: (name) => metrics.limitsExceeded.inc({ limit: limitLabel(name) }),
    circuit: ({ destination, state }) => {
      const label = destinationLabel(destination);
      // A consumer may end after its destination has gone from the configuration, and its series with it.
      if (!names().destinations.has(label)) return;
      metrics.circuitOpen.set({ destination: label }, state === "open" ? 1 : 0);
      if (state === "open") metrics.circuitOpenings.inc({ destination: label });
    },
    redriven: ({ to, count, deadLetters }) => {
      metrics.deadLettersRedriven.inc({ to }, count);
      countDeadLetters(deadLetters);
    },
    deadLettersPurged: (_queue, count) => metrics.deadLettersPurged.inc(count),
    reloaded: ({ ok }) => {
      metrics.reloadSuccessful.set(ok ? 1 : 0);
      if (ok) metrics.reloadTimestampSeconds.setToCurrentTime();
    },
  };
}

/** Makes the broker's metrics from what it tells of itself. */
export function createBrokerCounts(metrics: Metrics): BrokerEvents {
  let connectedBefore = false;
  return {
    connected: () => {
      metrics.brokerConnected.set(1);
      if (connectedBefore) metrics.brokerReconnects.inc();
      connectedBefore = true;
    },
    disconnected: () => {
      metrics.brokerConnected.set(0);
      // A block belongs to a connection, and ends with it.
      metrics.brokerBlocked.set(0);
    },
    blocked: () => metrics.brokerBlocked.set(1),
    unblocked: () => metrics.brokerBlocked.set(0),
    confirmed: (seconds) => metrics.confirmSeconds.observe(notNegative(seconds)),
    fault: () => metrics.brokerFaults.inc(),
    delayedBy: (seconds) => metrics.latenessSeconds.observe(notNegative(seconds)),
  };
}

/** Invocations in flight by function, whatever a reload does to the configuration while they last. */
export class InFlightCounts {
  readonly #counts = new Map<string, number>();

  add(functionName: string, change: 1 | -1): void {
    const count = (this.#counts.get(functionName) ?? 0) + change;
    if (count === 0) this.#counts.delete(functionName);
    else this.#counts.set(functionName, count);
  }

  of(functions: Iterable<string>): ReadonlyMap<string, number> {
    return new Map([...functions].map((name) => [name, this.#counts.get(name) ?? 0]));
  }
}

/** Times are taken on two routers' clocks, which may differ; a histogram's sum must not go down. */
function notNegative(seconds: number): number {
  return Math.max(0, seconds);
}
