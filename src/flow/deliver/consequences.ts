import type { ConsequenceContext, Consequences } from "./consequence.ts";
import type { Message } from "../../domain/queue/message.ts";
import { deadLetterHeaders, functionDeadLetterHeaders } from "../../domain/failure/dead-letter.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { deliveryHeaders, deliveryMessage, messageFact } from "../../domain/delivery/delivery-message.ts";
import type { RecordTarget } from "../../domain/target/function.ts";
import type { RecordFact } from "../../domain/facts.ts";
import type { Failure } from "../../domain/failure/outcome.ts";
import { DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import type { RecordParts } from "../../domain/failure/record.ts";
import { invocationRecord } from "../../domain/failure/record.ts";
import type { Failed, Retry, Verdict } from "../../domain/failure/verdict.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import { sendRecord } from "./record.ts";
import type { Attempt } from "./send.ts";

/** RabbitMQ takes messages of 16 MiB, and on a bus a record has an envelope. */
const RECORD_BYTES_MAX = 15 * 1024 * 1024;

const NOTHING: Consequences = { messages: [], deadLetters: [], records: [], routed: [] };

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
  const { delivery, outcome } = attempt;
  const { goneSinceMs, ...known } = delivery;
  const gone = !outcome.ok && outcome.reason === "target_gone";
  const next: Delivery = {
    ...known,
    attempt: delivery.attempt + (attempt.invoked ? 1 : 0),
    countedRetries: delivery.countedRetries + (verdict.counted ? 1 : 0),
    suspicions: 0,
    ...(gone ? { goneSinceMs: goneSinceMs ?? context.nowMs } : {}),
  };
  const queue = destinationQueue(delivery.destination, context.config);
  return { ...NOTHING, messages: [deliveryMessage(next, queue)], delayMs: verdict.delayMs };
}

async function successConsequences(attempt: Attempt, context: ConsequenceContext): Promise<Consequences> {
  const target = functionOf(attempt, context)?.onSuccess;
  if (target === undefined) return NOTHING;
  return recordConsequences(attempt, "Success", target, context);
}

async function failureConsequences(
  attempt: Attempt,
  verdict: Failed,
  context: ConsequenceContext,
): Promise<Consequences> {
  const fn = functionOf(attempt, context);
  const record =
    fn?.onFailure === undefined ? NOTHING : await recordConsequences(attempt, verdict.condition, fn.onFailure, context);
  const queue =
    fn?.deadLetterQueue ??
    (fn?.onFailure === undefined ? (attempt.target?.deadLetterQueue ?? DEAD_LETTER_QUEUE) : undefined);
  if (queue === undefined) return record;
  const letter = deadLetter(attempt, verdict, queue, context);
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
  const { delivery, outcome } = attempt;
  // Where there was a last attempt, its own reason says more than "expired".
  const failure: Failure = outcome.ok ? { ok: false, reason: verdict.reason, message: "" } : outcome;
  const { origin } = delivery;
  if (origin === undefined || queue === functionOf(attempt, context)?.deadLetterQueue) {
    return lambdaDeadLetter(attempt, failure, queue);
  }
  const headers = deadLetterHeaders(context.identity, {
    origin,
    target: delivery.destination,
    reason: failure.reason,
    message: failure.message,
    retries: Math.max(0, invokeCount(attempt) - 1),
    condition: verdict.condition,
  });
  const event = eventOf(delivery);
  return { queue, id: delivery.id, body: event.body, headers: { ...deliveryHeaders(event), ...headers } };
}

/** The body is what the function was given. The event that it was made of is in a header, for a redrive to its bus. */
function lambdaDeadLetter({ delivery, payload }: Attempt, failure: Failure, queue: string): Message {
  const rendered = payload.equals(delivery.body) ? delivery.rendered : { eventJson: delivery.body.toString() };
  const given = { ...delivery, ...(rendered === undefined ? {} : { rendered }) };
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
    requestId: attempt.delivery.id,
    condition,
    invokeCount: invokeCount(attempt),
    requestPayloadJson: attempt.payload.toString(),
    outcome: attempt.outcome,
    nowMs: context.nowMs,
  });
  const id = context.newId();
  const fact: RecordFact = { condition: condition === "Success" ? "success" : "failure", to: target, id };
  const sent = await sendRecord({ id, delivery: attempt.delivery, record, condition, target }, context);
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
