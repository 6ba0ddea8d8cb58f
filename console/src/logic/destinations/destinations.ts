import type { AttemptListed } from "../../../../src/admin-api/history/history.ts";
import type { Happening } from "../../../../src/admin-api/history/happenings.ts";
import type { DestinationListAnswer } from "../../../../src/admin-api/destinations/destinations.ts";

export type ConfiguredDestination = DestinationListAnswer["destinations"][number];

/** What is known of a destination that is called. */
export interface DestinationSeen {
  /** `function/NAME` or `api-destination/NAME`. */
  readonly name: string;
  /** Undefined for one that was called and is not in the configuration any more. */
  readonly configured?: ConfiguredDestination;
  /** The newest state of its circuit breaker, of each router that said one. */
  readonly circuits: readonly Happening<"circuit">[];
  /** Those of the newest attempts that were its, the newest first. */
  readonly attempts: readonly AttemptListed[];
}

/** The destinations of the configuration, and those that were called and are not in it any more, by name. */
export function destinationsSeen(
  { destinations }: DestinationListAnswer,
  attempts: readonly AttemptListed[],
  circuits: readonly Happening<"circuit">[],
): readonly DestinationSeen[] {
  const byName = Map.groupBy(attempts, ({ destination = "" }) => destination);
  const configured = new Map(destinations.map((each) => [each.destination, each]));
  const names = new Set([...configured.keys(), ...byName.keys()].filter((name) => name !== ""));
  return [...names].sort().map((name) => {
    const own = configured.get(name);
    return {
      name,
      circuits: newestOfRouters(circuits.filter(({ destination }) => destination === name)),
      attempts: byName.get(name) ?? [],
      ...(own && { configured: own }),
    };
  });
}

function newestOfRouters(rows: readonly Happening<"circuit">[]): readonly Happening<"circuit">[] {
  return [...Map.groupBy(rows, ({ router }) => router).values()].flatMap(([newest]) => (newest ? [newest] : []));
}
