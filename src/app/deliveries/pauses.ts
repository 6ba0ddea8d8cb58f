import type { SharedLog } from "../../flow/control-log/shared-log.ts";
import { Pauses } from "../../flow/pause/pauses.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** Follows which destinations the configuration and operators pause, and shows it in log and metrics. */
export function startPauses(log: SharedLog, { config, observation }: Shared): Pauses {
  const pauses = new Pauses({ log, ...PROCESS });
  pauses.onChange((destination) => observation.observer.pauseChanged(destination, pauses.find(destination)));
  observation.watchPauses((destination) => pauses.isPaused(destination));
  pauses.follow(config());
  return pauses;
}
