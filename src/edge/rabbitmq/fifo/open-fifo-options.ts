import type { BrokerEvents } from "../../../ports/broker/broker.ts";
import type { Server } from "../connection/server.ts";
import type { Outgoing } from "../publishing/publisher.ts";
import type { Topology } from "../topology/topology.ts";
import type { FifoSentRecord } from "./book/sent-before.ts";

export interface OpenFifoOptions {
  readonly server: Server;
  readonly topology: Topology;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Where this router hears broadcasts; another one after each time in which it heard none. */
  readonly address: () => string | undefined;
  readonly events: Pick<BrokerEvents, "receivedTooOften" | "visibleAgain" | "fault">;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** What is heard of other routers. */
export interface FifoListener {
  readonly sent: (record: FifoSentRecord) => void;
  readonly cleared: (queue: string, atMs: number) => void;
}
