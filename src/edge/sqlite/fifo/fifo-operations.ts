import type { DatabaseSync } from "node:sqlite";
import type { FifoDeleteOutcome } from "../../../ports/broker/fifo-queues.ts";
import type { HideOutcome } from "../../../ports/broker/holds.ts";
import type { Dispatcher } from "../broker/consuming/dispatcher.ts";
import type { MessageTables, Queue } from "../broker/messages/message-tables.ts";
import { HoldTables } from "../holds/hold-tables.ts";
import type { HoldReceipt } from "../holds/receipt.ts";
import { readReceipt } from "../holds/receipt.ts";
import type { FifoOperations } from "./fifo-protocol.ts";
import { FifoReceives } from "./fifo-receives.ts";
import type { FifoPlace } from "./fifo-sends.ts";

/** The worker thread's operations for FIFO queues. */
export function fifoOperations(database: DatabaseSync, tables: MessageTables, dispatcher: Dispatcher): FifoOperations {
  const holds = new HoldTables(database, tables);
  const sends = tables.fifo;
  const receives = new FifoReceives(database, holds, sends);
  return {
    sendFifo({ envelopes, bodies }, delayMs) {
      const dueAtMs = delayMs > 0 ? Math.ceil(Date.now() + delayMs) + 1 : undefined;
      let from = 0;
      return envelopes.map((envelope): FifoPlace | undefined => {
        const body = bodies.subarray(from, (from += envelope.bodyBytes));
        const queue = tables.queue(envelope.queue);
        dispatcher.wake(envelope.queue);
        return queue && sends.add(queue.id, envelope, body, dueAtMs);
      });
    },
    getManyFifo(name, options) {
      const queue = tables.queue(name);
      if (queue === undefined) return undefined;
      const to = options.redrive && tables.queue(options.redrive.queue);
      const received = receives.receive(queue, to, options);
      if (to !== undefined) dispatcher.wake(to.name);
      dispatcher.wake(name);
      return received;
    },
    deleteFifo(name, receipts) {
      const queue = tables.queue(name);
      dispatcher.wake(name);
      return receipts.map((text) => deleteOne(queue, text, holds));
    },
    hideFifo(name, changes) {
      const queue = tables.queue(name);
      const nowMs = Date.now();
      dispatcher.wake(name);
      return changes.map(({ receipt, invisibleMs }) => hideOne(queue, receipt, nowMs, invisibleMs, holds));
    },
    forgetFifo(name) {
      const queue = tables.queue(name);
      if (queue !== undefined) sends.forget(queue.id);
    },
  };
}

function deleteOne(queue: Queue | undefined, text: string, holds: HoldTables): FifoDeleteOutcome {
  const receipt = readReceipt(text);
  if (receipt === undefined || receipt.queue !== queue?.id) return "malformed";
  const state = holds.stateOf(receipt);
  // Deleted already, or moved to its dead-letter queue.
  if (state === undefined) return "deleted";
  if (!isInHand(receipt, state)) return "expired";
  holds.remove(receipt.sequence);
  return "deleted";
}

function hideOne(
  queue: Queue | undefined,
  text: string,
  nowMs: number,
  invisibleMs: number,
  holds: HoldTables,
): HideOutcome {
  const receipt = readReceipt(text);
  if (receipt === undefined || receipt.queue !== queue?.id) return "malformed";
  const state = holds.stateOf(receipt);
  if (state === undefined || !isInHand(receipt, state)) return "gone";
  return holds.hide(receipt, nowMs, nowMs + invisibleMs);
}

/** Whether the receive that a receipt names is the latest, and its time is not over. */
function isInHand(
  { receive }: HoldReceipt,
  { receives, dueAtMs, holder }: NonNullable<ReturnType<HoldTables["state"]>>,
) {
  return receives === receive && dueAtMs !== undefined && holder === undefined;
}
