import { AUTH_FAILURE_REASONS } from "../../../ports/access-observer.ts";
import type { EntryResult } from "../../../ports/put.ts";
import { CALL_REFUSALS } from "../../../domain/invoke.ts";
import { JOB_END_STATES, JOB_KINDS } from "../../../domain/job/job.ts";
import { LEFT_OUT_WHY } from "../../../domain/replay/replay.ts";
import { REDRIVE_TO } from "../../../domain/failure/redrive-to.ts";
import { LIMIT_NAMES } from "../../../domain/limits.ts";
import type { ParkedReason, PutFacts, RecordFact } from "../../../domain/facts.ts";
import { REQUEST_REFUSALS } from "../../../domain/facts.ts";
import { FAILURE_REASONS } from "../../../domain/failure/reason.ts";
import { LEFT_OUTCOME } from "../../../domain/mapping/batch-fact.ts";
import { GIVE_UP_CONDITIONS } from "../../../domain/mapping/mapping.ts";
import { BATCH_ENDS } from "../../../domain/delivery/batch-fact.ts";
import type { RecordTarget } from "../../../domain/target/function.ts";
import type { TargetRef } from "../../../domain/target/target.ts";
import type { Verdict } from "../../../domain/failure/verdict.ts";
import { STATUS_CLASSES } from "./calls/front-door-counts.ts";
import type { LabelValues } from "./label-values.ts";
import { limitLabel, UNKNOWN } from "./label-values.ts";
import { queueLabels, RETURNED_BY, ROUTER_REFUSALS } from "./queues/queue-metrics.ts";
import { counterFollower, exemplarCounterFollower, gaugeFollower, histogramFollower } from "./series-follower.ts";
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
const STORED_KINDS = keysOf<Exclude<TargetRef["kind"], "event-bus">>({
  function: 0,
  "api-destination": 0,
  queue: 0,
  stream: 0,
});
const VERDICTS = keysOf<Verdict["kind"]>({ done: 0, retry: 0, failed: 0 });
const PARKED_REASONS = keysOf<ParkedReason>({ undecodable: 0, crashed: 0 });
const CONDITIONS = keysOf<RecordFact["condition"]>({ success: 0, failure: 0 });
const RECORD_KINDS = keysOf<RecordTarget["kind"]>({ queue: 0, function: 0, "event-bus": 0 });

/** What may become of the two types of calls. */
const INVOKES = [
  ...["success", ...FAILURE_REASONS, ...CALL_REFUSALS].map((outcome) => ({ type: "RequestResponse", outcome })),
  ...["queued", "not_stored"].map((outcome) => ({ type: "Event", outcome })),
];

/** Starts the series that do not depend on the configuration. */
export function startFixedSeries(metrics: Metrics): void {
  for (const outcome of PUT_OUTCOMES) metrics.putRequests.inc({ outcome }, 0);
  for (const target_kind of STORED_KINDS) metrics.deliveriesPublished.inc({ target_kind }, 0);
  for (const reason of REQUEST_REFUSALS) metrics.requestsRefused.inc({ reason }, 0);
  for (const reason of AUTH_FAILURE_REASONS) metrics.authFailures.inc({ reason }, 0);
  for (const outcome of ["success", "failure"]) metrics.issuerKeyFetches.inc({ outcome }, 0);
  for (const name of LIMIT_NAMES) metrics.limitsExceeded.inc({ limit: limitLabel(name) }, 0);
  for (const to of REDRIVE_TO) metrics.deadLettersRedriven.inc({ to }, 0);
  for (const kind of JOB_KINDS) for (const state of JOB_END_STATES) metrics.jobsEnded.inc({ kind, state }, 0);
  for (const reason of PARKED_REASONS) metrics.parked.inc({ reason }, 0);
}

/**
 * Makes a function that keeps all series in step with the configuration, but those of single rules. A series must exist at 0 before it first
 * counts, or else `rate` and `increase` miss the first failure; and a series of what is gone from the configuration must
 * not stay.
 */
export function createSeriesFollower(metrics: Metrics, ruleMetrics: boolean): (values: LabelValues) => void {
  const entries = counterFollower(metrics.putEntries);
  const matched = counterFollower(metrics.eventsMatched);
  const unmatched = counterFollower(metrics.eventsUnmatched);
  const replayed = counterFollower(metrics.eventsReplayed);
  const leftOut = counterFollower(metrics.replayEventsLeftOut);
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
  const functionTests = counterFollower(metrics.functionTests);
  const invokes = counterFollower(metrics.invokes);
  const versionCalls = counterFollower(metrics.versionCalls);
  const lateAnswers = counterFollower(metrics.lateAnswers);
  const tokenRequests = counterFollower(metrics.tokenRequests);
  const waits = histogramFollower(metrics.waitSeconds);
  const invocations = histogramFollower(metrics.invocationSeconds);
  const batches = histogramFollower(metrics.batchEvents);
  const inits = histogramFollower(metrics.initSeconds);
  const initFailures = counterFollower(metrics.initFailures);
  const schedulesFired = counterFollower(metrics.schedulesFired);
  const schedulesMissed = counterFollower(metrics.schedulesMissed);
  const archiving = [metrics.eventsArchived, metrics.archivedBytes, metrics.archiveFailures].map(counterFollower);
  const mappingRecords = [metrics.mappingRecords, metrics.mappingFiltered, metrics.mappingFailures].map(
    counterFollower,
  );
  const mappingGivenUp = counterFollower(metrics.mappingGivenUp);
  const mappingBatches = counterFollower(metrics.mappingBatches);
  const mappingSeconds = histogramFollower(metrics.mappingBatchSeconds);
  const archiveRefusals = gaugeFollower(metrics.archiveRefuses);
  const { messagesSent, messagesDeduplicated, messagesReceived, messagesDeleted } = metrics;
  const messages = [
    messagesSent,
    messagesDeduplicated,
    messagesReceived,
    messagesDeleted,
    metrics.messagesDeadLettered,
    metrics.messagesMoved,
    metrics.emptyReceives,
  ].map(counterFollower);
  const returned = counterFollower(metrics.messagesReturned);
  const queueRefusals = counterFollower(metrics.queueRefusals);
  const ages = histogramFollower(metrics.messageAgeSeconds);
  const httpRequests = counterFollower(metrics.httpRequests);
  const httpSeconds = histogramFollower(metrics.httpRequestSeconds);
  return (values) => {
    const buses = column("bus", values.buses);
    entries(cross(column("bus", [...values.buses, UNKNOWN]), column("outcome", ENTRY_OUTCOMES)));
    if (!ruleMetrics) matched(buses);
    unmatched(buses);
    replayed(buses);
    leftOut(cross(buses, column("why", LEFT_OUT_WHY)));
    const destinations = column("destination", values.destinations);
    attempts(cross(destinations, column("outcome", ["success", ...FAILURE_REASONS])));
    retries(cross(destinations, column("reason", FAILURE_REASONS)));
    settled(cross(destinations, column("verdict", VERDICTS)));
    suspects(destinations);
    settlementDelays(destinations);
    const circuited = column("destination", values.circuits);
    circuits(circuited);
    circuitOpenings(circuited);
    moveDelays(column("queue", values.queues));
    tokenRequests(cross(column("destination", values.tokenDestinations), column("outcome", ["success", "failure"])));
    waits(destinations);
    deadLetters(cross(column("queue", values.deadLetterQueues), column("reason", FAILURE_REASONS)));
    const functions = column("function", values.functions);
    records(cross(functions, cross(column("condition", CONDITIONS), column("kind", RECORD_KINDS))));
    functionTests(cross(functions, column("outcome", ["success", "unknown", ...FAILURE_REASONS])));
    invokes(cross(functions, INVOKES));
    versionCalls(cross(versionsOf(values), column("outcome", ["success", ...FAILURE_REASONS])));
    lateAnswers(functions);
    invocations(functions);
    const processes = column("function", values.processFunctions);
    inits(processes);
    initFailures(processes);
    batches(cross(column("function", values.batchedFunctions), column("end", BATCH_ENDS)));
    const schedules = column("schedule", values.schedules);
    schedulesFired(schedules);
    schedulesMissed(schedules);
    const mappings = column("mapping", values.mappings);
    for (const followed of mappingRecords) followed(mappings);
    mappingGivenUp(cross(mappings, column("condition", GIVE_UP_CONDITIONS)));
    mappingBatches(cross(mappings, column("outcome", ["success", LEFT_OUTCOME, ...FAILURE_REASONS])));
    mappingSeconds(mappings);
    const archives = column("archive", values.archives);
    for (const followed of archiving) followed(archives);
    archiveRefusals(archives);
    const queues = queueLabels(values);
    for (const followed of messages) followed(queues);
    returned(cross(queues, column("by", RETURNED_BY)));
    queueRefusals(cross(queues, column("reason", ROUTER_REFUSALS)));
    ages(queues);
    const routes = column("route", [...values.doors, UNKNOWN]);
    httpRequests(cross(routes, column("status", STATUS_CLASSES)));
    httpSeconds(routes);
  };
}

function versionsOf({ functionVersions }: LabelValues): { readonly function: string; readonly version: string }[] {
  return [...functionVersions].flatMap(([name, versions]) => cross([{ function: name }], column("version", versions)));
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
