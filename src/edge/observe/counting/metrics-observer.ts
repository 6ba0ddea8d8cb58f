import type { Delivery } from "../../../domain/delivery/delivery.ts";
import type { AttemptFacts, CircuitFacts, DeadLetterFact, EntryFacts, RoutedFact } from "../../../domain/facts.ts";
import type { Observer } from "../../../ports/observer.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import { destinationLabel } from "../../../domain/target/target.ts";
import type { Exemplar } from "./exemplars.ts";
import { exemplarOf } from "./exemplars.ts";
import type { InFlightCounts } from "./in-flight-counts.ts";
import type { LabelValues } from "./label-values.ts";
import { known, limitLabel, UNKNOWN } from "./label-values.ts";
import type { OldestWaits } from "./oldest-waits.ts";
import type { Metrics } from "../metrics/metrics.ts";

export interface CountsDeps {
  readonly metrics: Metrics;
  readonly ruleMetrics: boolean;
  /** The names that may be label values now. */
  readonly names: () => LabelValues;
  readonly inFlight: InFlightCounts;
  readonly oldestWaits: OldestWaits;
}

/** Makes the metrics of each journey from its facts. */
export function createMetricsObserver(deps: CountsDeps): Observer {
  const { metrics, names, inFlight, oldestWaits } = deps;
  return {
    put: ({ outcome, seconds, entries }) => {
      metrics.putRequests.inc({ outcome });
      // Those that are refused at once say nothing about how long a put takes, and a flood of them would hide it.
      if (outcome !== "throttled") metrics.putSeconds.observe(notNegative(seconds));
      for (const entry of entries) countEntry(deps, entry);
    },
    requestRefused: (reason) => metrics.requestsRefused.inc({ reason }),
    invocationStarted: (delivery) => {
      oldestWaits.called(delivery);
      if (delivery.destination.kind === "function") inFlight.add(delivery.destination.name, 1);
    },
    invocationEnded: ({ destination }) => {
      if (destination.kind === "function") inFlight.add(destination.name, -1);
    },
    attempt: (facts) => countAttempt(deps, facts),
    suspected: (delivery) => metrics.suspects.inc({ destination: destinationOf(deps, delivery) }),
    settlementDelayed: (delivery) => metrics.settlementDelays.inc({ destination: destinationOf(deps, delivery) }),
    moveDelayed: (queue) => metrics.moveDelays.inc({ queue: known(queue, names().queues) }),
    circuit: (facts) => countCircuit(deps, facts),
    parked: (reason) => metrics.parked.inc({ reason }),
    redriven: ({ to, count, deadLetters, routed }) => {
      metrics.deadLettersRedriven.inc({ to }, count);
      countDeadLetters(deps, deadLetters);
      for (const fact of routed) countRouted(deps, fact);
    },
    pauseChanged: () => undefined,
    deadLettersPurged: (_queue, count) => metrics.deadLettersPurged.inc(count),
    lateAnswer: (name) => metrics.lateAnswers.inc({ function: known(name, names().functions) }),
    limitExceeded: (name) => metrics.limitsExceeded.inc({ limit: limitLabel(name) }),
    reloaded: ({ ok }) => {
      metrics.reloadSuccessful.set(ok ? 1 : 0);
      if (ok) metrics.reloadTimestampSeconds.setToCurrentTime();
    },
  };
}

function countEntry(deps: CountsDeps, entry: EntryFacts): void {
  const { metrics, names } = deps;
  metrics.putEntries.inc({ bus: known(entry.bus, names().buses), outcome: entry.outcome });
  countDeadLetters(deps, entry.deadLetters);
  if (entry.outcome === "accepted") countRouted(deps, entry);
}

function countRouted(deps: CountsDeps, routed: RoutedFact): void {
  const { metrics, ruleMetrics, names } = deps;
  const bus = known(routed.bus, names().buses);
  // An event for an unknown bus is kept as a dead letter; an unmatched one is gone.
  if (routed.matched.length === 0 && bus !== UNKNOWN) metrics.eventsUnmatched.inc({ bus });
  for (const match of routed.matched) {
    const rule = names().rules.get(ruleKey(match.bus, match.rule)) ?? {
      bus: known(match.bus, names().buses),
      rule: UNKNOWN,
    };
    metrics.eventsMatched.inc(ruleMetrics ? rule : { bus: rule.bus });
  }
  for (const { to } of routed.published) metrics.deliveriesPublished.inc({ target_kind: to.kind });
}

function countAttempt(deps: CountsDeps, facts: AttemptFacts): void {
  const { metrics } = deps;
  const { delivery, outcome, verdict } = facts;
  const destination = destinationOf(deps, delivery);
  const exemplar = exemplarOf(delivery);
  metrics.attempts.inc({ labels: { destination, outcome: outcome.ok ? "success" : outcome.reason }, ...exemplar });
  metrics.settled.inc({ destination, verdict: verdict.kind });
  if (verdict.kind === "retry" && !outcome.ok) metrics.retries.inc({ destination, reason: outcome.reason });
  countDeadLetters(deps, facts.deadLetters);
  for (const fact of facts.routed) countRouted(deps, fact);
  for (const { condition, to } of facts.records)
    metrics.records.inc({ function: functionOf(deps, delivery), condition, kind: to.kind });
  if (facts.invoked) timeInvocation(deps, facts, exemplar);
  if (facts.successSeconds !== undefined) metrics.ingestToSuccessSeconds.observe(notNegative(facts.successSeconds));
}

function timeInvocation(deps: CountsDeps, facts: AttemptFacts, exemplar: Exemplar | undefined): void {
  const { metrics } = deps;
  const { delivery, waitSeconds, invocationSeconds } = facts;
  metrics.waitSeconds.observe({ destination: destinationOf(deps, delivery) }, notNegative(waitSeconds));
  if (delivery.attempt === 1)
    metrics.ingestToInvocationSeconds.observe({ value: notNegative(waitSeconds), ...exemplar });
  if (delivery.destination.kind !== "function") return;
  const labels = { function: functionOf(deps, delivery) };
  metrics.invocationSeconds.observe({ labels, value: notNegative(invocationSeconds), ...exemplar });
}

export function countDeadLetters(
  { metrics, names }: Pick<CountsDeps, "metrics" | "names">,
  deadLetters: readonly DeadLetterFact[],
): void {
  for (const { queue, reason } of deadLetters) {
    metrics.deadLetters.inc({ queue: known(queue, names().deadLetterQueues), reason });
  }
}

function countCircuit({ metrics, names }: CountsDeps, { destination, state }: CircuitFacts): void {
  const label = destinationLabel(destination);
  // A consumer may end after its destination has gone from the configuration, and its series with it.
  if (!names().destinations.has(label)) return;
  metrics.circuitOpen.set({ destination: label }, state === "open" ? 1 : 0);
  if (state === "open") metrics.circuitOpenings.inc({ destination: label });
}

function destinationOf({ names }: CountsDeps, { destination }: Delivery): string {
  return known(destinationLabel(destination), names().destinations);
}

function functionOf({ names }: CountsDeps, { destination }: Delivery): string {
  return known(destination.name, names().functions);
}

/** Times are taken on two routers' clocks, which may differ; a histogram's sum must not go down. */
export function notNegative(seconds: number): number {
  return Math.max(0, seconds);
}
