import { doublingMs } from "../../../async/doubling.ts";
import { sleep } from "../../../async/sleep.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";
import { messageFact } from "../../../domain/delivery/delivery-message.ts";
import { queueGoneLetter } from "../../../domain/failure/dead-letter.ts";
import type { Received } from "../../../domain/queue/message.ts";
import type { BrokerEvents } from "../../../ports/broker/broker.ts";
import type { PublishFailureReason } from "../../../ports/broker/publisher.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import { retryMs } from "../connection/rpc.ts";
import { queueOfDelayedRoute } from "../topology/delay-ladder.ts";
import { delayed, direct } from "../publishing/message.ts";
import type { Outgoing } from "../publishing/publisher.ts";

/** A queue that refuses is tried again after 1 s, 2 s and so on. Each of these waits is one level of the ladder. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 256_000;

/** What a broker says of a message that it says again to each further try at once. */
const DECIDED: ReadonlySet<PublishFailureReason> = new Set(["refused", "unroutable", "unstorable"]);

export interface DelayedMessageOptions {
  /** Makes a queue again, if it is one that this router knows. */
  readonly declareAgain: (queue: string) => Promise<void>;
  /** @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly events: Pick<BrokerEvents, "deadLettered" | "refusedWhenDue">;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Fires when the router stops. */
  readonly closing: AbortSignal;
}

/**
 * Stores a delayed message in its queue, where the ladder does not: for a user's queue, which may refuse, and for a queue that is gone. A
 * missing queue is made again if this router knows it; otherwise the message becomes a dead letter. A message that is refused waits on
 * the ladder again, so that it holds up no other. While the broker takes nothing the message stays in hand: RabbitMQ 3.10 counts
 * each time that it is given back.
 *
 * @param lost fires when the message is not this router's any more.
 * @returns when the message is stored in one of these places.
 */
export async function storeWhenDue(
  received: Received,
  routingKey: string,
  lost: AbortSignal,
  options: DelayedMessageOptions,
): Promise<void> {
  const { events, clock } = options;
  const queue = queueOfDelayedRoute(routingKey);
  const { [HEADER.refusals]: refusals, ...headers } = received.headers;
  const message = { ...received, queue: queue ?? received.queue, headers };
  const failure = queue === undefined ? "unroutable" : await storeInQueue(message, lost, options);
  if (failure === undefined) return;
  if (failure === "unroutable") {
    const { letter, fact } = queueGoneLetter(message, queue ?? routingKey);
    await mustStore(direct(letter), lost, options);
    return events.deadLettered(fact);
  }
  const count = 1 + (Number.isSafeInteger(refusals) ? Math.max(0, Number(refusals)) : 0);
  const counted = { ...message, headers: { ...headers, [HEADER.refusals]: count } };
  await mustStore(delayed(counted, doublingMs(count, FIRST_WAIT_MS, LONGEST_WAIT_MS), clock()), lost, options);
  events.refusedWhenDue(message.queue, messageFact(message), failure);
}

/** Undefined when it is stored, and the error of a queue that refuses it. */
async function storeInQueue(
  message: Received,
  lost: AbortSignal,
  options: DelayedMessageOptions,
): Promise<PublishError | "unroutable" | undefined> {
  const store = () => tryStore(direct(message), lost, options);
  let failure = await store();
  if (reasonOf(failure) === "unroutable") {
    await options.declareAgain(message.queue);
    failure = await store();
  }
  const reason = reasonOf(failure);
  if (failure !== undefined && reason === "unstorable") throw failure;
  return reason === "unroutable" ? reason : failure;
}

async function mustStore(outgoing: Outgoing, lost: AbortSignal, options: DelayedMessageOptions): Promise<void> {
  const failure = await tryStore(outgoing, lost, options);
  if (failure !== undefined) throw failure;
}

/** Tries until the broker has decided. @returns undefined when it is stored */
async function tryStore(
  outgoing: Outgoing,
  lost: AbortSignal,
  { publish, closing }: DelayedMessageOptions,
): Promise<PublishError | undefined> {
  for (let failures = 1; ; failures++) {
    try {
      await publish([outgoing]);
      return undefined;
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      const reason = reasonOf(error);
      if (reason !== undefined && DECIDED.has(reason)) return error;
    }
    // Combined here, where it is rare: a signal that lives long keeps each signal that was made of it until collection.
    const ended = AbortSignal.any([lost, closing]);
    await sleep(retryMs(failures), ended);
    ended.throwIfAborted();
  }
}

function reasonOf(error: PublishError | undefined): PublishFailureReason | undefined {
  return error?.failures[0]?.reason;
}
