import type { SharedLog } from "../../flow/control-log/shared-log.ts";
import { BlockedKeys } from "../../flow/order/blocked-keys.ts";
import { Owners } from "../../flow/order/owners.ts";
import { PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** What routers tell each other of functions that keep an order. The log does not show keys, which are parts of events. */
export function createOrder(
  log: SharedLog,
  { observation, config }: Shared,
): { readonly owners: Owners; readonly blockedKeys: BlockedKeys } {
  const blockedKeys = new BlockedKeys({
    log,
    ...PROCESS,
    keepsOrder: (name) => config().functions.get(name)?.orderBy !== undefined,
    onBlocked: ({ function: name, deliveryId, attempts, reason }) =>
      observation.log.warn(
        { function: name, deliveryId, attempts, reason },
        "a key is blocked: its events wait for one that does not succeed",
      ),
    onGoesOn: ({ function: name, deliveryId }) =>
      observation.log.info({ function: name, deliveryId }, "a blocked key goes on"),
  });
  observation.keys.watchBlocked(() => blockedKeys.list());
  return { owners: new Owners({ log, ...PROCESS }), blockedKeys };
}
