import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { QueueBrowser, QueueCounts } from "../../ports/inspector.ts";
import type { Publisher } from "../../ports/publisher.ts";
import type { Observer } from "../../ports/observer.ts";

/** What reading and moving dead letters needs. */
export interface RedriveDeps {
  readonly broker: Publisher & QueueBrowser & QueueCounts;
  readonly config: () => Config;
  readonly identity: Identity;
  readonly observer: Pick<Observer, "redriven" | "deadLettersPurged">;
  /** The same id for the same text, and another for another. */
  readonly deriveId: (text: string) => string;
  readonly nowMs: () => number;
  /** A clock that only goes forward, milliseconds from any moment. */
  readonly steadyMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}
