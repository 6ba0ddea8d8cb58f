import { eventBusArn, functionArn, targetArn } from "../../domain/arn.ts";
import type { HeaderValue } from "../../domain/queue/message.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { CONSEQUENCES_MAX } from "../../domain/delivery/delivery.ts";
import {
  deliveryHeaders,
  deliveryMessage,
  eventIdHeaders,
  messageFact,
} from "../../domain/delivery/delivery-message.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import { composeEvent } from "../../domain/event/event.ts";
import type { TraceContext } from "../../domain/event/trace.ts";
import { LATEST } from "../../domain/target/function-alias.ts";
import { qualifierOf } from "../../domain/target/target.ts";
import type { RecordTarget } from "../../domain/target/function.ts";
import { DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import { ERROR_CODES } from "../../domain/failure/reason.ts";
import type { RecordParts } from "../../domain/failure/record.ts";
import { recordDetailType } from "../../domain/failure/record.ts";
import { BUDGET_SPENT, route } from "../route/route.ts";
import type { RouteFailure } from "../route/match.ts";
import { HOPS_MAX } from "../route/match.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import type { ConsequenceContext, Consequences } from "./consequence.ts";
import { HEADER } from "../../domain/delivery/headers.ts";

/** A function's record on its way to where the function's configuration sends it. */
export interface SentRecord {
  /** Of its message, or of the event that it is on a bus. */
  readonly id: string;
  /** The delivery that the record is about. */
  readonly delivery: Delivery;
  /** What it carries. */
  readonly trace: Partial<TraceContext>;
  /** JSON text. */
  readonly record: string;
  readonly condition: RecordParts["condition"];
  readonly target: RecordTarget;
}

/** What follows from a record. It was not sent when it is a dead letter itself. */
export type RecordConsequences = Pick<Consequences, "messages" | "deadLetters" | "routed"> & {
  readonly wasSent: boolean;
};

/** What has to be stored for a record to reach its queue, function or event bus. */
export async function sendRecord(sent: SentRecord, context: ConsequenceContext): Promise<RecordConsequences> {
  const { id, delivery, trace, record, target } = sent;
  if (target.kind === "queue") {
    const headers = {
      ...eventIdHeaders(delivery.eventId),
      [HEADER.firstAt]: context.nowMs,
      ...trace,
    };
    return stored({ messages: [{ queue: target.name, id, body: Buffer.from(record), headers }] });
  }
  return target.kind === "event-bus" ? putRecord(sent, context) : callWithRecord(sent, target, context);
}

/** It is put on its bus as any event is. */
async function putRecord(sent: SentRecord, context: ConsequenceContext): Promise<RecordConsequences> {
  const event = eventOf(sent, context);
  const { delivery, trace, target } = sent;
  const hops = delivery.hops + 1;
  const routed =
    hops > HOPS_MAX
      ? { ok: false as const, ...TOO_MANY_HOPS }
      : await route(event, { ...context, newId: () => context.newId() }, { hops, budget: budgetOf(delivery) });
  if (routed.ok) {
    return stored({
      messages: routed.planned.map((one) => one.message),
      deadLetters: routed.deadLetters,
      routed: [routed.fact],
    });
  }
  const headers = {
    [HEADER.bus]: target.name,
    ...eventIdHeaders(event.id),
    [HEADER.firstAt]: context.nowMs,
    ...trace,
  };
  return deadRecord(sent, { body: event.body, headers }, routed, context);
}

/** It is what the function is called with, as it is. */
function callWithRecord(
  sent: SentRecord,
  target: Extract<RecordTarget, { kind: "function" }>,
  context: ConsequenceContext,
): RecordConsequences {
  const { id, delivery, trace, record } = sent;
  const hops = delivery.hops + 1;
  const budget = budgetOf(delivery);
  const onward: Delivery = {
    id,
    ...(delivery.eventId === undefined ? {} : { eventId: delivery.eventId }),
    destination: target,
    body: Buffer.from(record),
    attempt: 1,
    countedRetries: 0,
    firstAtMs: context.nowMs,
    hops,
    budget: Math.max(0, budget - 1),
    suspicions: 0,
    ...trace,
  };
  if (hops <= HOPS_MAX && budget >= 1) {
    return stored({ messages: [deliveryMessage(onward, destinationQueue(target, context.config))] });
  }
  const dead = { body: onward.body, headers: deliveryHeaders(onward) };
  return deadRecord(sent, dead, hops > HOPS_MAX ? TOO_MANY_HOPS : BUDGET_SPENT, context);
}

const TOO_MANY_HOPS: RouteFailure = {
  reason: "loop",
  message: `the record crossed ${HOPS_MAX} event buses and functions`,
};

function budgetOf({ budget = CONSEQUENCES_MAX }: Delivery): number {
  return budget;
}

/** A record put on a bus is an event of Lambda's, whose detail it is. */
function eventOf(
  { id, delivery, trace, record, condition, target }: SentRecord,
  context: ConsequenceContext,
): BusEvent {
  const { identity, nowMs } = context;
  const detailType = recordDetailType(condition);
  const source = "lambda";
  const { json, body } = composeEvent({
    id,
    detailType,
    source,
    account: identity.accountId,
    timeMs: nowMs,
    region: identity.region,
    resources: [
      eventBusArn(identity, target.name),
      functionArn(identity, delivery.destination.name, qualifierOf(delivery.destination) ?? LATEST),
    ],
    detailJson: record,
  });
  return { id, bus: target.name, source, detailType, json, body, acceptedAtMs: nowMs, ...trace };
}

/** A record that cannot be sent has no rule whose dead-letter queue would take it. */
function deadRecord(
  { id, target }: SentRecord,
  record: { readonly body: Buffer; readonly headers: Readonly<Record<string, HeaderValue>> },
  { reason, message }: RouteFailure,
  { identity }: ConsequenceContext,
): RecordConsequences {
  const headers = {
    ...record.headers,
    TARGET_ARN: targetArn(identity, target),
    ERROR_CODE: ERROR_CODES[reason],
    ERROR_MESSAGE: `a record for ${target.kind} "${target.name}" was not sent: ${message}`,
  };
  const letter = { queue: DEAD_LETTER_QUEUE, id, body: record.body, headers };
  return {
    messages: [letter],
    deadLetters: [{ queue: letter.queue, reason, ...messageFact(letter) }],
    routed: [],
    wasSent: false,
  };
}

function stored(parts: Partial<Consequences> & Pick<Consequences, "messages">): RecordConsequences {
  return { deadLetters: [], routed: [], ...parts, wasSent: true };
}
