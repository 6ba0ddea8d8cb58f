import { readTlsFiles } from "../config/live/live-certificate.ts";
import { connectRabbitMq } from "../edge/rabbitmq/connect.ts";
import { openSqliteBroker } from "../edge/sqlite/broker.ts";
import type { Broker } from "../ports/broker.ts";
import type { Shared } from "./shared.ts";

/** Connects to RabbitMQ, or opens the embedded broker. Resolves with the first connection, however long it takes. */
export async function startBroker({ settings, observation, lifecycle }: Shared): Promise<Broker> {
  const events = observation.brokerEvents;
  const { brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const broker =
    settings.broker === "embedded"
      ? await openSqliteBroker({ folder: settings.data, events })
      : await connectRabbitMq({ urls: settings.broker, tls: await readTlsFiles({ ca, cert, key }), events });
  lifecycle.onStop("broker", () => broker.close());
  observation.watchQueues((queue) => broker.depth(queue));
  return broker;
}
