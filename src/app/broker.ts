import { readTlsFiles } from "../config/live/live-certificate.ts";
import { connectRabbitMq } from "../edge/rabbitmq/connect.ts";
import { messageFact } from "../domain/delivery/delivery-message.ts";
import { openSqliteBroker } from "../edge/sqlite/broker.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import { PackQueues } from "../flow/pack/pack-queues.ts";
import { PackRouters } from "../flow/pack/pack-routers.ts";
import { PackingBroker } from "../flow/pack/packing-broker.ts";
import type { Broker } from "../ports/broker.ts";
import { PROCESS, steadyMs } from "./process.ts";
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
  const rabbitMq = await connectRabbitMq({ urls, tls, events });
  lifecycle.onStop("broker", () => rabbitMq.close());
  const queues = new PackQueues(config);
  const onChange = (areAll: boolean): void => events.packing(areAll && settings.packs === "auto");
  const routers = new PackRouters({ broker: rabbitMq, onChange, ...PROCESS });
  await routers.start();
  lifecycle.onStop("count of routers", () => routers.stop());
  const mayPack = (queue: string): boolean => settings.packs === "auto" && routers.areAll && queues.has(queue);
  return new PackingBroker(rabbitMq, {
    mayPack,
    inFlight,
    onPacked: events.packed.bind(events),
    steadyMs,
    leave,
    onStoreDelayed: (message, error) => observation.observer.moveDelayed(message.queue, messageFact(message), error),
    ...PROCESS,
  });
}
