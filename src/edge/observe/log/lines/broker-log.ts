import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import { Episode } from "../episode.ts";
import { errorCause } from "../error-fields.ts";
import { messageFields } from "../fields.ts";
import { createMoveLog } from "./delivery-log.ts";
import type { Logger } from "../logger.ts";

/** How often a fault that nobody has mended is logged again. */
const FAULT_REMIND_MS = 600_000;

/** Logs the broker's events. One that repeats is logged when it starts, changes and ends. */
export function createBrokerLog(log: Logger, nowMs: () => number): BrokerEvents {
  const outage = new Episode();
  const block = new Episode();
  const faults = new Episode({ remindMs: FAULT_REMIND_MS });
  const unblocked = (): void => {
    const ended = block.succeeded(nowMs());
    if (ended !== undefined) log.info({ seconds: ended.seconds }, "the broker takes messages again");
  };
  return {
    connected: () => {
      const ended = outage.succeeded(nowMs());
      log.info(ended === undefined ? {} : { seconds: ended.seconds }, "the broker is connected");
      // Everything is declared anew on a new connection, and what is still wrong is worth another line.
      faults.succeeded(nowMs());
    },
    disconnected: (error) => {
      unblocked();
      if (error === undefined) log.info("the broker connection was closed");
      else if (outage.failed(errorCause(error), nowMs())) log.warn({ error }, "the broker is not connected");
    },
    blocked: (reason) => {
      if (block.failed(reason, nowMs())) log.warn({ reason }, "the broker takes no messages for now");
    },
    unblocked,
    confirmed: () => undefined,
    fault: (what, error) => {
      if (faults.failed(`${what} ${errorCause(error)}`, nowMs()))
        log.error({ what, error }, "the broker needs mending");
    },
    deadLettered: ({ queue, reason, ...message }) =>
      log.warn({ queue, reason, ...messageFields(message) }, "delayed message dead-lettered: its queue is gone"),
    delayedBy: () => undefined,
    refusedWhenDue: createMoveLog(log, nowMs),
    visibleAgain: () => undefined,
    receivedTooOften: (fact) => log.warn(fact, "message received too often: it is in the dead-letter queue"),
    packing: (of, isOn) =>
      log.info(
        { of },
        isOn ? "all routers know packs: they are made from now on" : "no packs are made: a router does not know them",
      ),
    packed: () => undefined,
  };
}
