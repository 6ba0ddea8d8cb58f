import type { ConsumeMessage, MessageProperties, Options } from "amqplib";
import { HEADER } from "../../../../domain/delivery/headers.ts";
import { HELD_QUEUE, PARKED_QUEUE } from "../../../../domain/queue/queues.ts";
import { outgoingHeaders } from "../../publishing/headers.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import { delayedRoute } from "../../topology/delay-ladder.ts";
import { candidateOf } from "../receiving/judging.ts";
import type { Arrived } from "../receiving/hold-channels.ts";
import type { CarriedHold } from "../book/hold-book.ts";
import { receiveOf } from "../book/receipt.ts";

/** A received message that waits in `busbar.sqs.held`. Times are epoch milliseconds. */
export interface MovedMessage {
  /** The queue that it was received from and goes back to. */
  readonly queue: string;
  /** As in its receipts: what was added for the wait plays no part in it. */
  readonly fingerprint: string;
  readonly sentAtMs: number | undefined;
  readonly hasOwnId: boolean;
  readonly mayHaveCopies: boolean;
  readonly visibleAtMs: number;
  readonly receivedAtMs: number;
  /** Which receive that was; undefined where a router of an earlier version has moved the message. */
  readonly receivedAs: string | undefined;
  /** When it was published into `busbar.sqs.held`. */
  readonly heldAtMs: number;
}

/** What is added while a message waits. */
const WAIT_HEADERS: readonly string[] = [
  HEADER.heldFor,
  HEADER.visibleAt,
  HEADER.receivedAt,
  HEADER.heldAt,
  HEADER.receivedAs,
];

/** Undefined for a message that no router has put there. */
export function movedMessageOf(arrived: Arrived): MovedMessage | undefined {
  const headers = headersOf(arrived.raw.properties);
  const queue = headers[HEADER.heldFor];
  const [visibleAtMs, receivedAtMs, heldAtMs, receivedAs] = WAIT_HEADERS.slice(1).map((name) => headers[name]);
  if (typeof queue !== "string" || typeof visibleAtMs !== "number") return undefined;
  if (typeof receivedAtMs !== "number" || typeof heldAtMs !== "number") return undefined;
  const { fingerprint, sentAtMs, hasOwnId, mayHaveCopies } = candidateOf(queue, arrived);
  return {
    queue,
    fingerprint,
    sentAtMs,
    hasOwnId,
    mayHaveCopies,
    visibleAtMs,
    receivedAtMs,
    receivedAs: typeof receivedAs === "string" ? receivedAs : undefined,
    heldAtMs,
  };
}

/** A held message as it waits. @param at in epoch milliseconds. */
export function waiting(
  { queue, number, carried: { body, properties, session, receives, firstReceivedAtMs } }: CarriedHold,
  at: { readonly visibleAtMs: number; readonly receivedAtMs: number; readonly nowMs: number },
): Outgoing {
  const headers = {
    ...headersOf(properties),
    [HEADER.receives]: receives,
    [HEADER.firstReceivedAt]: firstReceivedAtMs,
    [HEADER.heldFor]: queue,
    [HEADER.visibleAt]: at.visibleAtMs,
    [HEADER.receivedAt]: at.receivedAtMs,
    [HEADER.heldAt]: at.nowMs,
    [HEADER.receivedAs]: receiveOf({ session, number }),
  };
  return outgoing(HELD_QUEUE, { content: body, properties }, headers);
}

/** The same message, to wait on. */
export function waitingOn(raw: ConsumeMessage, visibleAtMs: number, nowMs: number): Outgoing {
  const headers = { ...headersOf(raw.properties), [HEADER.visibleAt]: visibleAtMs, [HEADER.heldAt]: nowMs };
  return outgoing(HELD_QUEUE, raw, headers);
}

/** The message as its queue had it, with its receives and the time of the first one. */
export function visibleAgain(raw: ConsumeMessage, queue: string): Outgoing {
  const headers = Object.entries(headersOf(raw.properties)).filter(([name]) => !WAIT_HEADERS.includes(name));
  return outgoing(queue, raw, Object.fromEntries(headers));
}

/** By way of the delay ladder, which knows what to do where the queue is gone. */
export function visibleByLadder(raw: ConsumeMessage, queue: string): Outgoing {
  return { ...visibleAgain(raw, queue), ...delayedRoute(queue, 1) };
}

/** To the parked queue, for people to look at. */
export function parked(raw: ConsumeMessage): Outgoing {
  const problem = "it does not say which queue it was received from, and until when it is invisible";
  const reason = {
    [HEADER.parkedFrom]: HELD_QUEUE,
    [HEADER.parkedReason]: "unreadable",
    [HEADER.parkedProblem]: problem,
  };
  return outgoing(PARKED_QUEUE, raw, { ...headersOf(raw.properties), ...reason });
}

function outgoing(
  queue: string,
  { content, properties }: { readonly content: Buffer; readonly properties: MessageProperties },
  headers: Readonly<Record<string, unknown>>,
): Outgoing {
  const options = { ...keptProperties(properties), headers: outgoingHeaders(headers), persistent: true };
  return { exchange: "", routingKey: queue, body: content, options: { ...options, mandatory: true } };
}

/** All that AMQP has besides the headers, but the user's name, which RabbitMQ compares, and the time to live. */
function keptProperties(properties: MessageProperties): Options.Publish {
  const names = ["messageId", "contentType", "contentEncoding", "correlationId", "replyTo", "type", "appId"] as const;
  const texts = names
    .map((name) => [name, properties[name] as unknown])
    .filter(([, value]) => typeof value === "string");
  const numbers = (["priority", "timestamp"] as const)
    .map((name) => [name, properties[name] as unknown])
    .filter(([, value]) => typeof value === "number");
  return Object.fromEntries([...texts, ...numbers]) as Options.Publish;
}

function headersOf({ headers }: MessageProperties): Readonly<Record<string, unknown>> {
  return headers ?? {};
}
