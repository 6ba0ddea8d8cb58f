import { outcomeName } from "../../../src/domain/failure/outcome.ts";
import type { TargetBatchFact } from "../../../src/domain/delivery/batch-fact.ts";
import type { AttemptFacts, MessageFact, PutFacts, TestFacts } from "../../../src/domain/facts.ts";
import type { InvokedFact } from "../../../src/domain/invoke.ts";
import { callEndName } from "../../../src/domain/invoke.ts";
import type { JobFact } from "../../../src/domain/job/job.ts";
import type { DoorFact } from "../../../src/ports/front-door-observer.ts";
import type { Observer } from "../../../src/ports/observer.ts";

/** An observer that keeps all facts. */
export class RecordingObserver implements Observer {
  readonly puts: PutFacts[] = [];
  readonly attempts: AttemptFacts[] = [];
  readonly events: string[] = [];

  put = (facts: PutFacts): void => void this.puts.push(facts);
  attempt = (facts: AttemptFacts): void => void this.attempts.push(facts);
  tested = ({ delivery, outcome }: TestFacts): void =>
    void this.events.push(`tested ${delivery.id} ${outcomeName(outcome)}`);
  batchEnded = ({ events, failed, end }: TargetBatchFact): void =>
    void this.events.push(`batch of ${events}, ${failed} failed: ${end}`);
  requestRefused = (reason: string): void => void this.events.push(`request refused ${reason}`);
  invocationStarted = (): void => undefined;
  invocationEnded = (): void => undefined;
  invokeStarted = (name: string): void => void this.events.push(`invoke started ${name}`);
  invokeEnded = (): void => undefined;
  invoked = ({ functionName, end }: InvokedFact): void =>
    void this.events.push(`invoked ${functionName} ${callEndName(end)}`);
  invokeQueued = ({ functionName, isStored }: { functionName: string; isStored: boolean }): void =>
    void this.events.push(`invoke ${isStored ? "queued" : "not stored"} ${functionName}`);
  mappingRead = (): void => undefined;
  mappingBatchStarted = (): void => undefined;
  mappingReading = ({ mapping, state }: { mapping: string; state: string }): void =>
    void this.events.push(`${mapping} ${state}`);
  mappingProgress: Observer["mappingProgress"] = () => undefined;
  mappingGaveUp = ({ mapping, records }: { mapping: string; records: number }): void =>
    void this.events.push(`${mapping} gave up ${records}`);
  mappingBatchEnded = ({ mapping }: { mapping: string }, fact?: { failed: number }): void =>
    void this.events.push(`batch of ${mapping} ${fact === undefined ? "left" : `failed ${fact.failed}`}`);
  doorAnswered = ({ door, status }: DoorFact): void => void this.events.push(`door ${door} ${status}`);
  parked = (reason: string, queue: string, { deliveryId }: MessageFact): void =>
    void this.events.push(`parked ${reason} ${queue} ${deliveryId}`);
  suspected = (delivery: { id: string }): void => void this.events.push(`suspected ${delivery.id}`);
  settlementDelayed = (delivery: { id: string }): void => void this.events.push(`settlement delayed ${delivery.id}`);
  moveDelayed = (queue: string, { deliveryId }: MessageFact): void =>
    void this.events.push(`move delayed ${queue} ${deliveryId}`);
  tokenRequested = (apiDestination: string, failure?: object): void =>
    void this.events.push(`token of ${apiDestination} ${failure === undefined ? "requested" : "refused"}`);
  processStarted = (name: string): void => void this.events.push(`started ${name}`);
  lateAnswer = (name: string): void => void this.events.push(`late answer ${name}`);
  limitExceeded = (name: string): void => void this.events.push(`limit exceeded ${name}`);
  circuit = ({ state }: { state: string }): void => void this.events.push(`circuit ${state}`);
  versionCalled = (): void => undefined;
  redriven = ({ queue, to, count }: { queue: string; to: string; count: number }): void =>
    void this.events.push(`redriven ${queue} ${to} ${count}`);
  deadLettersPurged = (queue: string, count: number): void => void this.events.push(`purged ${queue} ${count}`);
  job = ({ what, job }: JobFact): void => void this.events.push(`job ${what} ${job.order.kind} ${job.state}`);
  pauseChanged = (destination: string, pause?: object): void =>
    void this.events.push(`${pause === undefined ? "resumed" : "paused"} ${destination}`);
  reloaded = (): void => void this.events.push("reloaded");
  scheduleFired = ({ schedule }: { schedule: string }): void => void this.events.push(`schedule fired ${schedule}`);
  replayed = ({ replay, routed }: { replay: string; routed: readonly unknown[] }): void =>
    void this.events.push(`replayed ${replay} ${routed.length}`);
  scheduleDeadLettered = ({ schedule, queue }: { schedule: string; queue: string }): void =>
    void this.events.push(`schedule dead-lettered ${schedule} ${queue}`);
  scheduleMissed = ({ schedule, count }: { schedule: string; count: number }): void =>
    void this.events.push(`schedule missed ${schedule} ${count}`);
}
