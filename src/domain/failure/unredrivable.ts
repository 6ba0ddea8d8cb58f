/** Why a dead letter cannot be redriven, and stays where it is. A closed set. */
export const UNREDRIVABLE_REASONS = {
  unreadable: "the message is no delivery that could be read",
  no_target: "it never had a target, or does not say which",
  target_gone: "its target is not in the configuration",
  unmatched: "no rule of its bus matches it",
} as const;

export type UnredrivableReason = keyof typeof UNREDRIVABLE_REASONS;

export interface Unredrivable {
  readonly id: string;
  readonly reason: UnredrivableReason;
  readonly message: string;
}

/** How many stay, by reason. A reason that none has is left out. */
export type UnredrivableCounts = Readonly<Partial<Record<UnredrivableReason, number>>>;
