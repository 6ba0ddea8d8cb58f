import { sleep } from "../../../async/sleep.ts";
import type { Browsed, Browsing } from "../../../ports/broker/inspector.ts";
import { asReceived } from "./messages/message.ts";
import type { BrokerThread } from "./broker-thread.ts";

const GIVE_BACK_RETRY_MS = 1_000;
/** Messages that are given back at once: puts and deliveries wait meanwhile. */
const GIVE_BACK_MESSAGES_MAX = 5_000;

/** A look through a queue, which holds what it has met as a consumer does. `reader` is never used for another. */
export function browseTable(client: BrokerThread, queue: string, reader: number): Browsing {
  const ended = new AbortController();
  let met = 0;
  return {
    get met() {
      return met;
    },
    next: async (limit) => {
      if (ended.signal.aborted) throw new Error(`the look through queue "${queue}" has ended`);
      const messages = await client.call("browse", [queue, reader, limit]);
      if (messages === undefined) throw new Error(`there is no queue "${queue}"`);
      met += messages.length;
      return messages.map((message): Browsed => ({
        message: asReceived(queue, message),
        remove: () => client.call("settle", [queue, message.sequence, "ack"]),
      }));
    },
    end: async () => {
      if (ended.signal.aborted) return;
      ended.abort();
      await giveBack(client, queue, reader);
    },
  };
}

/** Again every second until it is durable, or nobody else would ever be handed them while this process lives. */
async function giveBack(client: BrokerThread, queue: string, reader: number): Promise<void> {
  while (!client.ended.aborted) {
    try {
      const count = await client.call("endBrowseSlice", [queue, reader, GIVE_BACK_MESSAGES_MAX]);
      if (count < GIVE_BACK_MESSAGES_MAX) return;
    } catch {
      await sleep(GIVE_BACK_RETRY_MS, client.ended);
    }
  }
}
