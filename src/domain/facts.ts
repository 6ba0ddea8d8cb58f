import type { RedriveTo } from "./failure/redrive-to.ts";
import type { AttemptTrace } from "./delivery/attempt-trace.ts";
import type { Delivery, RuleTarget } from "./delivery/delivery.ts";
import type { Failure, Outcome } from "./failure/outcome.ts";
import type { FailureReason } from "./failure/reason.ts";
import type { BusEvent } from "./event/event.ts";
import type { PutSpans } from "./event/put-spans.ts";
import type { LeftOut } from "./replay/replay.ts";
import type { RecordTarget } from "./target/function.ts";
import type { DestinationRef, TargetRef } from "./target/target.ts";
import type { Verdict } from "./failure/verdict.ts";

/** A message that was stored for a target. */
export interface PublishedFact {
  /** The message id, which is the delivery's where the target is called. */
  readonly id: string;
  readonly origin: RuleTarget;
  readonly to: TargetRef;
}

/** An event that an archive was to keep. */
export interface ArchivedFact {
  readonly archive: string;
  /** Of the event, as it is kept. */
  readonly bytes: number;
  /** Why the broker did not keep it. Then the event was not accepted either. */
  readonly failure?: string;
}

/** What an event met on its bus, whether it was put, is a function's record, or was redriven. */
export interface RoutedFact {
  /** The bus it was put on: a configured one, or `unknown`. */
  readonly bus: string;
  /** Undefined for an entry that did not become an event. */
  readonly event?: BusEvent;
  /** The rules that matched, with the bus each belongs to. Those of archives are not counted. */
  readonly matched: readonly { readonly bus: string; readonly rule: string }[];
  readonly published: readonly PublishedFact[];
  /** Absent where there is no archive that it fits. */
  readonly archived?: readonly ArchivedFact[];
}

/** What became of one entry of a put request. */
export interface EntryFacts extends RoutedFact {
  /** `accepted`, or the error code the caller got. */
  readonly outcome: string;
  readonly message?: string;
  /** Deliveries that failed before they could be tried. */
  readonly deadLetters: readonly DeadLetterFact[];
}

/** One put request, whichever protocol it came by. */
export interface PutFacts {
  readonly outcome: "accepted" | "partial" | "refused" | "throttled" | "unavailable";
  readonly seconds: number;
  /** A principal's id, or the address of a caller that nobody asked; undefined for a request that was not read. */
  readonly by?: string;
  /** One for each entry, in their order; none for a request that was refused as a whole. */
  readonly entries: readonly EntryFacts[];
  /** Set for a request whose trace is recorded. */
  readonly spans?: PutSpans;
  /** When its events were on their way to the broker, in epoch milliseconds. */
  readonly storing?: { readonly startedAtMs: number; readonly endedAtMs: number };
}

/** Why a request to the public port was refused as a whole, at whatever stage: before it was read, or after. */
export const REQUEST_REFUSALS = [
  /** It is not HTTP, or not what the protocol asks for. */
  "malformed",
  /** Who sent it is not known, or may not do it. */
  "access",
  "not_found",
  /** It did not arrive in time. */
  "timeout",
  /** Its body, or what is around it, is longer than it may be. */
  "too_large",
  "media_type",
  /** Too much is in flight, or its sender asks too often. */
  "throttled",
  /** Its header is longer than it may be. */
  "header",
  /** There were too many connections already: nothing of it was read. */
  "connections",
  /** A fault of the router's own. */
  "fault",
  /** The broker did not take it, or an issuer's keys could not be had. */
  "unavailable",
] as const;

export type RequestRefusal = (typeof REQUEST_REFUSALS)[number];

/** A message that a fact is about, by what joins it with the put that it came of. */
export interface MessageFact {
  /** The message id. */
  readonly deliveryId: string;
  readonly eventId?: string;
  readonly origin?: RuleTarget;
}

export interface DeadLetterFact extends MessageFact {
  readonly queue: string;
  readonly reason: FailureReason;
}

/** Dead letters, or parked messages, that were stored where they go anew. */
export interface RedrivenFact {
  /** The job that did it. */
  readonly jobId?: string | undefined;
  /** Before they were stored: all that comes of it is later. Epoch milliseconds. */
  readonly atMs: number;
  /** The queue they were in. */
  readonly queue: string;
  readonly to: RedriveTo;
  readonly count: number;
  /** Their message ids. */
  readonly deliveryIds: readonly string[];
  /** Those of them that were made dead letters again at once. */
  readonly deadLetters: readonly DeadLetterFact[];
  /** What those that were put on a bus again met there. */
  readonly routed: readonly RoutedFact[];
}

/** Archived events that a replay put on their bus again, and that are stored where they go. */
export interface ReplayedFact {
  readonly replay: string;
  readonly archive: string;
  readonly bus: string;
  readonly jobId: string;
  /** Before they were stored, in epoch milliseconds. */
  readonly atMs: number;
  /** What each met on the bus. */
  readonly routed: readonly RoutedFact[];
  readonly deadLetters: readonly DeadLetterFact[];
  /** Of the same batch, those that were not sent, or not everywhere. */
  readonly leftOut: LeftOut;
}

/** A record that was sent to a function's destination. */
export interface RecordFact {
  readonly condition: "success" | "failure";
  readonly to: RecordTarget;
  /** The record's message, or the event that it is on a bus. */
  readonly id: string;
}

/** One attempt, from the broker's hand to its settlement. */
export interface AttemptFacts {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** Whether the target was called at all. */
  readonly invoked: boolean;
  /** When the attempt began, and when its verdict was decided, in epoch milliseconds. */
  readonly startedAtMs: number;
  readonly decidedAtMs: number;
  /** Set where traces are recorded; whether this one is, its outcome says too. */
  readonly trace?: AttemptTrace;
  /** From acceptance to the call. */
  readonly waitSeconds: number;
  /** How long the call took. */
  readonly invocationSeconds: number;
  /** Whether the call was one with a list of events. */
  readonly isBatched?: true;
  /** From acceptance to success; set when the verdict is done. */
  readonly successSeconds?: number;
  readonly deadLetters: readonly DeadLetterFact[];
  readonly records: readonly RecordFact[];
  /** What the records that were put on a bus met there. */
  readonly routed: readonly RoutedFact[];
}

/** A dead letter is a failure too where the call went well: it is a record that nobody got. */
export function hasFailed({ outcome, deadLetters }: Pick<AttemptFacts, "outcome" | "deadLetters">): boolean {
  return !outcome.ok || deadLetters.length > 0;
}

/** Whether the trace of an attempt is recorded here: it was wanted, or the attempt failed. */
export function isRecorded(facts: Pick<AttemptFacts, "trace" | "outcome" | "deadLetters">): boolean {
  return facts.trace !== undefined && (facts.trace.isSampled || hasFailed(facts));
}

/** A function was tested, or was not called by its test. Nothing follows from it. */
export interface TestFacts {
  readonly delivery: Delivery;
  /** `unknown` where a router ended while it had the test in hand. */
  readonly outcome: Outcome | "unknown";
  /** Whether the function was called. Where the outcome is unknown, it may have been. */
  readonly invoked: boolean;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export type ParkedReason = "undecodable" | "crashed";

/** What a destination's circuit breaker has come to. One that ends with its configuration ends closed. */
export type CircuitFacts =
  | { readonly destination: DestinationRef; readonly state: "open"; readonly failure: Failure }
  | { readonly destination: DestinationRef; readonly state: "half-open" | "closed" };

/** A call of a function that has versions, by whomever. */
export interface VersionCallFact {
  readonly functionName: string;
  /** Its number, or `$LATEST`. */
  readonly version: string;
  readonly outcome: Outcome;
}

/** Why a configuration was, or was not, taken over. */
export type ReloadFacts =
  | { readonly ok: true; readonly rules: number; readonly digest: string }
  | { readonly ok: false; readonly problems: readonly string[] };
