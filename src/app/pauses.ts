import { waitFor } from "../async/time-limit.ts";
import { Pauses } from "../flow/pause/pauses.ts";
import type { BrokerEvents } from "../ports/broker.ts";
import type { ControlLog } from "../ports/log.ts";
import { PROCESS } from "./process.ts";
import type { Shared } from "./shared.ts";

/** How long a start waits until the control log has been read. */
const KNOWN_MS_MAX = 30_000;

/** Follows which destinations the configuration and operators pause, and shows it in log and metrics. */
export async function startPauses(controlLog: ControlLog, { config, observation }: Shared): Promise<Pauses> {
  const { log, observer, brokerEvents } = observation;
  const pauses = new Pauses({
    log: controlLog,
    ...PROCESS,
    onUnreadable: () => log.warn("the control log holds a record that this router cannot read"),
  });
  pauses.onChange((destination) => observer.pauseChanged(destination, pauses.find(destination)));
  observation.watchPauses((destination) => pauses.isPaused(destination));
  pauses.follow(config());
  await knownInTime(pauses.start(), brokerEvents);
  return pauses;
}

/**
 * Waits until the control log has been read. A log that cannot be read must not stop all deliveries: after a while a
 * fault is reported, and pauses take effect once they are known.
 */
async function knownInTime(known: Promise<void>, events: BrokerEvents): Promise<void> {
  const onGiveUp = () =>
    events.fault("what was paused over the API is not known yet, and is called until it is", undefined);
  await waitFor(known, KNOWN_MS_MAX, { onGiveUp });
}
