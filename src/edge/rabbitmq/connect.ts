import type { Broker, BrokerEvents } from "../../ports/broker/broker.ts";
import { RecoveringConnection } from "./connection/connection.ts";
import { Outage } from "./connection/outage.ts";
import type { Server } from "./connection/server.ts";
import { batchWrites } from "./connection/write-batching.ts";
import { MOVE_LIMITS } from "./holds/moved/held-queue.ts";
import type { MoveLimits } from "./holds/moved/held-queue.ts";
import { RabbitMqControlLog } from "./log/control-log.ts";
import { RabbitMqPublisher } from "./publishing/publisher.ts";
import { RabbitMqBroker } from "./rabbitmq-broker.ts";
import { Topology } from "./topology/topology.ts";

export interface RabbitMqOptions extends Server {
  readonly events: Partial<BrokerEvents>;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
  /** When received messages move to `busbar.sqs.held`. */
  readonly moving?: Partial<MoveLimits>;
}

/**
 * Resolves when RabbitMQ is connected and everything Busbar needs has been made on it, and tries for as long as
 * that takes; `events.disconnected` says what is in the way. From then on it reconnects by itself.
 *
 * It publishes on one connection and consumes on another: a broker short of memory or disk stops reading from
 * connections that publish, and their acks and cancels would wait with the rest.
 */
export async function connectRabbitMq({
  events,
  clock = Date.now,
  moving,
  ...server
}: RabbitMqOptions): Promise<Broker> {
  const report: BrokerEvents = { ...SILENT, ...events };
  const topology = new Topology((message, error) => report.fault(message, error));
  const outage = new Outage(["consuming", "publishing"], report);

  const consuming = await RecoveringConnection.open(server, "busbar consuming", {
    prepare: (model) => {
      // Nobody waits for an ack, and RabbitMQ settles many at once sooner than each by itself.
      batchWrites(model, setImmediate);
      return topology.declareAll(model);
    },
    connected: () => outage.connected("consuming"),
    disconnected: (error) => outage.disconnected("consuming", error),
    blocked: () => undefined, // only a connection that publishes is
    unblocked: () => undefined,
  });
  const publishing = await RecoveringConnection.open(server, "busbar publishing", {
    prepare: (model) => {
      // Callers wait for confirms: what one step has published leaves as soon as it is done.
      batchWrites(model, (flush) => process.nextTick(flush));
      return Promise.resolve();
    },
    connected: () => outage.connected("publishing"),
    disconnected: (error) => outage.disconnected("publishing", error),
    blocked: (reason) => report.blocked(reason),
    unblocked: () => report.unblocked(),
  });
  const publisher = new RabbitMqPublisher(
    publishing,
    (model, again) => (again ? topology.declareAll(model) : Promise.resolve()),
    (seconds) => report.confirmed(seconds),
  );

  const log = await RabbitMqControlLog.open(server, (message, error) => report.fault(message, error));

  const limits = { ...MOVE_LIMITS, ...moving };
  const broker = new RabbitMqBroker({ server, consuming, publishing, publisher, topology, log, report, clock, limits });
  await broker.start();
  return broker;
}

const SILENT: BrokerEvents = {
  connected: () => undefined,
  disconnected: () => undefined,
  blocked: () => undefined,
  unblocked: () => undefined,
  confirmed: () => undefined,
  fault: () => undefined,
  deadLettered: () => undefined,
  delayedBy: () => undefined,
  refusedWhenDue: () => undefined,
  visibleAgain: () => undefined,
  receivedTooOften: () => undefined,
  packing: () => undefined,
  packed: () => undefined,
};
