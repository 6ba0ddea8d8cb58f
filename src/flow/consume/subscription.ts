import type { Broker } from "../../ports/broker.ts";
import type { Consumer, MessageHandler } from "../../ports/consumer.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { CircuitBreakerPolicy } from "../../domain/target/circuit.ts";
import type { Invoker } from "../../ports/functions.ts";
import type { CircuitFacts } from "../../domain/facts.ts";
import { Ongoing } from "../../async/ongoing.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { CallSlots } from "../functions/call-slots.ts";
import { CircuitBreaker } from "../functions/circuit-breaker.ts";
import type { PreparedCall } from "../deliver/send.ts";
import type { FormerQueue } from "./former-queue.ts";
import { watchFormerQueue } from "./former-queue-watch.ts";
import { Gate } from "./gate.ts";

/** How long a message may wait here for a slot: with the longest call after it, well below RabbitMQ's 30 min. */
const HELD_MS_MAX = 600_000;
/** The same for a suspect: others wait behind it. */
const SUSPECT_HELD_MS_MAX = 10_000;
/** How long the broker is left alone that refused a change of the consumer. */
const FOLLOW_AGAIN_MS = 5_000;

export interface SubscriptionOptions {
  readonly destination: DestinationRef;
  readonly queue: string;
  /** The queue of the kind the function had before, if it may have had one. */
  readonly formerQueue?: FormerQueue;
  /** Calls in flight at once, on this router. */
  readonly concurrency: number;
  readonly circuitBreaker?: CircuitBreakerPolicy;
  readonly invoker: Invoker;
  readonly broker: Broker;
  /** The second journey, for one message. */
  readonly deliver: (message: Received, call: PreparedCall) => Promise<unknown>;
  /** A handler that does the same, and counts the message meanwhile. */
  readonly counted: (handler: MessageHandler) => MessageHandler;
  /** Stores a message in a queue before the one in hand is acked. Rejects when it must be left to the broker. */
  readonly move: (message: Received, queue: string) => Promise<void>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onCircuit: (facts: CircuitFacts) => void;
  readonly onError: (error: unknown) => void;
}

/** The consumer of the moment. */
interface Intake {
  readonly limit: number;
  readonly consumer: Consumer;
}

/** One called destination's consumer: from its queue, through the journey, to its invoker. */
export class Subscription {
  /** While it is shut the consumer is cancelled: RabbitMQ must not think that anything is held for too long. */
  readonly gate = new Gate(() => this.#holdsChanged());
  readonly #options: SubscriptionOptions;
  readonly #slots: CallSlots;
  readonly #breaker: CircuitBreaker | undefined;
  readonly #stopped = new AbortController();
  readonly #inFlight = new Ongoing();
  #intake: Intake | undefined;
  /** Changes of the consumer happen one after another. */
  #changes: Promise<void> = Promise.resolve();
  #willFollow = false;
  /** Consumers that were replaced, and whatever else a stop has to wait for. None rejects. */
  readonly #endings = new Set<Promise<void>>();

  constructor(options: SubscriptionOptions) {
    const { destination, circuitBreaker, sleep } = options;
    this.#options = options;
    this.#slots = new CallSlots({ limit: () => this.#callsMax(), sleep });
    this.#breaker =
      circuitBreaker &&
      new CircuitBreaker({
        destination,
        policy: circuitBreaker,
        sleep,
        onChange: (facts) => this.#circuitChanged(facts),
      });
  }

  /** Resolves when it consumes, or is held. */
  async start(): Promise<void> {
    const { formerQueue, broker, queue, counted, sleep, invoker } = this.#options;
    // Before the limit is read for the first time, or a change in between would go unseen.
    invoker.capacity?.onChange(() => {
      this.#slots.serve();
      void this.#follow();
    });
    await this.#follow();
    if (formerQueue === undefined) return;
    const move = counted((message) => this.#options.move(message, queue));
    const isOpen = (): boolean => this.gate.isOpen;
    this.#await(watchFormerQueue({ formerQueue, broker, move, isOpen, sleep }, this.#stopped.signal));
  }

  /** Takes no more, waits for the calls in flight, a suspect's too, and ends what the invoker holds. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#breaker?.stop();
    this.#slots.turnAway();
    await this.#changes;
    this.#retire();
    while (this.#endings.size > 0 || this.#inFlight.any) {
      await Promise.all([...this.#endings, this.#inFlight.ended()]);
    }
    await this.#options.invoker.close();
  }

  /** Calls the destination outside its own queue's turn, where it may be called. Otherwise the suspect goes to its queue. */
  trySuspect(suspect: Received, lost: AbortSignal): Promise<void> {
    return this.#handle(suspect, SUSPECT_HELD_MS_MAX, lost);
  }

  /** A message that is lost while it waits is neither called for nor moved: another router may have it by now. */
  async #handle(message: Received, heldMsMax: number, lost: AbortSignal): Promise<void> {
    const { deliver, move, queue } = this.#options;
    this.#inFlight.begin();
    let hasSlot = false;
    try {
      hasSlot = this.#mayCall() && (this.#slots.tryTake() || (await this.#slots.take(heldMsMax, lost)));
      lost.throwIfAborted();
      await (hasSlot ? deliver(message, this.#call) : move(message, queue));
    } finally {
      if (hasSlot) this.#slots.release();
      this.#inFlight.end();
    }
  }

  readonly #call: PreparedCall = async (invocation, signal) => {
    const outcome = await this.#options.invoker.invoke(invocation, signal);
    this.#breaker?.called(outcome);
    return outcome;
  };

  #mayCall(): boolean {
    return this.gate.letsCall && !this.#stopped.signal.aborted;
  }

  #circuitChanged(facts: CircuitFacts): void {
    this.#options.onCircuit(facts);
    this.gate.set("circuit", facts.state === "open");
    // From one call at a time to all of them, which is no change of the gate.
    void this.#follow();
  }

  /** What waits for a slot when the destination must not be called any more goes back to the queue. */
  #holdsChanged(): void {
    if (!this.gate.letsCall) this.#slots.turnAway();
    void this.#follow();
  }

  /** Brings the consumer in step with what is wanted by then, and tries again later what the broker refuses. Never rejects. */
  #follow(): Promise<void> {
    this.#changes = this.#changes
      .then(() => this.#change())
      .catch((error: unknown) => {
        this.#options.onError(error);
        void this.#followLater();
      });
    return this.#changes;
  }

  async #change(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    if (!this.gate.isOpen) await this.#intake?.consumer.pause();
    else if (this.#intake !== undefined && this.#suits(this.#intake)) await this.#intake.consumer.resume();
    else await this.#renew();
  }

  /** However many changes fail meanwhile, there is one wait. */
  async #followLater(): Promise<void> {
    if (this.#willFollow) return;
    this.#willFollow = true;
    await this.#options.sleep(FOLLOW_AGAIN_MS, this.#stopped.signal).catch(() => undefined);
    this.#willFollow = false;
    await this.#follow();
  }

  /** The next consumer does not wait for the calls of the one before. */
  async #renew(): Promise<void> {
    this.#retire();
    const { broker, queue, counted } = this.#options;
    const limit = this.#intakeLimit();
    const handle = counted((message, lost) => this.#handle(message, HELD_MS_MAX, lost));
    this.#intake = { limit, consumer: await broker.consume(queue, limit, handle) };
  }

  #retire(): void {
    const intake = this.#intake;
    this.#intake = undefined;
    if (intake !== undefined) this.#await(intake.consumer.stop());
  }

  #await(ending: Promise<void>): void {
    const settled = ending.catch(this.#options.onError).finally(() => this.#endings.delete(settled));
    this.#endings.add(settled);
  }

  #callsMax(): number {
    const { concurrency, invoker } = this.#options;
    return Math.max(1, Math.min(concurrency, invoker.capacity?.current() ?? concurrency));
  }

  /**
   * How many messages to hold at once. Where the number of calls follows that of containers, as many again are kept at
   * hand: a queue that one router may consume can only be consumed anew when the longest call in flight has ended.
   */
  #intakeLimit(): number {
    const { concurrency, invoker } = this.#options;
    if (this.#breaker?.state === "half-open") return 1;
    return invoker.capacity === undefined ? concurrency : Math.min(concurrency, 2 * this.#callsMax());
  }

  /** Containers come and go all the time, and a call that times out takes one away for a while. */
  #suits({ limit }: Intake): boolean {
    if (this.#breaker?.state === "half-open") return limit === 1;
    return limit >= this.#callsMax() && limit <= 4 * this.#callsMax();
  }
}
