import type { Registry } from "prom-client";
import { Gauge } from "prom-client";
import type { KeysWaiting } from "../../../../../domain/order/keys-waiting.ts";
import { askedGauge } from "../../asked-gauge.ts";

/** Of functions that keep an order, by destination; asked at each scrape. */
export interface KeyGauges {
  readonly keysWaiting: () => ReadonlyMap<string, KeysWaiting>;
  /** How many keys wait for an event that does not succeed. */
  readonly keysBlocked: () => ReadonlyMap<string, number>;
  /** For how many seconds the oldest of these has been blocked. */
  readonly oldestBlockedKeys: () => ReadonlyMap<string, number>;
}

/** The keys of functions that keep an order. */
export function orderMetrics(registry: Registry, { keysWaiting, keysBlocked, oldestBlockedKeys }: KeyGauges): void {
  const waiting = new Gauge({
    name: "busbar_destination_keys_waiting",
    help: "Keys that this router has in hand and does not call for: for their turn, or for a retry.",
    labelNames: ["destination", "state"] as const,
    registers: [registry],
    collect: () => {
      waiting.reset();
      for (const [destination, { turn, retry }] of keysWaiting()) {
        waiting.set({ destination, state: "turn" }, turn);
        waiting.set({ destination, state: "retry" }, retry);
      }
    },
  });
  askedGauge(registry, {
    name: "busbar_destination_keys_blocked",
    help: "Keys that wait for an event that does not succeed; every router exposes the same.",
    label: "destination",
    ask: keysBlocked,
  });
  askedGauge(registry, {
    name: "busbar_destination_oldest_blocked_key_seconds",
    help: "How long the oldest blocked key has been blocked; 0 when none is. Every router exposes the same.",
    label: "destination",
    ask: oldestBlockedKeys,
  });
}
