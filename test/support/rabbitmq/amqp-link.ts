import type { Socket } from "node:net";
import { Channels } from "./amqp-channels.ts";
import type { Direction, Frame, Method } from "./amqp-frames.ts";
import { FrameReader, methodFrame, shortString, uint16 } from "./amqp-frames.ts";

/** Decides over every frame. */
interface Gate {
  passes(direction: Direction, method: Method | undefined, queues: readonly string[]): boolean;
  /** Keeps a frame that does not pass, with the way to pass it on later. */
  hold(pass: () => void): void;
}

/** Channel.close with PRECONDITION_FAILED, and no method that it is about. */
const REASON = [uint16(406), shortString("closed by a test"), uint16(0), uint16(0)];
const NO_ANSWER = Buffer.from([1]);

/**
 * How far the closing of a channel is. The broker is notified first, and the router when the broker has confirmed it: a
 * router opens the channel again at once, which the broker takes for an error as long as it is closing it.
 */
type Closing = "broker notified" | "broker notified, router asks as well" | "router notified";

/** One connection through the proxy. */
export class AmqpLink {
  /** Resolves when both ends are closed. */
  readonly gone: Promise<unknown>;
  readonly #router: Socket;
  readonly #broker: Socket;
  readonly #gate: Gate;
  readonly #channels = new Channels();
  readonly #readers = { toBroker: new FrameReader("toBroker"), toRouter: new FrameReader("toRouter") };
  readonly #closing = new Map<number, Closing>();

  constructor(router: Socket, broker: Socket, gate: Gate) {
    this.#router = router;
    this.#broker = broker;
    this.#gate = gate;
    this.gone = Promise.all([closed(router), closed(broker)]);
    this.#pass("toBroker", router, broker);
    this.#pass("toRouter", broker, router);
  }

  closeChannels(): number {
    const channels = this.#channels.inUse().filter((channel) => this.#isBetweenMessages(channel));
    for (const channel of channels) {
      this.#broker.write(methodFrame(channel, "channel.close", ...REASON));
      this.#channels.closed(channel);
      this.#closing.set(channel, "broker notified");
    }
    return channels.length;
  }

  cancelConsumers(): number {
    let cancelled = 0;
    for (const channel of this.#channels.inUse().filter((each) => this.#isBetweenMessages(each))) {
      for (const tag of this.#channels.consumerTags(channel)) {
        const cancel = methodFrame(channel, "basic.cancel", shortString(tag), NO_ANSWER);
        this.#router.write(cancel);
        this.#broker.write(cancel);
        cancelled += 1;
      }
      this.#channels.forgetConsumers(channel);
    }
    return cancelled;
  }

  /** Ends it with a reset, either way. */
  cut(): void {
    this.#router.resetAndDestroy();
    this.#broker.resetAndDestroy();
  }

  #isBetweenMessages(channel: number): boolean {
    return Object.values(this.#readers).every((reader) => !reader.isWithinMessage(channel));
  }

  #pass(direction: Direction, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      const passing: Buffer[] = [];
      for (const frame of this.#readers[direction].read(chunk)) {
        if (this.#isSwallowed(direction, frame)) continue;
        const queues = this.#channels.follow(direction, frame);
        if (this.#gate.passes(direction, frame.method, queues)) passing.push(frame.bytes);
        else this.#gate.hold(() => to.write(frame.bytes));
      }
      if (passing.length > 0 && !to.destroyed && !to.write(Buffer.concat(passing))) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("error", () => undefined);
    // After what is still to be written: what has passed must arrive, whoever is killed now.
    from.on("close", () => to.destroySoon());
  }

  /** What is said on a channel that is being closed is not for the other side. */
  #isSwallowed(direction: Direction, { channel, method }: Frame): boolean {
    const closing = this.#closing.get(channel);
    if (closing === undefined) return false;
    if (closing === "router notified") {
      this.#followRouter(channel, method);
      return true;
    }
    if (direction === "toBroker") {
      if (method === "channel.close") this.#closing.set(channel, "broker notified, router asks as well");
      return true;
    }
    // The broker wanted the same at the same time, and waits for an answer as well.
    if (method === "channel.close") this.#broker.write(methodFrame(channel, "channel.close-ok"));
    if (method !== "channel.close-ok") return true;
    if (closing === "broker notified") {
      this.#router.write(methodFrame(channel, "channel.close", ...REASON));
      this.#closing.set(channel, "router notified");
      return true;
    }
    this.#closing.delete(channel);
    return false; // it is the answer to the router's own
  }

  #followRouter(channel: number, method: Method | undefined): void {
    if (method === "channel.close-ok") this.#closing.delete(channel);
    if (method === "channel.close") this.#router.write(methodFrame(channel, "channel.close-ok"));
  }
}

function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once("close", resolve));
}
