import type { ListedRouter, RouterListAnswer } from "../../../../src/admin-api/configuration/routers.ts";

/** Routers that run one configuration. */
export interface RunningAlike {
  readonly digest: string;
  /** Since when the first of them does. */
  readonly sinceMs: number;
  readonly rules: number;
  readonly routers: readonly ListedRouter[];
}

/** The configurations in force at routers that are not silent, the one that most of them run first. */
export function runningAlike({ routers }: RouterListAnswer): readonly RunningAlike[] {
  const live = routers.filter(({ silent }) => !silent);
  return [...Map.groupBy(live, ({ configuration }) => configuration.digest)]
    .map(([digest, alike]) => ({
      digest,
      sinceMs: Math.min(...alike.map(({ configuration }) => configuration.sinceMs)),
      rules: alike[0]?.configuration.rules ?? 0,
      routers: alike,
    }))
    .sort((a, b) => b.routers.length - a.routers.length || b.sinceMs - a.sinceMs);
}

/** What each router that is not silent says of a destination. */
export interface AtRouter {
  readonly router: string;
  readonly circuit: "closed" | "open" | "half-open";
  readonly callsInFlight: number;
}

/** A destination side by side: a router that has nothing to say of it calls it, and is not calling it at the moment. */
export function atRouters({ routers }: RouterListAnswer, destination: string): readonly AtRouter[] {
  return routers
    .filter(({ silent }) => !silent)
    .map(({ id, destinations }) => {
      const status = destinations.find((each) => each.destination === destination);
      return { router: id, circuit: status?.circuit ?? "closed", callsInFlight: status?.callsInFlight ?? 0 };
    });
}
