import type { BatchEnd } from "../../domain/delivery/batch-fact.ts";
import { callContext } from "../../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { traceOf } from "../../domain/event/trace.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { PreparedCall } from "../../ports/functions/functions.ts";
import type { DeliveryObserver } from "../../ports/observer.ts";
import { failedIds } from "../../domain/failure/batch-answer.ts";
import type { Attempt, SendContext, Uncalled } from "./send.ts";
import { isCalled, prepare } from "./send.ts";

/** How many deliveries are prepared in one turn. */
const DELIVERIES_A_TURN = 50;
/** A longer answer is in no record: each event of the batch would have a copy. */
const ANSWER_CHARACTERS_MAX = 4_096;
/** Without this name in it, an answer says nothing of single events. */
const FAILURES = "batchItemFailures";

const REPORTED = "the function's answer says that this event of the batch failed";

export interface SendBatchContext extends SendContext {
  readonly observer: Pick<DeliveryObserver, "invocationStarted" | "invocationEnded" | "batchEnded">;
  readonly newId: () => string;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}

/** What is called with. */
export interface DeliveryBatch {
  /** All of one function. */
  readonly deliveries: readonly Delivery[];
  /** Why it is called now. */
  readonly end: BatchEnd;
}

/**
 * Calls a function once with a list of what each delivery would give it. Every failure is an outcome, of all of them or of those
 * that the function names.
 *
 * @returns an attempt for each delivery, in their order. One that needed no call is not among what the function was given.
 * @throws when `signal` fires: the router stops and the attempts do not count.
 */
export async function sendBatch(
  { deliveries, end }: DeliveryBatch,
  call: PreparedCall,
  context: SendBatchContext,
  signal: AbortSignal,
): Promise<readonly Attempt[]> {
  const attempts: (Attempt | undefined)[] = [];
  const called: (Uncalled & { readonly at: number })[] = [];
  for (const [at, delivery] of deliveries.entries()) {
    if (at % DELIVERIES_A_TURN === DELIVERIES_A_TURN - 1) await context.pause();
    const prepared = prepare(delivery, context);
    attempts.push(prepared.isReady ? undefined : prepared.attempt);
    if (prepared.isReady) called.push({ ...prepared.attempt, at });
  }
  const outcomes = await outcomesOf(called, end, call, context, signal);
  const endedAtMs = context.nowMs();
  for (const [place, { at, ...attempt }] of called.entries()) {
    const outcome = outcomes[place];
    if (outcome === undefined) continue;
    attempts[at] = { ...attempt, outcome, invoked: isCalled(outcome), endedAtMs, isBatched: true };
  }
  return attempts.filter((attempt) => attempt !== undefined);
}

/** What came of each. */
async function outcomesOf(
  called: readonly Uncalled[],
  end: BatchEnd,
  call: PreparedCall,
  context: SendBatchContext,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const [first] = called;
  if (first === undefined) return [];
  const { delivery, trace } = first;
  const { observer, newId, nowMs } = context;
  const requestId = newId();
  const payload = listOf(called.map((each) => each.payload));
  // A call has one trace context: that of the first event.
  const carried = trace === undefined ? traceOf(delivery) : callContext(trace);
  const startedAtMs = nowMs();
  observer.invocationStarted(delivery);
  let outcome: Outcome | "gone";
  try {
    const { destination } = delivery;
    outcome = await call({ id: requestId, attempt: attemptOf(called), destination, payload, ...carried }, signal);
  } finally {
    observer.invocationEnded(delivery);
  }
  if (outcome === "gone") throw new Error("a function that is called has no polls");
  const ids = called.map((each) => each.delivery.eventId ?? each.delivery.id);
  const failed = failedIds(outcome, new Set(ids), outcome.responseJson?.includes(FAILURES) === true);
  observer.batchEnded({
    functionName: delivery.destination.name,
    requestId,
    end,
    events: called.length,
    failed: ids.filter((id) => failed.has(id)).length,
    bytes: payload.length,
    outcome,
    startedAtMs,
    endedAtMs: nowMs(),
  });
  const common = withShortAnswer(outcome);
  if (!common.ok) return ids.map(() => common);
  const { statusCode } = common;
  const reported = { ok: false, reason: "function_error", message: REPORTED, statusCode } as const;
  return ids.map((id) => (failed.has(id) ? reported : common));
}

/** The first attempt of all, or the latest of those that come again. */
function attemptOf(called: readonly Uncalled[]): number {
  return called.reduce((most, { delivery }) => Math.max(most, delivery.attempt), 1);
}

/** A JSON list of JSON texts, in UTF-8. */
function listOf(texts: readonly Buffer[]): Buffer {
  const parts = texts.flatMap((text, at) => (at === 0 ? [text] : [COMMA, text]));
  return Buffer.concat([OPENING, ...parts, CLOSING]);
}

const OPENING = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSING = Buffer.from("]");

function withShortAnswer(outcome: Outcome): Outcome {
  const { responseJson, ...others } = outcome;
  return responseJson === undefined || responseJson.length > ANSWER_CHARACTERS_MAX ? others : outcome;
}
