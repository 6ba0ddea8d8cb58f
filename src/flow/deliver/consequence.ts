import type { IsHeld } from "../../domain/rule/rule.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { DeadLetterFact, RecordFact, RoutedFact } from "../../domain/facts.ts";
import type { Message } from "../../domain/queue/message.ts";

/** What must be stored before a delivery may be acked, and what is counted of it. */
export interface Consequences {
  readonly messages: readonly Message[];
  readonly delayMs?: number;
  readonly deadLetters: readonly DeadLetterFact[];
  readonly records: readonly RecordFact[];
  /** What a record that was put on a bus met there. */
  readonly routed: readonly RoutedFact[];
}

/** What consequences depend on, besides the attempt and its verdict. */
export interface ConsequenceContext {
  readonly config: Config;
  readonly identity: Identity;
  readonly newId: () => string;
  readonly nowMs: number;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
}
