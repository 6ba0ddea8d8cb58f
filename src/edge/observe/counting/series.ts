import type { Counter, Gauge, Histogram, LabelValues as Labels } from "prom-client";
import { AUTH_FAILURE_REASONS } from "../../../ports/access-observer.ts";
import type { EntryResult } from "../../../ports/put.ts";
import { REDRIVE_TO } from "../../../domain/failure/redrive-to.ts";
import { LIMIT_NAMES } from "../../../domain/limits.ts";
import type { ParkedReason, PutFacts, RecordFact } from "../../../domain/facts.ts";
import { REQUEST_REFUSALS } from "../../../domain/facts.ts";
import { FAILURE_REASONS } from "../../../domain/failure/reason.ts";
import type { RecordTarget } from "../../../domain/target/function.ts";
import type { TargetRef } from "../../../domain/target/target.ts";
import type { Verdict } from "../../../domain/failure/verdict.ts";
import type { LabelValues } from "./label-values.ts";
import { limitLabel, UNKNOWN } from "./label-values.ts";
import type { Metrics } from "../metrics/metrics.ts";

type ErrorCode = Extract<EntryResult, { ok: false }>["code"];

// Records rather than lists: the compiler then reports a closed set that has grown.
const PUT_OUTCOMES = keysOf<PutFacts["outcome"]>({ accepted: 0, partial: 0, refused: 0, throttled: 0, unavailable: 0 });
const ENTRY_OUTCOMES = keysOf<"accepted" | ErrorCode>({
  accepted: 0,
  InvalidArgument: 0,
  MalformedDetail: 0,
  InternalFailure: 0,
  AccessDeniedException: 0,
  NotAuthorizedForSourceException: 0,
});
const STORED_KINDS = keysOf<Exclude<TargetRef["kind"], "event-bus">>({ function: 0, "api-destination": 0, queue: 0 });
const VERDICTS = keysOf<Verdict["kind"]>({ done: 0, retry: 0, failed: 0 });
const PARKED_REASONS = keysOf<ParkedReason>({ undecodable: 0, crashed: 0 });
const CONDITIONS = keysOf<RecordFact["condition"]>({ success: 0, failure: 0 });
const RECORD_KINDS = keysOf<RecordTarget["kind"]>({ queue: 0, function: 0, "event-bus": 0 });

/** Starts the series that do not depend on the configuration. */
export function startFixedSeries(metrics: Metrics): void {
  for (const outcome of PUT_OUTCOMES) metrics.putRequests.inc({ outcome }, 0);
  for (const target_kind of STORED_KINDS) metrics.deliveriesPublished.inc({ target_kind }, 0);
  for (const reason of REQUEST_REFUSALS) metrics.requestsRefused.inc({ reason }, 0);
  for (const reason of AUTH_FAILURE_REASONS) metrics.authFailures.inc({ reason }, 0);
  for (const outcome of ["success", "failure"]) metrics.issuerKeyFetches.inc({ outcome }, 0);
  for (const name of LIMIT_NAMES) metrics.limitsExceeded.inc({ limit: limitLabel(name) }, 0);
  for (const to of REDRIVE_TO) metrics.deadLettersRedriven.inc({ to }, 0);
  for (const reason of PARKED_REASONS) metrics.parked.inc({ reason }, 0);
}

/**
 * Makes a function that keeps all series in step with the configuration. A series must exist at 0 before it first
 * counts, or else `rate` and `increase` miss the first failure; and a series of what is gone from the configuration must
 * not stay.
 */
export function createSeriesFollower(metrics: Metrics, ruleMetrics: boolean): (values: LabelValues) => void {
  const entries = counterFollower(metrics.putEntries);
  const matched = counterFollower(metrics.eventsMatched);
  const unmatched = counterFollower(metrics.eventsUnmatched);
  const attempts = exemplarCounterFollower(metrics.attempts);
  const retries = counterFollower(metrics.retries);
  const settled = counterFollower(metrics.settled);
  const suspects = counterFollower(metrics.suspects);
  const settlementDelays = counterFollower(metrics.settlementDelays);
  const circuits = gaugeFollower(metrics.circuitOpen);
  const circuitOpenings = counterFollower(metrics.circuitOpenings);
  const moveDelays = counterFollower(metrics.moveDelays);
  const deadLetters = counterFollower(metrics.deadLetters);
  const records = counterFollower(metrics.records);
  const lateAnswers = counterFollower(metrics.lateAnswers);
  const waits = histogramFollower(metrics.waitSeconds);
  const invocations = histogramFollower(metrics.invocationSeconds);
  return (values) => {
    const buses = column("bus", values.buses);
    entries(cross(column("bus", [...values.buses, UNKNOWN]), column("outcome", ENTRY_OUTCOMES)));
    matched(ruleMetrics ? [...values.rules.values()] : buses);
    unmatched(buses);
    const destinations = column("destination", values.destinations);
    attempts(cross(destinations, column("outcome", ["success", ...FAILURE_REASONS])));
    retries(cross(destinations, column("reason", FAILURE_REASONS)));
    settled(cross(destinations, column("verdict", VERDICTS)));
    suspects(destinations);
    settlementDelays(destinations);
    circuits(destinations);
    circuitOpenings(destinations);
    moveDelays(column("queue", values.queues));
    waits(destinations);
    deadLetters(cross(column("queue", values.deadLetterQueues), column("reason", FAILURE_REASONS)));
    const functions = column("function", values.functions);
    records(cross(functions, cross(column("condition", CONDITIONS), column("kind", RECORD_KINDS))));
    lateAnswers(functions);
    invocations(functions);
  };
}

function counterFollower<T extends string>(counter: Counter<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({ start: (labels) => counter.inc(labels, 0), remove: (labels) => counter.remove(labels) });
}

/** A counter with exemplars takes its labels in another form. */
function exemplarCounterFollower<T extends string>(counter: Counter<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({
    start: (labels) => counter.inc({ labels, value: 0 }),
    remove: (labels) => counter.remove(labels),
  });
}

function gaugeFollower<T extends string>(gauge: Gauge<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({ start: (labels) => gauge.set(labels, 0), remove: (labels) => gauge.remove(labels) });
}

function histogramFollower<T extends string>(histogram: Histogram<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({ start: (labels) => histogram.zero(labels), remove: (labels) => histogram.remove(labels) });
}

function follower<L>(metric: { start(labels: L): void; remove(labels: L): void }): (wanted: readonly L[]) => void {
  let present = new Map<string, L>();
  return (wanted) => {
    const next = new Map(wanted.map((labels) => [JSON.stringify(labels), labels]));
    for (const [key, labels] of present) if (!next.has(key)) metric.remove(labels);
    for (const [key, labels] of next) if (!present.has(key)) metric.start(labels);
    present = next;
  };
}

function column<K extends string>(label: K, values: Iterable<string>): Record<K, string>[] {
  return [...values].map((value) => ({ [label]: value }) as Record<K, string>);
}

function cross<A extends object, B extends object>(left: readonly A[], right: readonly B[]): (A & B)[] {
  return left.flatMap((a) => right.map((b) => ({ ...a, ...b })));
}

function keysOf<K extends string>(record: Readonly<Record<K, 0>>): readonly K[] {
  return Object.keys(record) as K[];
}
