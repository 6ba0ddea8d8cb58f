import { waitFor } from "../async/time-limit.ts";
import { SharedLog } from "../flow/control-log/shared-log.ts";
import type { ControlLog } from "../ports/broker/log.ts";
import type { Shared } from "./shared.ts";

/** How long a start waits until the control log has been read. */
const KNOWN_MS_MAX = 30_000;

/** The control log for those who use it, before it is read. */
export function createControlLog(log: ControlLog, { observation }: Shared): SharedLog {
  const onUnreadable = (): void => observation.log.warn("the control log holds a record that this router cannot read");
  return new SharedLog(log, onUnreadable);
}

/**
 * Reads the control log. One that cannot be read must not stop all deliveries: after a while a fault is reported, and
 * pauses and jobs take effect once they are known.
 */
export async function readControlLog(log: SharedLog, { observation }: Shared): Promise<void> {
  const onGiveUp = () =>
    observation.brokerEvents.fault(
      "what was paused over the API is not known yet, and is called until it is",
      undefined,
    );
  await waitFor(log.start(), KNOWN_MS_MAX, { onGiveUp });
}
