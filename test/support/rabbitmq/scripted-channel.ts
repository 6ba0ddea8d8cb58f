import { EventEmitter } from "node:events";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import type { Attachment } from "../../../src/edge/rabbitmq/connection/connection.ts";
import type { Connection } from "../../../src/edge/rabbitmq/connection/supervised-channel.ts";

type Listener = (message: ConsumeMessage | null) => void;

/** A channel that notes its frames, and whose cancel is answered when the test says so. */
export class ScriptedChannel extends EventEmitter {
  readonly frames: string[] = [];
  #listener: Listener = () => undefined;
  #cancelled = Promise.withResolvers<object>();
  #tag = 0;
  #isClosed = false;

  prefetch(count: number): Promise<object> {
    return this.#frame(`prefetch ${count}`, {});
  }

  consume(queue: string, listener: Listener): Promise<{ consumerTag: string }> {
    this.#listener = listener;
    return this.#frame(`consume ${queue}`, { consumerTag: "tag" });
  }

  async cancel(): Promise<object> {
    await this.#frame("cancel", {});
    return this.#cancelled.promise;
  }

  ack({ fields }: ConsumeMessage, upTo = false): void {
    this.frames.push(`ack ${upTo ? "up to " : ""}${fields.deliveryTag}`);
  }

  nack({ fields }: ConsumeMessage): void {
    this.frames.push(`nack ${fields.deliveryTag}`);
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.lose();
    return Promise.resolve();
  }

  /** Closes as RabbitMQ does it, or a lost connection. */
  lose(): void {
    this.#isClosed = true;
    this.emit("close");
  }

  /** Delivers a message, as RabbitMQ does with the next one of the queue. */
  deliver(id: string, redelivered = false): void {
    const fields = { deliveryTag: ++this.#tag, redelivered, routingKey: "queue" };
    const properties = { messageId: id, headers: {} };
    this.#listener({ fields, properties, content: Buffer.alloc(0) } as unknown as ConsumeMessage);
  }

  /** Ends the subscription as RabbitMQ does, such as when the queue is deleted. */
  cancelByBroker(): void {
    this.#listener(null);
  }

  answerCancel(): void {
    this.#cancelled.resolve({});
    this.#cancelled = Promise.withResolvers();
  }

  #frame<T>(frame: string, answer: T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error("the channel is closed"));
    this.frames.push(frame);
    return Promise.resolve(answer);
  }
}

/** A connection that stands, and opens scripted channels: the next one of a list, or an error when the list is empty. */
export class ScriptedConnection implements Connection {
  readonly model: ChannelModel;
  blocked = false;
  /** When each attempt to open a channel was made. */
  readonly openedAtMs: number[] = [];

  constructor(channels: ScriptedChannel[], nowMs: () => number = () => 0) {
    const createChannel = () => {
      this.openedAtMs.push(nowMs());
      const channel = channels.shift();
      return channel === undefined ? Promise.reject(new Error("refused")) : Promise.resolve(channel);
    };
    this.model = { createChannel, createConfirmChannel: createChannel } as unknown as ChannelModel;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  async attach(attachment: Attachment): Promise<void> {
    await attachment.attach(this.model);
  }

  detach(): void {
    // Nothing is attached again.
  }
}
