import { eventBusArn, functionArn } from "../../core/arn.ts";
import type { Delivery } from "../../core/delivery.ts";
import { deliveryMessage } from "../../core/delivery-message.ts";
import type { BusEvent } from "../../core/event.ts";
import { composeEvent } from "../../core/event.ts";
import type { RecordTarget } from "../../core/function.ts";
import { DEAD_LETTER_QUEUE } from "../../core/queues.ts";
import type { RecordParts } from "../../core/record.ts";
import { recordDetailType } from "../../core/record.ts";
import { HOPS_MAX, match } from "../ingest/match.ts";
import { destinationQueue, plan } from "../ingest/publish.ts";
import type { ConsequenceContext, Consequences } from "./consequences.ts";

/** A function's record on its way to where the function's configuration sends it. */
export interface SentRecord {
  /** The delivery that the record is about. */
  readonly delivery: Delivery;
  /** JSON text. */
  readonly record: string;
  readonly condition: RecordParts["condition"];
  readonly target: RecordTarget;
}

type Stored = Pick<Consequences, "messages" | "deadLetters">;

/** What has to be stored for a record to reach its queue, function or event bus. */
export async function sendRecord(sent: SentRecord, context: ConsequenceContext): Promise<Stored> {
  const { delivery, record, target } = sent;
  const id = context.newId();
  const hops = delivery.hops + 1;
  const trace = delivery.traceparent === undefined ? {} : { traceparent: delivery.traceparent };
  if (target.kind === "queue") {
    const headers = { "busbar-first-at": context.nowMs, ...trace };
    return { messages: [{ queue: target.name, id, body: Buffer.from(record), headers }], deadLetters: [] };
  }
  if (hops > HOPS_MAX) return loopDeadLetter(id, record, target, trace);
  if (target.kind === "event-bus") return putRecord({ ...eventOf(sent, id, context), ...trace }, hops, target, context);
  const onward: Delivery = {
    id,
    destination: target,
    body: record,
    attempt: 1,
    countedRetries: 0,
    firstAtMs: context.nowMs,
    hops,
    suspicions: 0,
    ...trace,
  };
  return { messages: [deliveryMessage(onward, destinationQueue(target, context.config))], deadLetters: [] };
}

/** A record put on a bus is an event of Lambda's, whose detail it is. */
function eventOf(
  { delivery, record, condition, target }: SentRecord,
  id: string,
  context: ConsequenceContext,
): BusEvent {
  const { identity, nowMs } = context;
  const { json, body } = composeEvent({
    id,
    detailType: recordDetailType(condition),
    source: "lambda",
    account: identity.accountId,
    timeMs: nowMs,
    region: identity.region,
    resources: [eventBusArn(identity, target.name), `${functionArn(identity, delivery.destination.name)}:$LATEST`],
    detailJson: record,
  });
  return { id, bus: target.name, json, body, acceptedAtMs: nowMs };
}

/** It is matched in place, as an event that crosses to another bus is. */
async function putRecord(
  event: BusEvent,
  hops: number,
  target: RecordTarget,
  context: ConsequenceContext,
): Promise<Stored> {
  const { hits, tooMany } = await match(event, context.config, undefined, hops);
  if (tooMany) return loopDeadLetter(event.id, event.json, target, {});
  const planned = hits.map((hit) => plan(event, hit, context));
  return {
    messages: planned.map((one) => one.message),
    deadLetters: planned.flatMap((one) => one.deadLetter ?? []),
  };
}

function loopDeadLetter(id: string, body: string, target: RecordTarget, trace: { traceparent?: string }): Stored {
  const message = `a record for ${target.kind} "${target.name}" went round in a loop`;
  const headers = { ERROR_CODE: "INVALID_PARAMETER", ERROR_MESSAGE: message, ...trace };
  return {
    messages: [{ queue: DEAD_LETTER_QUEUE, id, body: Buffer.from(body), headers }],
    deadLetters: [{ queue: DEAD_LETTER_QUEUE, reason: "loop" }],
  };
}
