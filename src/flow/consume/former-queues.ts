import { Ongoing } from "../../async/ongoing.ts";
import type { Config } from "../../domain/config.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { FunctionQueueKind } from "../../domain/queue/queues.ts";
import { batchQueue, formerFunctionQueues, functionQueue, functionQueueKind } from "../../domain/queue/queues.ts";
import type { Consumers } from "../../ports/broker/consumer.ts";
import type { QueueCounts } from "../../ports/broker/inspector.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import { countingBytes } from "./counting-bytes.ts";

/** When a former queue is asked for again. To ask for one that does not exist leaves an error in RabbitMQ's log. */
const EMPTY_MS = 15_000;
const ABSENT_MS = 300_000;
/** When a function is asked for again that must not be called now. */
const CLOSED_MS = 1_000;
/** How often a queue that is being emptied is asked for. */
const EMPTYING_MS = 250;
const MOVES_AT_ONCE = 10;

export interface FormerQueuesDeps {
  readonly broker: Consumers & QueueCounts;
  readonly inFlight: InFlightBytes;
  /** Stores a message in a queue before the one in hand is acked. Rejects when it must be left to the broker. */
  readonly move: (message: Received, queue: string) => Promise<void>;
  /**
   * Whether the function is to be called now. Otherwise routers of two configurations might move messages to and fro.
   */
  readonly isOpen: (functionName: string) => boolean;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (where: string, error: unknown) => void;
}

/** The watch of one of a function's former queues. */
interface Watch {
  readonly functionName: string;
  readonly from: string;
  readonly to: string;
  /** How many messages are moved at once: one where the order counts. */
  readonly movesAtOnce: number;
  readonly stop: AbortController;
}

/**
 * Moves what waits in the queues that functions had as another kind to the queues that they have now. A function that
 * becomes a push container or keeps an order, or does so no longer, changes its queue; one that no target has batches for any
 * more leaves its second one; and routers with an older configuration, or the
 * delay ladder, may bring messages to the former one for a while.
 *
 * Nothing is called from a former queue: the limits of its kind, such as a single active consumer, hold for the own
 * queue only, which is consumed meanwhile. A function that polls has its polls waiting there, for hours maybe.
 */
export class FormerQueues {
  readonly #deps: FormerQueuesDeps;
  readonly #watches = new Map<string, Watch>();
  readonly #ending = new Ongoing();
  #isStopped = false;

  constructor(deps: FormerQueuesDeps) {
    this.#deps = deps;
  }

  /** Watches the former queues of each function of this configuration, and no others. */
  follow({ functions, batchedFunctions }: Pick<Config, "functions" | "batchedFunctions">): void {
    if (this.#isStopped) return;
    const wanted = new Map(
      [...functions.values()].flatMap((fn) => {
        const kind = functionQueueKind(fn);
        const former = [
          ...formerFunctionQueues(fn.name, kind),
          ...(batchedFunctions.has(fn.name) ? [] : [batchQueue(fn.name)]),
        ];
        return former.map((from) => [from, { name: fn.name, kind }] as const);
      }),
    );
    for (const watch of this.#watches.values()) {
      const fn = wanted.get(watch.from);
      if (fn === undefined || functionQueue(fn.name, fn.kind) !== watch.to) this.#end(watch);
    }
    for (const [from, { name, kind }] of wanted) if (!this.#watches.has(from)) this.#begin(name, from, kind);
  }

  /** Takes no more, and resolves when what is being moved is stored. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const watch of this.#watches.values()) this.#end(watch);
    await this.#ending.ended();
  }

  #begin(name: string, from: string, kind: FunctionQueueKind): void {
    const watch = {
      functionName: name,
      from,
      to: functionQueue(name, kind),
      movesAtOnce: kind === "ordered" ? 1 : MOVES_AT_ONCE,
      stop: new AbortController(),
    };
    this.#watches.set(from, watch);
    this.#ending.begin();
    void this.#run(watch).finally(() => this.#ending.end());
  }

  #end({ from, stop }: Watch): void {
    stop.abort();
    this.#watches.delete(from);
  }

  async #run(watch: Watch): Promise<void> {
    const { signal } = watch.stop;
    while (!signal.aborted) {
      // A broker that is away is asked again, as one whose queue is empty.
      const waitMs = await this.#moveAll(watch).catch(() => EMPTY_MS);
      await this.#deps.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  /** Empties the queue. Resolves with how long to wait before it is asked for again. */
  async #moveAll(watch: Watch): Promise<number> {
    const { broker, inFlight, move, onError, sleep } = this.#deps;
    const { from, to, movesAtOnce, stop } = watch;
    if (!this.#deps.isOpen(watch.functionName)) return CLOSED_MS;
    const depth = await broker.depth(from);
    if (depth === undefined) return ABSENT_MS;
    if (depth.ready === 0) return EMPTY_MS;
    const consumer = await broker.consume(
      from,
      movesAtOnce,
      countingBytes((message) => move(message, to), inFlight, onError),
    );
    try {
      while (!stop.signal.aborted && (await this.#hasWork(watch))) await sleep(EMPTYING_MS, stop.signal);
    } finally {
      await consumer.stop();
    }
    return EMPTY_MS;
  }

  async #hasWork({ functionName, from }: Watch): Promise<boolean> {
    if (!this.#deps.isOpen(functionName)) return false;
    return ((await this.#deps.broker.depth(from))?.ready ?? 0) > 0;
  }
}
