import type { Consumers } from "../../ports/consumer.ts";
import type { QueueCounts } from "../../ports/inspector.ts";
import type { MessageHandler } from "../../ports/consumer.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { Config } from "../../domain/config.ts";
import { functionQueue } from "../../domain/queue/queues.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import { FormerQueue } from "./former-queue.ts";
import { watchFormerQueue } from "./former-queue-watch.ts";

export interface PolledFormerQueuesDeps {
  readonly broker: Consumers & QueueCounts;
  /** A handler that does the same, and counts the message meanwhile. */
  readonly counted: (handler: MessageHandler) => MessageHandler;
  /** Stores a message in a queue before the one in hand is acked. */
  readonly move: (message: Received, queue: string) => Promise<void>;
  /** Whether the destination of that label is to be called now. */
  readonly isOpen: (label: string) => boolean;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Watches the former queues of functions that poll. Polls wait in the function's own queue alone, for hours maybe, while
 * messages may come to the former one: out of the delay ladder, or from a router with the old configuration.
 */
export class PolledFormerQueues {
  readonly #deps: PolledFormerQueuesDeps;
  readonly #watches = new Map<string, AbortController>();
  readonly #endings = new Set<Promise<void>>();

  constructor(deps: PolledFormerQueuesDeps) {
    this.#deps = deps;
  }

  /** Watches those that poll in this configuration, and no others. */
  reconcile({ functions }: Config): void {
    for (const [name, watch] of this.#watches) {
      if (functions.get(name)?.run.kind === "runtimeApi") continue;
      watch.abort();
      this.#watches.delete(name);
    }
    for (const { name, run } of functions.values()) {
      if (run.kind === "runtimeApi" && !this.#watches.has(name)) this.#watches.set(name, this.#begin(name));
    }
  }

  /** Takes no more, and resolves when what is being moved is stored. */
  async stop(): Promise<void> {
    for (const watch of this.#watches.values()) watch.abort();
    await Promise.all(this.#endings);
  }

  #begin(name: string): AbortController {
    const { broker, counted, move, isOpen, nowMs, sleep } = this.#deps;
    const watch = new AbortController();
    const watchDeps = {
      formerQueue: new FormerQueue(functionQueue(name, "container"), broker, nowMs),
      broker,
      move: counted((message) => move(message, functionQueue(name, "runtimeApi"))),
      isOpen: () => isOpen(destinationLabel({ kind: "function", name })),
      sleep,
    };
    const ending = watchFormerQueue(watchDeps, watch.signal).finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
    return watch;
  }
}
