import type { AttemptListed, Happening } from "../../../src/admin-api/history.ts";
import type { PauseAnswer, PausedAnswer } from "../../../src/admin-api/paused.ts";

/** What is known of a destination that is called. */
export interface DestinationSeen {
  /** `function/NAME` or `api-destination/NAME`. */
  readonly name: string;
  readonly pause?: PauseAnswer;
  /** The newest state of its circuit breaker, of each router that said one. */
  readonly circuits: readonly Happening<"circuit">[];
  /** Its newest attempts, the newest first. */
  readonly attempts: readonly AttemptListed[];
}

/** Destinations by name, from what was seen of them: the API lists none by itself. */
export function destinationsSeen(
  attempts: readonly AttemptListed[],
  paused: PausedAnswer | undefined,
  circuits: readonly Happening<"circuit">[],
): readonly DestinationSeen[] {
  const byName = Map.groupBy(
    attempts.filter(({ destination }) => destination !== undefined),
    ({ destination }) => destination ?? "",
  );
  const pauses = new Map((paused?.paused ?? []).map((each) => [each.destination, each]));
  const names = new Set([...byName.keys(), ...pauses.keys(), ...circuits.map(({ destination }) => destination)]);
  return [...names].sort().map((name) => {
    const pause = pauses.get(name);
    return {
      name,
      circuits: newestOfRouters(circuits.filter(({ destination }) => destination === name)),
      attempts: byName.get(name) ?? [],
      ...(pause && { pause }),
    };
  });
}

function newestOfRouters(rows: readonly Happening<"circuit">[]): readonly Happening<"circuit">[] {
  return [...Map.groupBy(rows, ({ router }) => router).values()].flatMap(([newest]) => (newest ? [newest] : []));
}
