import { readTlsFiles } from "../config/live/live-certificate.ts";
import { connectRabbitMq } from "../edge/rabbitmq/connect.ts";
import { messageFact } from "../domain/delivery/delivery-message.ts";
import type { PackKind } from "../domain/queue/pack.ts";
import { ARCHIVE_PACK_ROUTERS_QUEUE, PACK_ROUTERS_QUEUE } from "../domain/queue/queues.ts";
import { openSqliteBroker } from "../edge/sqlite/broker/broker.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import { PackQueues } from "../flow/pack/pack-queues.ts";
import { PackRouters } from "../flow/pack/pack-routers.ts";
import { PackingBroker } from "../flow/pack/packing-broker.ts";
import type { Broker } from "../ports/broker/broker.ts";
import { FREEZES, PROCESS, steadyMs } from "./process.ts";
import type { Shared } from "./shared.ts";

/**
 * Connects to RabbitMQ, or opens the embedded broker. Resolves with the first connection, however long it takes.
 *
 * @param leave fires at the very end of a stop: what could not be stored is left to the broker.
 */
export async function startBroker(inFlight: InFlightBytes, leave: AbortSignal, shared: Shared): Promise<Broker> {
  const { settings, observation } = shared;
  const broker =
    settings.broker === "embedded"
      ? await openEmbedded(shared)
      : await connectPacking(settings.broker, inFlight, leave, shared);
  observation.watchQueues((queue) => broker.depth(queue));
  return broker;
}

async function openEmbedded({ settings, observation, lifecycle }: Shared): Promise<Broker> {
  const broker = await openSqliteBroker({ folder: settings.data, events: observation.brokerEvents });
  lifecycle.onStop("broker", () => broker.close());
  return broker;
}

/** A router reads packs whatever its settings say, since others may make them. */
async function connectPacking(
  urls: readonly string[],
  inFlight: InFlightBytes,
  leave: AbortSignal,
  shared: Shared,
): Promise<Broker> {
  const { settings, config, observation, lifecycle } = shared;
  const { brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const { brokerEvents: events } = observation;
  const tls = await readTlsFiles({ ca, cert, key });
  FREEZES.start();
  const rabbitMq = await connectRabbitMq({ urls, tls, events, freezes: FREEZES });
  lifecycle.onStop("broker", () => rabbitMq.close());
  const queues = new PackQueues(config);
  const counted = async (kind: PackKind, queue: string): Promise<PackRouters> => {
    const onChange = (areAll: boolean): void => events.packing(kind, areAll && settings.packs === "auto");
    const routers = new PackRouters({ broker: rabbitMq, queue, onChange, ...PROCESS });
    await routers.start();
    lifecycle.onStop("count of routers", () => routers.stop());
    return routers;
  };
  const routers = {
    deliveries: await counted("deliveries", PACK_ROUTERS_QUEUE),
    "archived events": await counted("archived events", ARCHIVE_PACK_ROUTERS_QUEUE),
  };
  const mayPack = (queue: string): boolean => {
    const kind = settings.packs === "auto" ? queues.kindOf(queue) : undefined;
    return kind !== undefined && routers[kind].areAll;
  };
  return new PackingBroker(rabbitMq, {
    mayPack,
    inFlight,
    onPacked: (queue, members) => events.packed(queues.kindOf(queue) ?? "deliveries", members),
    steadyMs,
    leave,
    onStoreDelayed: (message, error) => observation.observer.moveDelayed(message.queue, messageFact(message), error),
    ...PROCESS,
  });
}
