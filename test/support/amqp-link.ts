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

const PRECONDITION_FAILED = 406;
/** Channel.close names the method that it is about. */
const NO_METHOD = [uint16(0), uint16(0)];
const NO_ANSWER = Buffer.from([1]);

/** One connection through the proxy. */
export class AmqpLink {
  /** Resolves when both ends are closed. */
  readonly gone: Promise<unknown>;
  readonly #router: Socket;
  readonly #broker: Socket;
  readonly #gate: Gate;
  readonly #channels = new Channels();
  readonly #readers = { toBroker: new FrameReader("toBroker"), toRouter: new FrameReader("toRouter") };
  /** Channels whose close was told to both sides: the directions in which it has not been confirmed yet. */
  readonly #closing = new Map<number, Set<Direction>>();

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
    const reason = [uint16(PRECONDITION_FAILED), shortString("closed by a test"), ...NO_METHOD];
    for (const channel of channels) {
      this.#tellBoth(methodFrame(channel, "channel.close", ...reason));
      this.#channels.closed(channel);
      this.#closing.set(channel, new Set(["toBroker", "toRouter"]));
    }
    return channels.length;
  }

  cancelConsumers(): number {
    let cancelled = 0;
    for (const channel of this.#channels.inUse().filter((each) => this.#isBetweenMessages(each))) {
      for (const tag of this.#channels.consumerTags(channel)) {
        this.#tellBoth(methodFrame(channel, "basic.cancel", shortString(tag), NO_ANSWER));
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

  #tellBoth(frame: Buffer): void {
    this.#router.write(frame);
    this.#broker.write(frame);
  }

  #isBetweenMessages(channel: number): boolean {
    return Object.values(this.#readers).every((reader) => !reader.isWithinMessage(channel));
  }

  #pass(direction: Direction, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      const passing: Buffer[] = [];
      for (const frame of this.#readers[direction].read(chunk)) {
        if (this.#isSwallowed(direction, frame, from)) continue;
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

  /** What a side says on a channel until it has confirmed that it is closed is not for the other side. */
  #isSwallowed(direction: Direction, { channel, method }: Frame, from: Socket): boolean {
    const due = this.#closing.get(channel);
    if (due?.has(direction) !== true) return false;
    if (method === "channel.close-ok") due.delete(direction);
    // It wanted the same at the same time, and waits for an answer as well.
    if (method === "channel.close") from.write(methodFrame(channel, "channel.close-ok"));
    if (due.size === 0) this.#closing.delete(channel);
    return true;
  }
}

function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once("close", resolve));
}
