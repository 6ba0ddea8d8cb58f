import type { Facts } from "./scenario.ts";

/** The facts of one scenario that was played on several stages: sums, and the worst of what cannot be summed. */
export function together(first: Facts, ...others: readonly Facts[]): Facts {
  return others.reduce(
    (all, one) => ({
      accepted: all.accepted + one.accepted,
      delivered: all.delivered + one.delivered,
      deadLettered: all.deadLettered + one.deadLettered,
      parked: all.parked + one.parked,
      lost: all.lost + one.lost,
      excused: all.excused + one.excused,
      duplicates: all.duplicates + one.duplicates,
      wrong: all.wrong + one.wrong,
      examples: [...all.examples, ...one.examples],
      recoverySeconds: Math.max(all.recoverySeconds, one.recoverySeconds),
      memoryMiB: Math.max(all.memoryMiB, one.memoryMiB),
      notes: [...(all.notes ?? []), ...(one.notes ?? [])],
    }),
    first,
  );
}
