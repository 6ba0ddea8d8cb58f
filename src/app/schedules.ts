import { ScheduleFirer } from "../flow/schedule/schedule-firer.ts";
import type { Broker } from "../ports/broker/broker.ts";
import { deriveId, PROCESS } from "./process.ts";
import type { Shared } from "./shared.ts";

/** RabbitMQ gives back what a consumer of a lost node held after two seconds, since the queue is one of ours. */
const SEED_MS = 5_000;

/** Made before the admin port answers for it. */
export function createSchedules(broker: Broker, shared: Shared): ScheduleFirer {
  const { settings, config, isHeld, identity, observation, report: onError } = shared;
  const { observer } = observation;
  // The embedded broker is one process's: all is back once it is open.
  const seedMs = settings.broker === "embedded" ? 0 : SEED_MS;
  return new ScheduleFirer({ broker, config, isHeld, identity, observer, seedMs, deriveId, onError, ...PROCESS });
}

/** Fires schedules, or waits to be the router that does. The queues of all targets are declared by then. */
export function startSchedules(schedules: ScheduleFirer, { lifecycle }: Shared): void {
  schedules.start();
  lifecycle.onStop("schedules", () => schedules.stop());
}
