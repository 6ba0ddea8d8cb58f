import type { Message } from "../../src/domain/queue/message.ts";
import type { Taken } from "../../src/ports/taker.ts";
import { ownHeaders } from "../../src/domain/delivery/delivery-message.ts";
import type { Link } from "./simulated-broker.ts";
import type { HandOut } from "./simulated-rabbitmq.ts";

interface TakeDeps {
  readonly publish: (message: Message) => Promise<void>;
  /** Returns what stops the listening. */
  readonly onLost: (listener: () => void) => () => void;
}

/** Waits for one message, through lost connections and deleted queues, until the signal fires. */
export async function takeOne(
  link: Link,
  queue: string,
  signal: AbortSignal,
  deps: TakeDeps,
): Promise<Taken | undefined> {
  const isAborted = (): boolean => signal.aborted;
  for (;;) {
    await link.connection();
    await link.scheduler.wait(link.latencyMs(), link.life);
    if (isAborted()) return undefined;
    if (!link.connected) continue;
    const handOut = await handedOut(link, queue, signal, deps);
    if (handOut === undefined) {
      await link.declareAgain(queue);
      continue;
    }
    const taken = takenOf(handOut, link, deps);
    if (!isAborted()) return taken;
    await taken.giveBack();
    return undefined;
  }
}

/** Undefined when the signal fired, the queue went away or the connection was lost. */
async function handedOut(
  link: Link,
  queue: string,
  signal: AbortSignal,
  { onLost }: TakeDeps,
): Promise<HandOut | undefined> {
  const { scheduler, life } = link;
  const { promise, resolve } = Promise.withResolvers<HandOut | undefined>();
  let first: HandOut | undefined;
  const subscription = link.subscribe({
    queue,
    limit: 1,
    polls: true,
    arrive: (handOut) => {
      first = handOut;
      scheduler.after(link.latencyMs(), life, () => resolve(handOut.orphanedBy === undefined ? handOut : undefined));
    },
    cancelled: () => resolve(undefined),
  });
  if (subscription === undefined) return undefined;
  const forget = onLost(() => resolve(undefined));
  const abort = (): void => {
    link.cancel(subscription);
    if (first === undefined) resolve(undefined);
  };
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    const handOut = await promise;
    link.cancel(subscription);
    return handOut;
  } finally {
    signal.removeEventListener("abort", abort);
    forget();
  }
}

function takenOf(handOut: HandOut, link: Link, { publish }: TakeDeps): Taken {
  const { server, scheduler, epoch } = link;
  const settle = async (settleNow: () => void): Promise<void> => {
    scheduler.after(link.latencyMs(), undefined, () => {
      if (epoch === link.epoch) settleNow();
    });
    await scheduler.wait(link.latencyMs(), link.life);
  };
  const message = link.received(handOut);
  return {
    message,
    ack: () => settle(() => server.ack(handOut)),
    giveBack: async () => {
      const { queue, id, body } = message;
      const copied = await publish({ queue, id, body, headers: ownHeaders(message) }).then(
        () => true,
        () => false,
      );
      await settle(() => (copied ? server.ack(handOut) : server.nack(handOut)));
    },
  };
}
