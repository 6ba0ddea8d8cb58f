import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { eventually, within } from "../../test/contract/waiting.ts";
import type { Frame } from "./amqp-frames.ts";
import { FrameReader } from "./amqp-frames.ts";

/** A frame to wait for, and the side of it on which time stops. */
export interface Moment {
  readonly direction: "toBroker" | "toRouter";
  readonly method: string;
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

/** A way to a broker on loopback that can be interrupted at a frame. Without that it passes everything on. */
export class AmqpProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  #wanted: { moment: Moment; interruption: Interruption; left: number; reached: () => void } | undefined;
  /** What waits to be passed on, in its order, while everything is held. */
  #held: (() => void)[] | undefined;

  private constructor(brokerPort: number) {
    this.#server = createServer((router) => this.#join(router, connect(brokerPort, "127.0.0.1")));
  }

  static async start(brokerUrl: string): Promise<AmqpProxy> {
    const proxy = new AmqpProxy(Number(new URL(brokerUrl).port));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The same URL by way of the proxy. */
  through(brokerUrl: string): string {
    const url = new URL(brokerUrl);
    url.port = String(this.port);
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
    await eventually("the killed router's connections are gone", () => this.#sockets.size === 0);
    this.#held = undefined;
  }

  /** Ends every connection, with a reset. New ones pass. */
  cut(): void {
    this.#held = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #join(router: Socket, broker: Socket): void {
    const reader = new FrameReader();
    this.#pass(router, broker, (chunk) => reader.read("toBroker", chunk), "toBroker");
    this.#pass(broker, router, (chunk) => reader.read("toRouter", chunk), "toRouter");
  }

  #pass(from: Socket, to: Socket, read: (chunk: Buffer) => Frame[], direction: Moment["direction"]): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      const passing: Buffer[] = [];
      for (const frame of read(chunk)) {
        if (this.#passes(frame, direction)) passing.push(frame.bytes);
        else this.#held?.push(() => to.write(frame.bytes));
      }
      if (passing.length > 0 && !to.destroyed) to.write(Buffer.concat(passing));
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      // After what is still to be written: what has passed must arrive, whoever is killed now.
      to.destroySoon();
    });
  }

  #passes({ method, queues }: Frame, direction: Moment["direction"]): boolean {
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
