import { shownMessage } from "../../edge/aws/services/sqs/messages/shown-message.ts";
import type { InFlightBytes } from "../../flow/budget/in-flight.ts";
import type { Callees } from "../../flow/functions/callees.ts";
import { Mappings } from "../../flow/mappings/mappings.ts";
import type { MappingStatuses } from "../../ports/admin/mappings.ts";
import type { Routers } from "../../ports/admin/routers.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import type { MessageQueues } from "../../ports/message-queues.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** A mapping asks for all that a message has. */
const ALL = { systemAttributes: new Set(["All"]), messageAttributes: ["All"] };

/** RabbitMQ gives back what a consumer of a lost node held after two seconds, since the queue is one of ours. */
const SEED_MS = 5_000;

/** What mappings read and call with. */
interface MappingMeans {
  readonly broker: Broker;
  readonly queues: MessageQueues;
  readonly callees: Callees;
  readonly inFlight: InFlightBytes;
  readonly routers: Routers;
  /** Fires when the bound of a stop has passed. */
  readonly abandon: AbortSignal;
  /** Fires at the very end of a stop. */
  readonly leave: AbortSignal;
  readonly onError: (where: string, error: unknown) => void;
}

/** The event source mappings of this router. They read nothing before they follow a configuration. */
export function createMappings(
  { routers, ...means }: MappingMeans,
  { identity, observation: { observer }, settings }: Shared,
): Mappings {
  const shown = (held: Parameters<typeof shownMessage>[0]) => shownMessage(held, ALL, identity);
  const virtualHost = settings.broker === "embedded" ? "/" : virtualHostOf(settings.broker[0] ?? "");
  // The embedded broker is one process's: all is back once it is open.
  const seedMs = settings.broker === "embedded" ? 0 : SEED_MS;
  const { streams } = means.broker;
  // One that is silent has lost its messages, or will soon.
  const liveRouters = () => routers.list().filter(({ silent }) => !silent).length;
  const reading = { streams, seedMs, shown, virtualHost, liveRouters };
  return new Mappings({ ...means, ...PROCESS, ...reading, identity, observer });
}

/** How mappings are, also before any of them is read. */
export function mappingStatuses(mappings: () => MappingStatuses | undefined): MappingStatuses {
  return { mappingStatus: (name) => mappings()?.mappingStatus(name) ?? { state: "waiting", callsInFlight: 0 } };
}

/** The path of an AMQP URI: without one it is the virtual host `/`. */
function virtualHostOf(url: string): string {
  const { pathname } = new URL(url);
  return pathname.length <= 1 ? "/" : decodeURIComponent(pathname.slice(1));
}
