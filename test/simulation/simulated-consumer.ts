import type { Consumer } from "../../src/ports/consumer.ts";
import type { Received } from "../../src/domain/queue/message.ts";
import type { Link } from "./simulated-broker.ts";
import type { HandOut, Subscription } from "./simulated-rabbitmq.ts";

export interface ConsumerOptions {
  readonly queue: string;
  readonly limit: number;
  readonly alone: boolean;
  readonly handler: (message: Received, lost: AbortSignal, route: string) => Promise<void>;
}

/** One subscription of a router, renewed after each lost connection: the rules of the real consumer, without a network. */
export class SimulatedConsumer implements Consumer {
  readonly #link: Link;
  readonly #options: ConsumerOptions;
  readonly #ended: () => void;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #transit = new Set<HandOut>();
  readonly #waitingForSlot: (() => void)[] = [];
  readonly #setbacks = new Map<string, number>();
  readonly #stopping = new AbortController();
  #handling = 0;
  #wanted: "running" | "paused" | "stopped" = "running";
  #subscription: Subscription | undefined;
  /** Fires when the connection of the moment goes, or a subscription that is alone, with all that came over it. */
  #lost = new AbortController();
  #turn: Promise<void> = Promise.resolve();
  /** What waits for the subscription to have nothing unacked. */
  #settled: (() => void)[] = [];

  constructor(link: Link, options: ConsumerOptions, ended: () => void) {
    this.#link = link;
    this.#options = options;
    this.#ended = ended;
  }

  start(): Promise<void> {
    return this.#settleSubscription();
  }

  pause(): Promise<void> {
    if (this.#wanted === "running") this.#wanted = "paused";
    const settled = this.#settleSubscription();
    return this.#options.alone ? Promise.resolve() : settled;
  }

  resume(): Promise<void> {
    if (this.#wanted === "paused") this.#wanted = "running";
    return this.#settleSubscription();
  }

  async stop(): Promise<void> {
    this.#wanted = "stopped";
    await this.#settleSubscription();
    this.#stopping.abort();
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
    this.#ended();
  }

  /** The connection has gone. */
  lost(): void {
    this.#subscription = undefined;
    this.#lose();
    this.#tellSettled();
  }

  /** There is a connection again. */
  connected(): void {
    void this.#settleSubscription();
  }

  #settleSubscription(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      const { scheduler, life } = this.#link;
      await scheduler.wait(this.#link.latencyMs(), life);
      if (!this.#link.connected || (this.#wanted === "running") === (this.#subscription !== undefined)) return;
      if (this.#subscription === undefined) await this.#subscribe();
      else await this.#cancel(this.#subscription);
    });
    return this.#turn;
  }

  async #subscribe(): Promise<void> {
    const { queue, limit } = this.#options;
    const parts = {
      queue,
      limit,
      polls: false,
      arrive: (handOut: HandOut) => this.#arrive(handOut),
      cancelled: () => this.#cancelledByBroker(),
    };
    this.#subscription = this.#link.subscribe(parts);
    if (this.#subscription !== undefined) return;
    await this.#link.declareAgain(queue);
    if (this.#link.connected) this.#subscription = this.#link.subscribe(parts);
  }

  /** One that is alone keeps its place until it has finished what it has, so that no other begins meanwhile. */
  async #cancel(subscription: Subscription): Promise<void> {
    if (this.#options.alone) {
      subscription.closing = true;
      await this.#nothingUnacked(subscription);
    }
    if (this.#subscription !== subscription) return;
    this.#link.cancel(subscription);
    this.#subscription = undefined;
    // Whatever was on its way arrives before the answer to the cancel.
    await this.#nothingInTransit(subscription);
  }

  #cancelledByBroker(): void {
    this.#subscription = undefined;
    if (this.#options.alone) this.#lose();
    this.#tellSettled();
    void this.#link.declareAgain(this.#options.queue).then(() => this.#settleSubscription());
  }

  /** What waits finds in its slot that it is lost, and leaves it. */
  #lose(): void {
    this.#lost.abort();
    this.#lost = new AbortController();
    this.#handling += this.#waitingForSlot.length;
    for (const next of this.#waitingForSlot.splice(0)) next();
  }

  #arrive(handOut: HandOut): void {
    const { scheduler, life, epoch } = this.#link;
    const lost = this.#lost.signal;
    this.#transit.add(handOut);
    scheduler.after(this.#link.latencyMs(), life, () => {
      this.#transit.delete(handOut);
      if (epoch === this.#link.epoch && handOut.orphanedBy === undefined) this.#track(this.#handle(handOut, lost));
      this.#tellSettled();
    });
  }

  #track(handling: Promise<void>): void {
    this.#inFlight.add(handling);
    void handling.finally(() => this.#inFlight.delete(handling));
  }

  async #handle(handOut: HandOut, lost: AbortSignal): Promise<void> {
    await this.#takeSlot();
    const message = this.#link.received(handOut);
    const done = !lost.aborted && (await this.#run(message, lost, handOut.stored.route));
    this.#settle(handOut, done);
    this.#freeSlot();
  }

  async #run(message: Received, lost: AbortSignal, route: string): Promise<boolean> {
    try {
      await this.#options.handler(message, lost, route);
      this.#setbacks.delete(message.id);
      return true;
    } catch (error) {
      if (error === lost.reason) return false;
      const setbacks = (this.#setbacks.get(message.id) ?? 0) + 1;
      this.#setbacks.set(message.id, setbacks);
      const { scheduler, life } = this.#link;
      const pauseMs = Math.min(30_000, 1_000 * 2 ** (setbacks - 1));
      await scheduler.sleep(pauseMs, this.#stopping.signal, life).catch(() => undefined);
      return false;
    }
  }

  /** On its way an ack may be lost with the connection: then the message comes back. */
  #settle(handOut: HandOut, done: boolean): void {
    const { server, scheduler, epoch } = this.#link;
    scheduler.after(this.#link.latencyMs(), undefined, () => {
      if (epoch === this.#link.epoch) {
        if (done) server.ack(handOut);
        else server.nack(handOut);
      }
      this.#tellSettled();
    });
  }

  async #nothingUnacked(subscription: Subscription): Promise<void> {
    while (subscription.unacked.size > 0) await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  async #nothingInTransit(subscription: Subscription): Promise<void> {
    const isItsOwn = (handOut: HandOut): boolean => handOut.subscription === subscription;
    while ([...this.#transit].some(isItsOwn)) await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  #tellSettled(): void {
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  async #takeSlot(): Promise<void> {
    if (this.#handling < this.#options.limit) this.#handling += 1;
    else await new Promise<void>((resolve) => this.#waitingForSlot.push(resolve));
  }

  #freeSlot(): void {
    const next = this.#waitingForSlot.shift();
    if (next === undefined) this.#handling -= 1;
    else next();
  }
}
