import type { DestinationRef } from "../domain/target/target.ts";

export const PAUSE_REASON_CHARACTERS_MAX = 256;
/** Of the name that the caller of a pause gives. */
export const PAUSED_BY_CHARACTERS_MAX = 128;

/** A paused destination. A pause that only the configuration makes has no time, author or reason. */
export interface Pause {
  /** As `destinationLabel` writes it. */
  readonly destination: string;
  /** Whether the configuration pauses it. Then only a change of the configuration resumes it. */
  readonly configured: boolean;
  /** ISO 8601. */
  readonly since?: string;
  readonly by?: string;
  readonly reason?: string;
}

/** What the caller of a pause says about it. */
export interface PauseFacts {
  readonly by?: string;
  readonly reason?: string;
}

/** Which destinations are paused, by label, for those that consume their queues. */
export interface PauseSource {
  isPaused(label: string): boolean;
  /** Calls the listener with each destination that has been paused or resumed. */
  onChange(listener: (label: string) => void): void;
}

/** Pausing and resuming, for operators. */
export interface PauseControl {
  /** Every pause, by destination. */
  list(): readonly Pause[];
  /** Resolves when the pause is durable. Rejects with `PublishError` when the broker cannot store it now. */
  pause(destination: DestinationRef, facts: PauseFacts): Promise<Pause>;
  /** Ends a pause, in the same way. Resolves with false when only the configuration can end it. */
  resume(destination: DestinationRef): Promise<boolean>;
}
