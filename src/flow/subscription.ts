import type { Broker, Consumer, Received } from "../core/broker.ts";
import type { Invoker } from "../core/invocation.ts";
import type { Deliver } from "./deliver.ts";
import type { FormerQueue } from "./former-queue.ts";

const FORMER_QUEUE_CHECK_MS = 15_000;
const DRAINED_CHECK_MS = 250;

export interface SubscriptionOptions {
  readonly queue: string;
  /** The queue of the kind the function had before, if it may have had one: its messages go first. */
  readonly formerQueue?: FormerQueue;
  /** Calls in flight at once, on this router. */
  readonly concurrency: number;
  readonly invoker: Invoker;
  readonly broker: Broker;
  readonly deliver: Deliver;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One called destination's consumer: from its queue, through the journey, to its invoker. */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #stopped = new AbortController();
  #consumer: Consumer | undefined;
  #paused = false;
  /** Changes of the consumer happen one after another. */
  #changes: Promise<void> = Promise.resolve();
  #formerWatch: Promise<void> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Consumes as soon as the queue of the former kind is empty, which nobody waits for: that may take hours. */
  async start(): Promise<void> {
    // Before the limit is read for the first time, or a change in between would go unseen.
    this.#options.invoker.capacity?.onChange(() => void this.#change(() => this.#renew()).catch(() => undefined));
    const formerFirst = (await this.#formerReady()) > 0;
    if (!formerFirst) await this.#change(() => this.#consume());
    this.#formerWatch = this.#watchFormerQueue(formerFirst ? 0 : FORMER_QUEUE_CHECK_MS);
  }

  pause(): Promise<void> {
    this.#paused = true;
    return this.#change(async () => this.#consumer?.pause());
  }

  resume(): Promise<void> {
    this.#paused = false;
    return this.#change(async () => this.#consumer?.resume());
  }

  /** Takes no more, waits for what is in flight, and ends what the invoker holds. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#change(async () => this.#consumer?.stop());
    await this.#formerWatch;
    await this.#options.invoker.close();
  }

  /** Calls the destination outside its own queue's turn: a suspect is tried alone. */
  async handle(message: Received): Promise<void> {
    const { deliver, invoker } = this.#options;
    await deliver(message, (invocation, signal) => invoker.invoke(invocation, signal));
  }

  #change(step: () => Promise<void>): Promise<void> {
    const next = this.#changes.then(step);
    this.#changes = next.catch(() => undefined);
    return next;
  }

  /** Starts the consumer anew with another limit when the number of containers has changed. */
  async #renew(): Promise<void> {
    if (this.#consumer === undefined || this.#stopped.signal.aborted) return;
    await this.#consumer.stop();
    this.#consumer = undefined;
    await this.#consume();
  }

  async #consume(): Promise<void> {
    if (this.#consumer !== undefined || this.#stopped.signal.aborted) return;
    const { broker, queue, concurrency, invoker } = this.#options;
    const limit = Math.max(1, Math.min(concurrency, invoker.capacity?.current() ?? concurrency));
    this.#consumer = await broker.consume(queue, limit, (message) => this.handle(message));
    if (this.#paused) await this.#consumer.pause();
  }

  /** Delivers what waits in the queue of the function's former kind, one at a time, before anything newer. */
  async #drainFormerQueue(): Promise<void> {
    const { broker, formerQueue, sleep } = this.#options;
    const signal = this.#stopped.signal;
    if (formerQueue === undefined || (await this.#formerReady()) === 0) return;
    const consumer = await broker.consume(formerQueue.name, 1, (message) => this.handle(message));
    try {
      while (!signal.aborted && (await this.#formerReady()) > 0) await sleep(DRAINED_CHECK_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await consumer.stop();
    }
  }

  async #formerReady(): Promise<number> {
    return (await this.#options.formerQueue?.ready()) ?? 0;
  }

  /** Routers with the old configuration may go on publishing to the former queue for a while. */
  async #watchFormerQueue(firstWaitMs: number): Promise<void> {
    const signal = this.#stopped.signal;
    for (let waitMs = firstWaitMs; this.#options.formerQueue !== undefined && !signal.aborted;) {
      try {
        await this.#options.sleep(waitMs, signal);
        waitMs = FORMER_QUEUE_CHECK_MS;
        await this.#drainFormerQueue();
      } catch {
        // The broker is away, or the router stops: the loop's condition tells which.
      }
      // Also after a failed look at the former queue: being unable to ask must not keep the function from its work.
      await this.#change(() => this.#consume()).catch(() => undefined);
    }
  }
}
