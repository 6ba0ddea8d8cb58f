import type { InvokedFact, QueuedFact } from "../domain/invoke.ts";
import type { FrontDoorObserver } from "./front-door-observer.ts";
import type { LimitName } from "../domain/limits.ts";
import type {
  GivenUpFact,
  MappingBatch,
  MappingBatchFact,
  MappingProgressFact,
  MappingReadingFact,
} from "../domain/mapping/batch-fact.ts";
import type { Pause } from "../domain/target/pause.ts";
import type { JobFact } from "../domain/job/job.ts";
import type { ScheduleFiredFact, ScheduleLetterFact, ScheduleMissedFact } from "../domain/schedule/schedule.ts";
import type { Failure } from "../domain/failure/outcome.ts";
import type { TargetBatchFact } from "../domain/delivery/batch-fact.ts";
import type { Delivery } from "../domain/delivery/delivery.ts";
import type {
  AttemptFacts,
  CircuitFacts,
  MessageFact,
  ParkedReason,
  PutFacts,
  RedrivenFact,
  ReplayedFact,
  ReloadFacts,
  RequestRefusal,
  TestFacts,
  VersionCallFact,
} from "../domain/facts.ts";

/** Hears of the first journey. */
export interface PutObserver {
  put(facts: PutFacts): void;
  /** A request to the public port was refused as a whole. `put` hears of it too if it was a put that was read. */
  requestRefused(reason: RequestRefusal): void;
}

/** Hears of the second journey. */
export interface DeliveryObserver {
  invocationStarted(delivery: Delivery): void;
  invocationEnded(delivery: Delivery): void;
  attempt(facts: AttemptFacts): void;
  /** A function was called with a list of events. `attempt` hears of each of them. */
  batchEnded(fact: TargetBatchFact): void;
  /** A test of a function has ended. No other method hears of it but those of invocations. */
  tested(facts: TestFacts): void;
  parked(reason: ParkedReason, queue: string, message: MessageFact): void;
  /** A delivery that a router may have died of is set aside, to be tried with no other beside it. */
  suspected(delivery: Delivery): void;
  /** A verdict could not be stored yet; the delivery is held and the publish tried again. */
  settlementDelayed(delivery: Delivery, error: unknown): void;
  /** A message on its way to another queue (parked, set aside, given back, kept) could not be stored there yet. */
  moveDelayed(queue: string, message: MessageFact, error: unknown): void;
  /** An answer came after its attempt was settled. */
  lateAnswer(functionName: string): void;
  /** A local process of a function has started, or could not. @param durationMs until it asked for its first invocation. */
  processStarted(functionName: string, durationMs: number, failure: Failure | undefined): void;
  /** An API destination's connection was asked for an access token. @param failure undefined where it gave one. */
  tokenRequested(apiDestination: string, failure: Failure | undefined): void;
  /** A destination's circuit breaker has come to another state. */
  circuit(facts: CircuitFacts): void;
  /** One version of a function was called, for a delivery, a batch or a caller: what hears of those hears of it too. */
  versionCalled(fact: VersionCallFact): void;
}

/** Hears of the batches that event source mappings call functions with. */
export interface MappingObserver {
  /** Records came from the source. Those that fit no filter are deleted, and no function is called with them. */
  mappingRead(read: { readonly mapping: string; readonly records: number; readonly filtered: number }): void;
  mappingBatchStarted(batch: MappingBatch): void;
  /** @param fact undefined where the call was abandoned, or the source could not be asked to delete what it succeeded for. */
  mappingBatchEnded(batch: MappingBatch, fact: MappingBatchFact | undefined): void;
  /** The reading of a stream's partition has begun, fails or is over. */
  mappingReading(fact: MappingReadingFact): void;
  /** Records of a stream came, or were finished. */
  mappingProgress(fact: MappingProgressFact): void;
  /** Records of a stream are not called with again. */
  mappingGaveUp(fact: GivenUpFact): void;
}

/** Hears of callers who call functions. */
export interface InvokeObserver {
  /** A function is called for a caller who waits. */
  invokeStarted(functionName: string): void;
  invokeEnded(functionName: string): void;
  /** What came of a call that a caller waited for, also where it was refused. */
  invoked(fact: InvokedFact): void;
  /** A caller's event for a function was put into its queue, or could not be. */
  invokeQueued(fact: QueuedFact): void;
}

/** Hears of what operators do, and of what an operator may want to change. */
export interface RouterObserver {
  /** Something from outside was refused because of a limit that an operator may move. */
  limitExceeded(name: LimitName): void;
  redriven(fact: RedrivenFact): void;
  /**
   * A destination is called no more, or again where there is no pause: every router hears of it.
   *
   * @param destination `function/NAME` or `api-destination/NAME`
   */
  pauseChanged(destination: string, pause: Pause | undefined): void;
  /** @param jobId of the job that did it. */
  deadLettersPurged(queue: string, count: number, jobId: string | undefined): void;
  /** This router started a job, changed, took over or ended one. */
  job(fact: JobFact): void;
  reloaded(facts: ReloadFacts): void;
  /** This router fired a schedule that was due, and stored what comes of it. */
  scheduleFired(fact: ScheduleFiredFact): void;
  /** What a schedule sends to a queue was refused by that for longer, or more often, than its retry policy allows. */
  scheduleDeadLettered(fact: ScheduleLetterFact): void;
  scheduleMissed(fact: ScheduleMissedFact): void;
  replayed(fact: ReplayedFact): void;
}

/** Makes the metrics and the log line of each journey from the same facts. */
export type Observer = PutObserver &
  DeliveryObserver &
  MappingObserver &
  InvokeObserver &
  FrontDoorObserver &
  RouterObserver;
