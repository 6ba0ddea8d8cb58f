import type { LiveConfig } from "../../config/live/live-config.ts";
import { MadeConfig, NOT_KEPT } from "../../flow/made/made-config.ts";
import type { MadeChanges } from "../../ports/made.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { Store } from "../../ports/store/store.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** What is made over the API, in force: for the operations that change it, and to be joined by the broker. */
export interface StartedMade {
  readonly changes: MadeChanges;
  /** Lets the routers at the broker know of each other's changes at once. */
  listen(broker: Broadcast): void;
  /** Takes nothing over any more. May be called again. */
  stop(): Promise<void>;
}

/** Puts in force what the store has of buses and rules, and follows it. Resolves when it was read. */
export async function startMade(
  store: Store | undefined,
  live: LiveConfig,
  { observation, lifecycle, report }: Shared,
): Promise<StartedMade> {
  if (store === undefined) return { changes: NOT_KEPT, listen: () => undefined, stop: () => Promise.resolve() };
  const made = new MadeConfig({
    store,
    takeOver: (changed) => live.takeOver(changed),
    observer: observation.madeObserver,
    onError: report,
    ...PROCESS,
  });
  lifecycle.onStop("configuration of the store", () => made.stop());
  await made.start();
  observation.follow(live.current);
  return { changes: made, listen: (broker) => made.listen(broker), stop: () => made.stop() };
}
