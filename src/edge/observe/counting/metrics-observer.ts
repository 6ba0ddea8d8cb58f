import type { Delivery } from "../../../domain/delivery/delivery.ts";
import type {
  AttemptFacts,
  CircuitFacts,
  DeadLetterFact,
  EntryFacts,
  RoutedFact,
  VersionCallFact,
} from "../../../domain/facts.ts";
import type { Observer } from "../../../ports/observer.ts";
import { LEFT_OUT_WHY } from "../../../domain/replay/replay.ts";
import { outcomeName } from "../../../domain/failure/outcome.ts";
import type { ScheduleFiredFact } from "../../../domain/schedule/schedule.ts";
import { circuitLabel, destinationLabel } from "../../../domain/target/target.ts";
import type { Exemplar } from "./exemplars.ts";
import { exemplarOf } from "./exemplars.ts";
import { createFrontDoorCounts } from "./calls/front-door-counts.ts";
import type { InFlightCounts } from "./calls/in-flight-counts.ts";
import { createInvokeCounts } from "./calls/invoke-counts.ts";
import type { LabelValues } from "./label-values.ts";
import { createMappingCounts } from "./mapping-counts.ts";
import type { MappingNumbers } from "./mapping-numbers.ts";
import { known, limitLabel, UNKNOWN } from "./label-values.ts";
import type { OldestWaits } from "./queues/oldest-waits.ts";
import type { RuleSeries } from "./rule-series.ts";
import type { Metrics } from "../metrics/metrics.ts";

export interface CountsDeps {
  readonly metrics: Metrics;
  /** The series of single rules; undefined where rules have none. */
  readonly ruleSeries: RuleSeries | undefined;
  /** The names that may be label values now. */
  readonly names: () => LabelValues;
  readonly inFlight: InFlightCounts;
  readonly mappings: MappingNumbers;
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
    ...createMappingCounts(deps),
    ...createInvokeCounts(deps),
    ...createFrontDoorCounts(metrics, names),
    attempt: (facts) => countAttempt(deps, facts),
    batchEnded: ({ functionName, end, events, startedAtMs, endedAtMs }) => {
      const labels = { function: known(functionName, names().functions) };
      metrics.batchEvents.observe({ ...labels, end }, events);
      metrics.invocationSeconds.observe({ labels, value: notNegative((endedAtMs - startedAtMs) / 1_000) });
    },
    tested: ({ delivery, outcome }) =>
      metrics.functionTests.inc({ function: functionOf(deps, delivery), outcome: outcomeName(outcome) }),
    tokenRequested: (name, failure) => {
      const destination = known(destinationLabel({ kind: "api-destination", name }), names().tokenDestinations);
      metrics.tokenRequests.inc({ destination, outcome: failure === undefined ? "success" : "failure" });
    },
    suspected: (delivery) => metrics.suspects.inc({ destination: destinationOf(deps, delivery) }),
    settlementDelayed: (delivery) => metrics.settlementDelays.inc({ destination: destinationOf(deps, delivery) }),
    moveDelayed: (queue) => metrics.moveDelays.inc({ queue: known(queue, names().queues) }),
    circuit: (facts) => countCircuit(deps, facts),
    versionCalled: (fact) => countVersionCall(deps, fact),
    parked: (reason) => metrics.parked.inc({ reason }),
    redriven: ({ to, count, deadLetters, routed }) => {
      metrics.deadLettersRedriven.inc({ to }, count);
      countDeadLetters(deps, deadLetters);
      for (const fact of routed) countRouted(deps, fact);
    },
    pauseChanged: () => undefined,
    job: ({ what, job: { order, state } }) => {
      if (what === "ended") metrics.jobsEnded.inc({ kind: order.kind, state });
    },
    deadLettersPurged: (_queue, count) => metrics.deadLettersPurged.inc(count),
    lateAnswer: (name) => metrics.lateAnswers.inc({ function: known(name, names().functions) }),
    processStarted: (name, durationMs, failure) => {
      const labels = { function: known(name, names().functions) };
      if (failure === undefined) metrics.initSeconds.observe(labels, durationMs / 1_000);
      else metrics.initFailures.inc(labels);
    },
    limitExceeded: (name) => metrics.limitsExceeded.inc({ limit: limitLabel(name) }),
    reloaded: ({ ok }) => {
      metrics.reloadSuccessful.set(ok ? 1 : 0);
      if (ok) metrics.reloadTimestampSeconds.setToCurrentTime();
    },
    scheduleFired: (fact) => countFired(deps, fact),
    replayed: ({ bus: ofBus, routed, deadLetters, leftOut }) => {
      const bus = known(ofBus, names().buses);
      metrics.eventsReplayed.inc({ bus }, routed.length);
      for (const why of LEFT_OUT_WHY) metrics.replayEventsLeftOut.inc({ bus, why }, leftOut[why]);
      countDeadLetters(deps, deadLetters);
      for (const fact of routed) countRouted(deps, fact);
    },
    scheduleDeadLettered: (fact) => countDeadLetters(deps, [fact]),
    scheduleMissed: ({ schedule, count }) =>
      metrics.schedulesMissed.inc({ schedule: known(schedule, names().schedules) }, count),
  };
}

function countFired(deps: CountsDeps, fact: ScheduleFiredFact): void {
  const { metrics, names } = deps;
  metrics.schedulesFired.inc({ schedule: known(fact.schedule, names().schedules) });
  metrics.scheduleLatenessSeconds.observe(notNegative((fact.firedAtMs - (fact.fireAtMs ?? fact.dueMs)) / 1_000));
  if (fact.deliveryId !== undefined) metrics.deliveriesPublished.inc({ target_kind: fact.to.kind });
  countDeadLetters(deps, fact.deadLetters);
  for (const routed of fact.routed) countRouted(deps, routed);
}

function countEntry(deps: CountsDeps, entry: EntryFacts): void {
  const { metrics, names } = deps;
  metrics.putEntries.inc({ bus: known(entry.bus, names().buses), outcome: entry.outcome });
  countDeadLetters(deps, entry.deadLetters);
  if (entry.outcome === "accepted") countRouted(deps, entry);
  else countArchived(deps, entry);
}

function countRouted(deps: CountsDeps, routed: RoutedFact): void {
  const { metrics, ruleSeries, names } = deps;
  const bus = known(routed.bus, names().buses);
  // An event for an unknown bus is kept as a dead letter; an unmatched one is gone.
  if (routed.matched.length === 0 && bus !== UNKNOWN) metrics.eventsUnmatched.inc({ bus });
  for (const match of routed.matched) {
    const matched = { bus: known(match.bus, names().buses), rule: match.rule };
    if (ruleSeries === undefined) metrics.eventsMatched.inc({ bus: matched.bus });
    else ruleSeries.matched(matched);
  }
  for (const { to } of routed.published) metrics.deliveriesPublished.inc({ target_kind: to.kind });
  countArchived(deps, routed);
}

/** An event that was not accepted may be in an archive all the same: something else did not take it. */
function countArchived({ metrics, names }: CountsDeps, { archived = [] }: RoutedFact): void {
  for (const { archive: name, bytes, failure } of archived) {
    const archive = known(name, names().archives);
    if (archive === name) metrics.archiveRefuses.set({ archive }, failure === undefined ? 0 : 1);
    if (failure !== undefined) metrics.archiveFailures.inc({ archive });
    else {
      metrics.eventsArchived.inc({ archive });
      metrics.archivedBytes.inc({ archive }, bytes);
    }
  }
}

function countAttempt(deps: CountsDeps, facts: AttemptFacts): void {
  const { metrics } = deps;
  const { delivery, outcome, verdict } = facts;
  const destination = destinationOf(deps, delivery);
  const exemplar = exemplarOf(facts);
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
  const { delivery, waitSeconds, invocationSeconds, isBatched = false } = facts;
  metrics.waitSeconds.observe({ destination: destinationOf(deps, delivery) }, notNegative(waitSeconds));
  if (delivery.attempt === 1)
    metrics.ingestToInvocationSeconds.observe({ value: notNegative(waitSeconds), ...exemplar });
  // Of a batch there is one call, and not one for each of its events.
  if (delivery.destination.kind !== "function" || isBatched) return;
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
  const label = circuitLabel(destination);
  // A consumer may end after its destination has gone from the configuration, and its series with it.
  if (!names().circuits.has(label)) return;
  metrics.circuitOpen.set({ destination: label }, state === "open" ? 1 : 0);
  if (state === "open") metrics.circuitOpenings.inc({ destination: label });
}

function countVersionCall({ metrics, names }: CountsDeps, { functionName, version, outcome }: VersionCallFact): void {
  // A call may end after its version has gone from the configuration, and its series with it.
  if (names().functionVersions.get(functionName)?.has(version) !== true) return;
  metrics.versionCalls.inc({ function: functionName, version, outcome: outcomeName(outcome) });
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
