import type { DatabaseSync } from "node:sqlite";
import type { GetOptions } from "../../../ports/broker/holds.ts";
import type { Dispatcher } from "../broker/consuming/dispatcher.ts";
import type { MessageTables, Queue } from "../broker/messages/message-tables.ts";
import { HoldTables } from "./hold-tables.ts";
import type { Visible } from "./hold-tables.ts";
import type { HoldOperations, StoredHold, StoredReceive } from "./holds-protocol.ts";
import type { HoldReceipt } from "./receipt.ts";
import { readReceipt } from "./receipt.ts";

/** Messages that one receive may delete as too old, or move to the dead-letter queue, before it answers. */
const SETTLED_MAX = 500;

/** The worker thread's operations for those who receive messages for a time. */
export function holdOperations(database: DatabaseSync, tables: MessageTables, dispatcher: Dispatcher): HoldOperations {
  const holds = new HoldTables(database, tables);
  return {
    getMany(name, options) {
      const queue = tables.queue(name);
      if (queue === undefined) return undefined;
      const to = options.redrive && tables.queue(options.redrive.queue);
      const received = receive(queue, to, options, holds);
      if (to !== undefined) dispatcher.wake(to.name);
      dispatcher.wake(name);
      return received;
    },
    hangBell(name) {
      if (tables.queue(name) === undefined) return false;
      dispatcher.hangBell(name);
      return true;
    },
    deleteHeld: (name, receipts) =>
      receipts.map((text) => {
        const receipt = receiptOf(tables.queue(name), text);
        if (receipt === undefined) return "malformed";
        holds.delete(receipt);
        return "deleted";
      }),
    hideHeld(name, changes) {
      const nowMs = Date.now();
      const outcomes = changes.map(({ receipt: text, invisibleMs }) => {
        const receipt = receiptOf(tables.queue(name), text);
        return receipt === undefined ? "malformed" : holds.hide(receipt, nowMs, nowMs + invisibleMs);
      });
      dispatcher.wake(name);
      return outcomes;
    },
    oldestSentAtMs(name) {
      const queue = tables.queue(name);
      const times = queue === undefined ? [] : holds.oldest(queue, 1).flatMap(({ sentAtMs }) => sentAtMs ?? []);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    countInFlight: () => holds.inFlight(),
    countHeld(name) {
      const queue = tables.queue(name);
      return queue && holds.counts(queue);
    },
    lastSequence: () => holds.lastSequence(),
    clearSlice(name, lastSequence, limit) {
      dispatcher.wake(name);
      return removeOldest(tables.queue(name), limit, ({ sequence }) => sequence <= lastSequence, holds);
    },
    expireSlice(name, sentAtMsMax, limit) {
      // In a FIFO queue the group of one that goes may be free.
      dispatcher.wake(name);
      const isPast = ({ sentAtMs }: Sent): boolean => sentAtMs !== undefined && sentAtMs <= sentAtMsMax;
      return removeOldest(tables.queue(name), limit, isPast, holds);
    },
  };
}

/** Goes through the visible messages from the oldest on. Those that are past their time or their receives do not count. */
function receive(queue: Queue, to: Queue | undefined, options: GetOptions, holds: HoldTables): StoredReceive {
  const { limit, bytesMax, invisibleMs } = options;
  const nowMs = Date.now();
  const held: StoredHold[] = [];
  const moved: StoredReceive["moved"][number][] = [];
  let bytes = 0;
  let settled = 0;
  let after = 0;
  while (settled < SETTLED_MAX) {
    const visible = holds.visibleAfter(queue, after, limit - held.length);
    for (const message of visible) {
      after = message.sequence;
      const fate = fateOf(message, to !== undefined, options, nowMs);
      if (fate === "delete") holds.remove(message.sequence);
      if (fate === "move" && to !== undefined) {
        holds.move(message.sequence, queue, to);
        moved.push({ messageId: message.id, receives: message.receives });
      }
      if (fate !== "hand-out") {
        settled += 1;
        continue;
      }
      held.push(holds.receive(queue, message.sequence, nowMs, nowMs + invisibleMs));
      bytes += message.bodyBytes;
      if (held.length >= limit || bytes >= bytesMax) return { held, moved };
    }
    if (visible.length === 0) break;
  }
  return { held, moved };
}

/** What becomes of a message that is visible. */
function fateOf(
  { sentAtMs, receives }: Visible,
  hasDeadLetterQueue: boolean,
  { retentionMs, redrive }: GetOptions,
  nowMs: number,
): "hand-out" | "delete" | "move" {
  if (retentionMs !== undefined && sentAtMs !== undefined && sentAtMs + retentionMs <= nowMs) return "delete";
  return hasDeadLetterQueue && redrive !== undefined && receives >= redrive.receivesMax ? "move" : "hand-out";
}

function receiptOf(queue: Queue | undefined, text: string): HoldReceipt | undefined {
  const receipt = readReceipt(text);
  return receipt !== undefined && receipt.queue === queue?.id ? receipt : undefined;
}

interface Sent {
  readonly sequence: number;
  readonly sentAtMs: number | undefined;
}

/** A queue's messages are nearly in the order of their times: the first that stays ends it. */
function removeOldest(
  queue: Queue | undefined,
  limit: number,
  goes: (message: Sent) => boolean,
  holds: HoldTables,
): number {
  const going = queue === undefined ? [] : holds.oldest(queue, limit).filter(goes);
  for (const { sequence } of going) holds.remove(sequence);
  return going.length;
}
