import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { eventually, within } from "../../contract/waiting.ts";
import type { Direction, Method } from "./amqp-frames.ts";
import { AmqpLink } from "./amqp-link.ts";

/** A frame to wait for, and the side of it on which time stops. */
export interface Moment {
  readonly direction: Direction;
  readonly method: Method;
  /** Any queue when absent. */
  readonly queue?: string;
  /** The first such frame is 1. */
  readonly nth?: number;
  /** Whether the frame itself still passes. */
  readonly passes: boolean;
}

/** What happens at the moment: nothing passes any more on any connection until further notice, or all are reset. */
export type Interruption = "hold" | "cut";

const REACHED_MS_MAX = 30_000;

/**
 * A way to a broker on loopback that can be interrupted at a frame, and that plays the broker's part in taking channels
 * and consumers away. Without that it passes everything on.
 */
export class AmqpProxy {
  readonly #links = new Set<AmqpLink>();
  readonly #server;
  #wanted: { moment: Moment; interruption: Interruption; left: number; reached: () => void } | undefined;
  /** What waits to be passed on, in its order, while everything is held. */
  #held: (() => void)[] | undefined;

  private constructor(brokerPort: number) {
    this.#server = createServer((router) => this.#join(router, connect(brokerPort, "127.0.0.1")));
  }

  /** A proxy on a free port in front of the broker of an AMQP URL. */
  static async start(brokerUrl: string): Promise<AmqpProxy> {
    const proxy = new AmqpProxy(Number(new URL(brokerUrl).port));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** The same URL by way of the proxy. */
  through(brokerUrl: string): string {
    const url = new URL(brokerUrl);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Resolves when the moment was reached, and fails when it is not within 30 s. */
  async interruptAt(moment: Moment, interruption: Interruption): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wanted = { moment, interruption, left: moment.nth ?? 1, reached: () => resolve(undefined) };
    const { direction, method, queue = "any queue" } = moment;
    await within(`${method} ${direction} for ${queue}`, promise, REACHED_MS_MAX);
  }

  /** Passes on what was held. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const pass of held) pass();
  }

  /** Drops what was held of a router that was killed. Resolves when its connections are gone, and new ones pass. */
  async drop(): Promise<void> {
    await eventually("the killed router's connections are gone", () => this.#links.size === 0);
    this.#held = undefined;
  }

  /** Ends every connection, with a reset. New ones pass. */
  cut(): void {
    this.#held = undefined;
    for (const link of this.#links) link.cut();
  }

  /** Closes every channel that consumes or publishes, as the broker does over an error of its client. Returns how many. */
  closeChannels(): number {
    return [...this.#links].reduce((total, link) => total + link.closeChannels(), 0);
  }

  /** Ends every consumer, as the broker does when a queue goes or a message is held for too long. Returns how many. */
  cancelConsumers(): number {
    return [...this.#links].reduce((total, link) => total + link.cancelConsumers(), 0);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #join(router: Socket, broker: Socket): void {
    const link = new AmqpLink(router, broker, {
      passes: (direction, method, queues) => this.#passes(direction, method, queues),
      hold: (pass) => this.#held?.push(pass),
    });
    this.#links.add(link);
    void link.gone.then(() => this.#links.delete(link));
  }

  #passes(direction: Direction, method: Method | undefined, queues: readonly string[]): boolean {
    if (this.#held !== undefined) return false;
    const wanted = this.#wanted;
    if (wanted === undefined) return true;
    const { moment } = wanted;
    const isIt = moment.direction === direction && moment.method === method;
    if (!isIt || (moment.queue !== undefined && !queues.includes(moment.queue)) || --wanted.left > 0) return true;
    this.#wanted = undefined;
    this.#held = [];
    // Only when the frames before it are on their way.
    setImmediate(() => {
      if (wanted.interruption === "cut") this.cut();
      wanted.reached();
    });
    return moment.passes;
  }
}
