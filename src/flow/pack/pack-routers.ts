import { doublingMs } from "../../async/doubling.ts";
import { declarationOf, UNDELIVERABLE_QUEUE } from "../../domain/queue/queues.ts";
import type { Consumer, Consumers } from "../../ports/broker/consumer.ts";
import type { QueueCounts } from "../../ports/broker/inspector.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";

/** How long after a change the routers are counted again; then after twice as long, up to the most. */
const COUNT_MS_MIN = 1_000;
const COUNT_MS_MAX = 15_000;
/** An earlier version that lost its connection is back by then: it tries every 2 s. Until then it counts as gone. */
const ABSENT_MS_MAX = 15_000;

export interface PackRoutersDeps {
  readonly broker: Publisher & Consumers & QueueCounts;
  /** The queue that tells who knows packs of a kind. */
  readonly queue: string;
  /** Called when `areAll` has changed. */
  readonly onChange: (areAll: boolean) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Whether all routers know packs of a kind. An earlier version parks a pack of deliveries as undecodable, and its replays
 * leave out a pack of archived events. Every router of every version consumes the queue of the undeliverable, before any
 * other, and one that knows packs consumes another queue besides, which nobody publishes to. The broker counts both. (Of a
 * queue with a single active consumer it counts only that one.)
 */
export class PackRouters {
  readonly #deps: PackRoutersDeps;
  readonly #stopping = new AbortController();
  #consumer: Consumer | undefined;
  #counting: Promise<void> | undefined;
  #areAll = false;

  constructor(deps: PackRoutersDeps) {
    this.#deps = deps;
  }

  /** Whether all routers know packs, by the last counts. */
  get areAll(): boolean {
    return this.#areAll;
  }

  /** Says that this router knows packs. Resolves when the broker knows it. */
  async start(): Promise<void> {
    const { broker, queue } = this.#deps;
    await broker.declare([declarationOf(queue)]);
    this.#consumer = await broker.consume(queue, 1, () => Promise.resolve());
    this.#counting = this.#countOn();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#counting;
    await this.#consumer?.stop();
  }

  async #countOn(): Promise<void> {
    const { signal } = this.#stopping;
    // The first count holds at once. Later, two in a row must have found all, with time between them to come back.
    let before = true;
    for (let counts = 1; !signal.aborted; counts++) {
      const counted = await this.#count().catch(() => false);
      const areAll = counted && before;
      before = counted;
      if (areAll !== this.#areAll) {
        this.#areAll = areAll;
        this.#deps.onChange(areAll);
        counts = 1;
      }
      const waitMs = counted && !areAll ? ABSENT_MS_MAX : doublingMs(counts, COUNT_MS_MIN, COUNT_MS_MAX);
      await this.#deps.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** In this order: a router that comes between the two counts then counts as one that knows packs, or not at all. */
  async #count(): Promise<boolean> {
    const { broker, queue } = this.#deps;
    const all = (await broker.depth(UNDELIVERABLE_QUEUE))?.consumers ?? 0;
    const knowing = (await broker.depth(queue))?.consumers ?? 0;
    return knowing > 0 && knowing >= all;
  }
}
