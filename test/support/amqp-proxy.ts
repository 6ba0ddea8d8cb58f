import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { FrameReader, methodFrame, METHODS, shortString, type Frame } from "./amqp-frames.ts";

/** A way to a RabbitMQ on loopback that plays the broker's part in taking channels and subscriptions away. */
export interface AmqpProxy {
  readonly port: number;
  /** Closes every channel that consumes or publishes, as the broker does over an error of its client. Returns how many. */
  closeChannels(): number;
  /** Ends every subscription, as the broker does when a queue goes or a message is held for too long. Returns how many. */
  cancelConsumers(): number;
  close(): Promise<void>;
}

/** A proxy on a free port of 127.0.0.1 in front of `127.0.0.1:targetPort`. */
export async function startAmqpProxy(targetPort: number): Promise<AmqpProxy> {
  const links = new Set<Link>();
  const server = createServer((client) => {
    const link = new Link(client, connect(targetPort, "127.0.0.1"));
    links.add(link);
    client.once("close", () => links.delete(link));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sum = (act: (link: Link) => number): number => [...links].reduce((total, link) => total + act(link), 0);
  return {
    port: (server.address() as AddressInfo).port,
    closeChannels: () => sum((link) => link.closeChannels()),
    cancelConsumers: () => sum((link) => link.cancelConsumers()),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const link of links) link.cut();
      await closed;
    },
  };
}

/** A channel whose close was told to both sides, and who has yet to confirm it. What a side says until then is not passed on. */
interface Closing {
  client: boolean;
  server: boolean;
}

/** One connection through the proxy. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fromClient = new FrameReader("client");
  readonly #fromServer = new FrameReader("server");
  /** The channels that consume or publish, with the tags of their consumers. */
  readonly #channels = new Map<number, Set<string>>();
  readonly #closing = new Map<number, Closing>();

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    this.#pass(client, server, this.#fromClient, "client");
    this.#pass(server, client, this.#fromServer, "server");
  }

  closeChannels(): number {
    const channels = [...this.#channels.keys()].filter((channel) => this.#isBetweenMessages(channel));
    for (const channel of channels) {
      // PRECONDITION_FAILED, and no method that it was about.
      const reason = Buffer.concat([uint16(406), shortString("closed by a test"), uint16(0), uint16(0)]);
      this.#client.write(methodFrame(channel, METHODS.channelClose, reason));
      this.#server.write(methodFrame(channel, METHODS.channelClose, reason));
      this.#channels.delete(channel);
      this.#closing.set(channel, { client: true, server: true });
    }
    return channels.length;
  }

  cancelConsumers(): number {
    let cancelled = 0;
    for (const [channel, tags] of this.#channels) {
      if (!this.#isBetweenMessages(channel)) continue;
      for (const tag of tags) {
        const withoutAnswer = Buffer.concat([shortString(tag), Buffer.from([1])]);
        this.#client.write(methodFrame(channel, METHODS.basicCancel, withoutAnswer));
        this.#server.write(methodFrame(channel, METHODS.basicCancel, withoutAnswer));
        cancelled += 1;
      }
      tags.clear();
    }
    return cancelled;
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #pass(from: Socket, to: Socket, reader: FrameReader, side: keyof Closing): void {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      const passed = reader.read(chunk).filter((frame) => this.#isPassed(frame, from, side));
      if (passed.length > 0 && !to.destroyed && !to.write(Buffer.concat(passed.map(({ bytes }) => bytes))))
        from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("error", () => undefined);
    from.on("close", () => to.destroy());
  }

  #isPassed({ channel, method, parameters }: Frame, from: Socket, side: keyof Closing): boolean {
    const closing = this.#closing.get(channel);
    if (closing?.[side] === true) {
      if (method === METHODS.channelCloseOk) closing[side] = false;
      // It wanted the same at the same time, and waits for an answer as well.
      if (method === METHODS.channelClose) from.write(methodFrame(channel, METHODS.channelCloseOk));
      if (!closing.client && !closing.server) this.#closing.delete(channel);
      return false;
    }
    if (method === METHODS.basicConsumeOk || method === METHODS.confirmSelectOk) this.#use(channel);
    if (method === METHODS.channelClose) this.#channels.delete(channel);
    const tag = parameters.toString("utf8", 1, 1 + (parameters[0] ?? 0));
    if (method === METHODS.basicConsumeOk) this.#channels.get(channel)?.add(tag);
    if (method === METHODS.basicCancel) this.#channels.get(channel)?.delete(tag);
    return true;
  }

  #use(channel: number): void {
    if (!this.#channels.has(channel)) this.#channels.set(channel, new Set());
  }

  #isBetweenMessages(channel: number): boolean {
    return !this.#fromClient.isWithinMessage(channel) && !this.#fromServer.isWithinMessage(channel);
  }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
