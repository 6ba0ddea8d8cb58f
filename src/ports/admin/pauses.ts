import type { Pause, PauseFacts } from "../../domain/target/pause.ts";
import type { DestinationRef } from "../../domain/target/target.ts";

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
