import { archiveStream } from "../../domain/archive/archive.ts";
import type { Config } from "../../domain/config.ts";
import { packQueues } from "../../domain/queue/configured-queues.ts";
import type { PackKind } from "../../domain/queue/pack.ts";

/** Says what the configuration in force has packs for, and works that out once for each. */
export class PackQueues {
  readonly #config: () => Config;
  #of: Config | undefined;
  #kinds: ReadonlyMap<string, PackKind> = new Map();

  constructor(config: () => Config) {
    this.#config = config;
  }

  /** What a queue's packs hold; undefined for a queue that has none. */
  kindOf(queue: string): PackKind | undefined {
    const config = this.#config();
    if (config !== this.#of) this.#kinds = kindsOf(config);
    this.#of = config;
    return this.#kinds.get(queue);
  }
}

function kindsOf(config: Config): ReadonlyMap<string, PackKind> {
  const streams = [...config.archives.values()].map(({ name, retention }) => archiveStream(name, retention));
  return new Map([
    ...[...packQueues(config)].map((queue) => [queue, "deliveries"] as const),
    ...streams.map((stream) => [stream, "archived events"] as const),
  ]);
}
