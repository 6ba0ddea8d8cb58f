import type { Channel, Message } from "amqplib";
import { sleep } from "../../../async/sleep.ts";
import type { Browsed, Browsing } from "../../../ports/broker/inspector.ts";
import type { Server } from "../connection/server.ts";
import { closeChannel } from "../connection/channels.ts";
import { received } from "../publishing/message.ts";
import { openOneOffChannel } from "../connection/one-off-channel.ts";
import { QueueReader } from "./queue-reader.ts";
import { asQueueRefusal, requireBrowsable } from "./queue-refusal.ts";
import { answerTo } from "../connection/rpc.ts";

/** How long what is given back may take to be ready again: a moment, and longer for many messages. */
const GIVE_BACK_MS_MIN = 2_000;
const GIVE_BACK_MS_EACH = 0.1;
const GIVE_BACK_MS_MAX = 8_000;
const GIVE_BACK_CHECK_MS = 10;

/** Browses a queue on a connection of its own: when that is lost, everything met and not removed goes back. @throws QueueRefusedError */
export async function browseQueue(server: Server, queue: string): Promise<Browsing> {
  requireBrowsable(queue);
  const oneOff = await openOneOffChannel(server);
  const { channel } = oneOff;
  const reader = new QueueReader(channel, queue);
  // Only their number: their bodies stay with the broker.
  let held = 0;
  let met = 0;
  let ended = false;
  const removable = (message: Message): Browsed => ({
    message: received(queue, message),
    remove: async () => {
      await Promise.resolve();
      channel.ack(message);
      held -= 1;
    },
  });
  return {
    get met() {
      return met;
    },
    next: async (limit) => {
      const messages = await reader.next(limit).catch((error: unknown) => {
        throw asQueueRefusal(queue, oneOff.closedBecause() ?? error);
      });
      met += messages.length;
      held += messages.length;
      return messages.map(removable);
    },
    end: async () => {
      if (ended) return;
      ended = true;
      // When the channel has gone they are back already.
      if (held > 0) await giveBack(held, channel, queue).catch(() => undefined);
      // The answer to the close says that the removals have arrived as well.
      await closeChannel(channel);
      await oneOff.close();
    },
  };
}

/**
 * Gives everything back with nack: a channel that closes over unacked messages does so as well, but as crashed. A
 * quorum queue has them ready some time after that, and nothing says when; a browse that began before would miss them
 * and count as complete. Where somebody else consumes the queue they may never be ready all at once.
 */
async function giveBack(held: number, channel: Channel, queue: string): Promise<void> {
  const ready = async (): Promise<number> =>
    (await answerTo("a passive declare", channel.checkQueue(queue))).messageCount;
  const readyBefore = await ready();
  channel.nackAll(true);
  const deadlineMs = performance.now() + Math.min(GIVE_BACK_MS_MIN + held * GIVE_BACK_MS_EACH, GIVE_BACK_MS_MAX);
  const never = new AbortController().signal;
  while ((await ready()) < readyBefore + held && performance.now() < deadlineMs) await sleep(GIVE_BACK_CHECK_MS, never);
}
