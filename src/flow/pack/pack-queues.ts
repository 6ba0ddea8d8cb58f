import type { Config } from "../../domain/config.ts";
import { packQueues } from "../../domain/queue/configured-queues.ts";

/** Says which queues the configuration in force has packs for, and works that out once for each. */
export class PackQueues {
  readonly #config: () => Config;
  #of: Config | undefined;
  #queues: ReadonlySet<string> = new Set();

  constructor(config: () => Config) {
    this.#config = config;
  }

  has(queue: string): boolean {
    const config = this.#config();
    if (config !== this.#of) this.#queues = packQueues(config);
    this.#of = config;
    return this.#queues.has(queue);
  }
}
