import { sleep } from "../async/sleep.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import { RouterQueues } from "../flow/queues/message-queues.ts";
import type { Broker } from "../ports/broker/broker.ts";
import { PROCESS } from "./process.ts";
import type { Shared } from "./shared.ts";

/** How often messages are deleted that are past their queue's retention. A receive never hands them out. */
const EXPIRE_INTERVAL_MS = 60_000;

/** The queues of those who speak SQS. Its polls are to be stopped before the public server. */
export function createQueues(
  broker: Broker,
  inFlight: InFlightBytes,
  { config, lifecycle, observation, report }: Shared,
): RouterQueues {
  const queues = new RouterQueues({ broker, inFlight, observer: observation.queueObserver, ...PROCESS });
  observation.watchReceived({ inFlight: () => broker.holds.inFlight(), waitingPolls: () => queues.waitingPolls });
  const stopping = new AbortController();
  const expiring = expireNowAndThen(() => queues.expire(config().queues.values()), stopping.signal, report);
  lifecycle.onStop("retention of queues", async () => {
    stopping.abort();
    await expiring;
  });
  return queues;
}

async function expireNowAndThen(
  expire: () => Promise<void>,
  stopping: AbortSignal,
  report: (error: unknown) => void,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      await expire();
    } catch (error) {
      report(error);
    }
    await sleep(EXPIRE_INTERVAL_MS, stopping);
  }
}
