import type { ConsequenceContext, Consequences } from "./consequence.ts";
import type { Message } from "../../domain/queue/message.ts";
import {
  deadLetterHeaders,
  functionDeadLetterHeaders,
  scheduleDeadLetterHeaders,
} from "../../domain/failure/dead-letter.ts";
import { formerAttempt, recordContext } from "../../domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { deliveryHeaders, deliveryMessage, messageFact } from "../../domain/delivery/delivery-message.ts";
import { traceOf } from "../../domain/event/trace.ts";
import { qualifierOf } from "../../domain/target/target.ts";
import type { RecordTarget } from "../../domain/target/function.ts";
import type { RecordFact } from "../../domain/facts.ts";
import type { Failure } from "../../domain/failure/outcome.ts";
import { DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import type { RecordParts } from "../../domain/failure/record.ts";
import { invocationRecord } from "../../domain/failure/record.ts";
import type { Failed, Retry, Verdict } from "../../domain/failure/verdict.ts";
import { deliveryQueue } from "../../domain/queue/configured-queues.ts";
import { sendRecord } from "./record.ts";
import type { Attempt } from "./send.ts";

/** RabbitMQ takes messages of 16 MiB, and on a bus a record has an envelope. */
const RECORD_BYTES_MAX = 15 * 1024 * 1024;

export const NO_CONSEQUENCES: Consequences = { messages: [], deadLetters: [], records: [], routed: [] };

/** Works out what a verdict asks for: the delayed next attempt, the record for a destination, the dead letters. */
export async function consequencesOf(
  attempt: Attempt,
  verdict: Verdict,
  context: ConsequenceContext,
): Promise<Consequences> {
  switch (verdict.kind) {
    case "retry":
      return retryConsequences(attempt, verdict, context);
    case "done":
      return successConsequences(attempt, context);
    case "failed":
      return failureConsequences(attempt, verdict, context);
  }
}

function retryConsequences(attempt: Attempt, verdict: Retry, context: ConsequenceContext): Consequences {
  const queue = deliveryQueue(attempt.delivery, context.config);
  const next = nextDelivery(attempt, verdict, context.nowMs);
  return { ...NO_CONSEQUENCES, messages: [deliveryMessage(next, queue)], delayMs: verdict.delayMs };
}

/** The delivery as it is to be tried again. */
export function nextDelivery(attempt: Attempt, verdict: Retry, nowMs: number): Delivery {
  const { delivery, outcome } = attempt;
  const { goneSinceMs, ...known } = delivery;
  const gone = !outcome.ok && outcome.reason === "target_gone";
  return {
    ...known,
    attempt: delivery.attempt + (attempt.invoked ? 1 : 0),
    countedRetries: delivery.countedRetries + (verdict.counted ? 1 : 0),
    suspicions: 0,
    ...formerAttempt(attempt.trace),
    ...(gone ? { goneSinceMs: goneSinceMs ?? nowMs } : {}),
  };
}

async function successConsequences(attempt: Attempt, context: ConsequenceContext): Promise<Consequences> {
  const target = functionOf(attempt, context)?.onSuccess;
  if (target === undefined) return NO_CONSEQUENCES;
  return recordConsequences(attempt, "Success", target, context);
}

async function failureConsequences(
  attempt: Attempt,
  verdict: Failed,
  context: ConsequenceContext,
): Promise<Consequences> {
  // What the target's own policy gave up is the target's dead letter, where it says where those go.
  const isTargets = verdict.isUnreached === true && attempt.target?.deadLetterQueue !== undefined;
  const fn = isTargets ? undefined : functionOf(attempt, context);
  const record =
    fn?.onFailure === undefined
      ? NO_CONSEQUENCES
      : await recordConsequences(attempt, verdict.condition, fn.onFailure, context);
  const queue =
    fn?.deadLetterQueue ??
    (fn?.onFailure === undefined ? (attempt.target?.deadLetterQueue ?? DEAD_LETTER_QUEUE) : undefined);
  if (queue === undefined) return record;
  const letter =
    queue === fn?.deadLetterQueue
      ? lambdaDeadLetter(attempt, failureOf(attempt, verdict), queue)
      : deadLetter(attempt, verdict, queue, context);
  return {
    ...record,
    messages: [...record.messages, letter],
    deadLetters: [...record.deadLetters, { queue, reason: verdict.reason, ...messageFact(letter) }],
  };
}

function functionOf({ delivery }: Attempt, { config }: ConsequenceContext) {
  return delivery.destination.kind === "function" ? config.functions.get(delivery.destination.name) : undefined;
}

/** How many attempts called the target, this one included if it did. */
function invokeCount(attempt: Attempt): number {
  return attempt.invoked ? attempt.delivery.attempt : attempt.delivery.attempt - 1;
}

/**
 * A function's own dead-letter queue gets letters of Lambda's form, and so does a failure that no rule caused. All
 * other dead letters have EventBridge's form, whose body is the event.
 */
function deadLetter(attempt: Attempt, verdict: Failed, queue: string, context: ConsequenceContext): Message {
  const { delivery } = attempt;
  const failure = failureOf(attempt, verdict);
  const { id, origin, schedule } = delivery;
  const death = {
    target: delivery.destination,
    reason: failure.reason,
    message: failure.message,
    retries: Math.max(0, invokeCount(attempt) - 1),
    condition: verdict.condition,
  };
  if (schedule !== undefined) {
    const headers = scheduleDeadLetterHeaders(context.identity, { ...death, schedule, id });
    const given = { ...delivery, ...formerAttempt(attempt.trace) };
    return { queue, id, body: delivery.body, headers: { ...deliveryHeaders(given), ...headers } };
  }
  if (origin === undefined) return lambdaDeadLetter(attempt, failure, queue);
  const headers = deadLetterHeaders(context.identity, { ...death, origin });
  const event = { ...eventOf(delivery), ...formerAttempt(attempt.trace) };
  return { queue, id: delivery.id, body: event.body, headers: { ...deliveryHeaders(event), ...headers } };
}

/** Where there was a last attempt, its own reason says more than "expired". */
function failureOf({ outcome }: Attempt, { reason }: Failed): Failure {
  return outcome.ok ? { ok: false, reason, message: "" } : outcome;
}

/** The body is what the function was given. The event that it was made of is in a header, for a redrive to its bus. */
function lambdaDeadLetter({ delivery, payload, trace }: Attempt, failure: Failure, queue: string): Message {
  // What a schedule gives was no event before.
  const isAsGiven = delivery.schedule !== undefined || payload.equals(delivery.body);
  const rendered = isAsGiven ? delivery.rendered : { eventJson: delivery.body.toString() };
  const given = { ...delivery, ...formerAttempt(trace), ...(rendered === undefined ? {} : { rendered }) };
  return {
    queue,
    id: delivery.id,
    body: payload,
    headers: { ...deliveryHeaders(given), ...functionDeadLetterHeaders(delivery.id, failure) },
  };
}

/** The delivery of the event itself, where a redriven one has only what the function is given as its body. */
function eventOf(delivery: Delivery): Delivery {
  const { rendered, ...others } = delivery;
  return rendered?.eventJson === undefined ? delivery : { ...others, body: Buffer.from(rendered.eventJson) };
}

async function recordConsequences(
  attempt: Attempt,
  condition: "Success" | Failed["condition"],
  target: RecordTarget,
  context: ConsequenceContext,
): Promise<Consequences> {
  const record = storableRecord({
    identity: context.identity,
    functionName: attempt.delivery.destination.name,
    qualifier: qualifierOf(attempt.delivery.destination),
    requestId: attempt.delivery.id,
    condition,
    invokeCount: invokeCount(attempt),
    requestPayloadJson: attempt.payload.toString(),
    outcome: attempt.outcome,
    nowMs: context.nowMs,
  });
  const id = context.newId();
  const fact: RecordFact = { condition: condition === "Success" ? "success" : "failure", to: target, id };
  const { delivery, trace } = attempt;
  const carried = trace === undefined ? traceOf(delivery) : recordContext(trace);
  const sent = await sendRecord({ id, delivery, trace: carried, record, condition, target }, context);
  const { messages, deadLetters, routed, wasSent } = sent;
  return { messages, deadLetters, routed, records: wasSent ? [fact] : [] };
}

/**
 * A record that brokers take: a response that makes it too long is left out, and so is a payload that does so by
 * itself, as after a chain of functions. A record that no queue ever took would hold its delivery for ever.
 */
function storableRecord(parts: RecordParts): string {
  const record = invocationRecord(parts);
  if (Buffer.byteLength(record) <= RECORD_BYTES_MAX) return record;
  const errorMessage = `Left out: the record would be longer than ${RECORD_BYTES_MAX} bytes.`;
  const leftOutJson = JSON.stringify({ errorMessage, errorType: "Busbar.RecordTooLarge" });
  const shortened = { ...parts, outcome: { ...parts.outcome, responseJson: leftOutJson } };
  const shorter = invocationRecord(shortened);
  if (Buffer.byteLength(shorter) <= RECORD_BYTES_MAX) return shorter;
  return invocationRecord({ ...shortened, requestPayloadJson: leftOutJson });
}
