import type { Channel, ChannelModel } from "amqplib";
import type { RecoveringConnection } from "./connection/connection.ts";
import { openChannel } from "./connection/channels.ts";
import type { Outgoing } from "./publishing/publisher.ts";
import { SupervisedChannel } from "./connection/supervised-channel.ts";
import { answerTo } from "./connection/rpc.ts";
import { ROUTERS_EXCHANGE } from "./topology/topology.ts";

/** RabbitMQ names a queue that was declared without a name. */
const ADDRESS = /^amq\.gen-[A-Za-z0-9_-]{1,100}$/;

/** Receives messages between routers. Each router has a queue of its own, which ends with its connection. */
export class BroadcastReceiver {
  readonly #listeners = new Set<(body: Buffer) => void>();
  readonly #channel: SupervisedChannel<Channel>;
  #queue: { readonly name: string; readonly channel: Channel } | undefined;

  constructor(connection: RecoveringConnection) {
    this.#channel = new SupervisedChannel(connection, (model) =>
      answerTo("listening to the other routers", this.#listen(model)),
    );
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  end(): Promise<void> {
    return this.#channel.end();
  }

  /** The name of its queue; undefined while it has none. */
  get address(): string | undefined {
    return this.#queue !== undefined && this.#queue.channel === this.#channel.current ? this.#queue.name : undefined;
  }

  add(listener: (body: Buffer) => void): void {
    this.#listeners.add(listener);
  }

  async #listen(model: ChannelModel): Promise<Channel> {
    const channel = await openChannel(model);
    const { queue } = await channel.assertQueue("", { exclusive: true, autoDelete: true, durable: false });
    await channel.bindQueue(queue, ROUTERS_EXCHANGE, "");
    const onMessage = (message: { content: Buffer } | null): void => {
      // Without a message the queue was deleted: a new channel makes another.
      if (message === null) void channel.close().catch(() => undefined);
      else for (const listener of this.#listeners) listener(message.content);
    };
    await channel.consume(queue, onMessage, { noAck: true });
    this.#queue = { name: queue, channel };
    return channel;
  }
}

/**
 * For the one router that listens at an address.
 *
 * @throws RangeError when the text is not a name that RabbitMQ gives to queues: it came over the network, and must not
 *   lead into a queue of somebody else.
 */
export function addressed(address: string, body: Buffer): Outgoing {
  if (!ADDRESS.test(address)) throw new RangeError(`"${address.slice(0, 100)}" is not the address of a router`);
  return { exchange: "", routingKey: address, body, options: { persistent: false, mandatory: false } };
}

/** For every router that listens at that moment. */
export function broadcast(body: Buffer): Outgoing {
  return { exchange: ROUTERS_EXCHANGE, routingKey: "", body, options: { persistent: false, mandatory: false } };
}
