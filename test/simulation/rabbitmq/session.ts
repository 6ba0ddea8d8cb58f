import type { Message } from "../../../src/domain/queue/message.ts";
import type { Frame } from "./amqplib.ts";
import { METHODS } from "./amqplib.ts";
import type { HandOut, Subscription } from "./queue.ts";
import type { SimulatedRabbitMq } from "./server.ts";
import type { StreamReader } from "./stream.ts";

/** Called when a frame has arrived, or will not. */
interface Fate {
  readonly arrived?: () => void;
  readonly lost?: () => void;
}

/** What the broker sends to the other end of a connection. */
export interface Peer {
  frame(channel: number, frame: Frame, fate?: Fate): void;
  /** @param method what brings the message. */
  message(channel: number, method: number, message: SentMessage): void;
  blocked(blocked: boolean): void;
}

/** A message as amqplib hands it on. */
export interface SentMessage {
  readonly fields: object;
  readonly properties: { readonly messageId?: string; readonly headers: Readonly<Record<string, unknown>> };
  readonly content: Buffer;
}

/** The fields of the methods that routers send, as amqplib writes them. */
export interface Fields {
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly consumerTag: string;
  readonly deliveryTag: number;
  readonly prefetchCount: number;
  readonly multiple: boolean;
  readonly passive: boolean;
  readonly exclusive: boolean;
  readonly noAck: boolean;
  readonly mandatory: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly messageId?: string;
  readonly headers?: object;
}

/** The broker's side of a channel. */
interface OpenChannel {
  readonly id: number;
  isConfirming: boolean;
  published: number;
  delivered: number;
  limit: number;
  readonly unacked: Map<number, HandOut>;
  readonly subscriptions: Map<string, Subscription>;
  readonly readers: Map<string, StreamReader>;
  /** By delivery tag. */
  readonly read: Map<number, StreamReader>;
}

const NOT_FOUND = 404;
/** RabbitMQ's own bound on a publish that it stores late. */
const LATE_MS = 5_000;

/** The broker's side of one connection: what each AMQP method does, and what is left when the connection has gone. */
export class Session {
  readonly #server: SimulatedRabbitMq;
  readonly #peer: Peer;
  readonly #channels = new Map<number, OpenChannel>();
  readonly #exclusive: string[] = [];
  readonly #ignoreAlarms: () => void;
  #hasPublished = false;
  #ended = false;
  #tags = 0;

  constructor(server: SimulatedRabbitMq, peer: Peer) {
    this.#server = server;
    this.#peer = peer;
    // RabbitMQ notifies only connections that have published.
    this.#ignoreAlarms = server.onAlarm((alarmed) => this.#hasPublished && peer.blocked(alarmed));
  }

  /** A method has arrived. */
  method(id: number, method: number, fields: Fields): void {
    if (method === METHODS.ChannelOpen) return this.#open(id);
    const channel = this.#channels.get(id);
    if (channel === undefined) return;
    switch (method) {
      case METHODS.ChannelClose:
        this.#drop(channel);
        return this.#reply(channel, METHODS.ChannelCloseOk);
      case METHODS.ConfirmSelect:
        channel.isConfirming = true;
        return this.#reply(channel, METHODS.ConfirmSelectOk);
      case METHODS.BasicQos:
        channel.limit = fields.prefetchCount;
        return this.#reply(channel, METHODS.BasicQosOk);
      case METHODS.BasicConsume:
        return this.#consume(channel, fields);
      case METHODS.BasicCancel:
        return this.#cancel(channel, fields.consumerTag);
      case METHODS.BasicAck:
        return this.#settle(channel, fields, (handOut) => this.#server.ack(handOut));
      case METHODS.BasicNack:
        return this.#settle(channel, fields, (handOut) => this.#server.nack(handOut));
      case METHODS.BasicGet:
        return this.#get(channel, fields.queue);
      case METHODS.QueueDeclare:
        return this.#declare(channel, fields);
      case METHODS.QueueBind:
        this.#server.fanout.bind(fields.queue);
        this.#server.bind(fields.queue, fields.exchange, fields.routingKey);
        return this.#reply(channel, METHODS.QueueBindOk);
      case METHODS.QueueUnbind:
        this.#server.unbind(fields.queue, fields.exchange);
        return this.#reply(channel, METHODS.QueueUnbindOk);
      case METHODS.ExchangeDeclare:
        return this.#reply(channel, METHODS.ExchangeDeclareOk);
      case METHODS.ExchangeBind:
        return this.#reply(channel, METHODS.ExchangeBindOk);
      case METHODS.ChannelCloseOk:
        return;
      default:
        throw new Error(`the simulated broker does not know method ${method}`);
    }
  }

  /**
   * A message has arrived to be stored. The witness hears of it when it is stored, or will be, and its publisher does not
   * learn that.
   *
   * @param sentAtMs when it was sent: a confirm that comes too late is none.
   */
  publish(id: number, fields: Fields, body: Buffer, sentAtMs: number): void {
    const server = this.#server;
    const { scheduler, faults } = server;
    const channel = this.#channels.get(id);
    if (!this.#hasPublished && server.alarmed) this.#peer.blocked(true);
    this.#hasPublished = true;
    if (channel === undefined) return void (server.onTheWire -= 1);
    const deliveryTag = channel.isConfirming ? (channel.published += 1) : 0;
    const { exchange, routingKey, messageId = "" } = fields;
    const headers = tableOf(fields.headers) as Message["headers"];
    const doubt = (): void => server.witness.doubted({ queue: routingKey, id: messageId, body, headers });
    const commit = (): void => {
      const stallMs = server.stalledUntilMs - scheduler.nowMs;
      if (stallMs > 0) return void scheduler.after(stallMs, undefined, commit);
      server.onTheWire -= 1;
      if (scheduler.chance.happens(faults.refused)) return this.#answer(channel, METHODS.BasicNack, deliveryTag);
      const result = server.publish({ exchange, routingKey, id: messageId, body, headers });
      if (result === "full") return this.#answer(channel, METHODS.BasicNack, deliveryTag);
      if (result === "unroutable" && fields.mandatory) this.#return(channel, fields, body);
      if (scheduler.chance.happens(faults.confirmLost)) return doubt();
      // A confirm may be sent in time and arrive too late.
      const isLate = (): boolean => scheduler.nowMs - sentAtMs >= LATE_MS;
      const doubtIf = (isUnknown: boolean): void => {
        if (isUnknown && result === "stored") doubt();
      };
      const isStoredLate = isLate();
      doubtIf(isStoredLate);
      const fate = { arrived: () => doubtIf(!isStoredLate && isLate()), lost: () => doubtIf(true) };
      this.#answer(channel, METHODS.BasicAck, deliveryTag, fate);
    };
    const { chance } = scheduler;
    const lateMs = chance.happens(faults.storedLate) ? LATE_MS : 0;
    // Each queue's leader stores in its own time.
    const storingMs = chance.happens(0.3) ? chance.between(1, 20) : 0;
    if (lateMs + storingMs > 0) scheduler.after(lateMs + storingMs, undefined, commit);
    else commit();
  }

  /** The connection has gone: what is unacked goes back, counted as a crash. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ignoreAlarms();
    for (const channel of [...this.#channels.values()]) this.#drop(channel);
    for (const queue of this.#exclusive) this.#server.fanout.delete(queue);
  }

  /** Closes a channel for an error, as the broker does for a message that is held too long, say. */
  closeChannel(code: number, text: string): void {
    const channels = [...this.#channels.values()].filter(({ subscriptions }) => subscriptions.size > 0);
    if (channels.length > 0) this.#refuse(this.#server.scheduler.chance.pick(channels), code, text);
  }

  /** The same of any channel that holds a message, be it one that it has asked for. */
  closeHoldingChannel(code: number, text: string): void {
    const channels = [...this.#channels.values()].filter(({ unacked }) => unacked.size > 0);
    if (channels.length > 0) this.#refuse(this.#server.scheduler.chance.pick(channels), code, text);
  }

  /** Whether it is one of its channels'. */
  has(subscription: Subscription): boolean {
    return [...this.#channels.values()].some(({ subscriptions }) => [...subscriptions.values()].includes(subscription));
  }

  #open(id: number): void {
    const channel: OpenChannel = {
      id,
      isConfirming: false,
      published: 0,
      delivered: 0,
      limit: 0,
      unacked: new Map(),
      subscriptions: new Map(),
      readers: new Map(),
      read: new Map(),
    };
    this.#channels.set(id, channel);
    this.#reply(channel, METHODS.ChannelOpenOk);
  }

  #consume(channel: OpenChannel, fields: Fields): void {
    const { queue, noAck } = fields;
    const consumerTag = fields.consumerTag === "" ? `ctag-${(this.#tags += 1)}` : fields.consumerTag;
    const server = this.#server;
    const ok = (): void => this.#reply(channel, METHODS.BasicConsumeOk, { consumerTag });
    const deliver = (message: Omit<SentMessage, "fields">, delivery: object): void =>
      this.#peer.message(channel.id, METHODS.BasicDeliver, { ...message, fields: { consumerTag, ...delivery } });
    const stream = server.stream(queue);
    if (stream !== undefined) {
      ok();
      const reader = stream.reader(fields.arguments["x-stream-offset"], channel.limit, (offset, content) => {
        const deliveryTag = (channel.delivered += 1);
        channel.read.set(deliveryTag, reader);
        deliver({ properties: { headers: { "x-stream-offset": offset } }, content }, { deliveryTag });
      });
      channel.readers.set(consumerTag, reader);
      return reader.begin();
    }
    if (noAck) {
      ok();
      return server.fanout.consume(queue, (content) => deliver({ properties: { headers: {} }, content }, {}));
    }
    if (server.queue(queue) === undefined) return this.#refuse(channel, NOT_FOUND, `no queue '${queue}'`);
    ok();
    const subscription: Subscription = {
      queue,
      limit: channel.limit,
      unacked: new Set(),
      deliver: (handOut) => {
        const deliveryTag = (channel.delivered += 1);
        channel.unacked.set(deliveryTag, handOut);
        server.witness.handedOut?.(handOut);
        const { redelivered, route } = handOut.stored;
        deliver(this.#message(handOut), { deliveryTag, redelivered, exchange: "", routingKey: route });
      },
      cancelled: () => {
        channel.subscriptions.delete(consumerTag);
        this.#peer.frame(channel.id, { id: METHODS.BasicCancel, fields: { consumerTag } });
      },
    };
    channel.subscriptions.set(consumerTag, subscription);
    server.subscribe(subscription);
  }

  #cancel(channel: OpenChannel, consumerTag: string): void {
    const subscription = channel.subscriptions.get(consumerTag);
    if (subscription !== undefined) this.#server.cancel(subscription);
    channel.subscriptions.delete(consumerTag);
    channel.readers.get(consumerTag)?.end();
    channel.readers.delete(consumerTag);
    this.#reply(channel, METHODS.BasicCancelOk, { consumerTag });
  }

  #settle(channel: OpenChannel, { deliveryTag, multiple }: Fields, settle: (handOut: HandOut) => void): void {
    for (const tag of multiple ? tagsUpTo(channel, deliveryTag) : [deliveryTag]) {
      const handOut = channel.unacked.get(tag);
      channel.unacked.delete(tag);
      if (handOut !== undefined) settle(handOut);
      const reader = channel.read.get(tag);
      channel.read.delete(tag);
      reader?.acked();
    }
  }

  #get(channel: OpenChannel, queue: string): void {
    const handOut = this.#server.get(queue);
    if (handOut === undefined) return this.#reply(channel, METHODS.BasicGetEmpty);
    const deliveryTag = (channel.delivered += 1);
    channel.unacked.set(deliveryTag, handOut);
    const { redelivered, route } = handOut.stored;
    const fields = { deliveryTag, redelivered, exchange: "", routingKey: route };
    this.#peer.message(channel.id, METHODS.BasicGetOk, { ...this.#message(handOut), fields });
  }

  #declare(channel: OpenChannel, fields: Fields): void {
    const server = this.#server;
    if (fields.exclusive) {
      const queue = server.fanout.declare(fields.queue);
      this.#exclusive.push(queue);
      return this.#reply(channel, METHODS.QueueDeclareOk, { queue, messageCount: 0, consumerCount: 0 });
    }
    if (!fields.passive) server.declare(fields.queue, tableOf(fields.arguments));
    const queue = server.queue(fields.queue);
    if (queue === undefined && fields.passive && server.stream(fields.queue) === undefined)
      return this.#refuse(channel, NOT_FOUND, `no queue '${fields.queue}'`);
    const counts = { messageCount: queue?.ready.length ?? 0, consumerCount: queue?.subscriptions.length ?? 0 };
    this.#reply(channel, METHODS.QueueDeclareOk, { queue: fields.queue, ...counts });
  }

  #message(handOut: HandOut): Omit<SentMessage, "fields"> {
    const { message, crashes, returns } = handOut.stored;
    const counts = {
      ...(crashes === 0 ? {} : { "x-delivery-count": crashes }),
      ...(returns === 0 || this.#server.version === "3.10" ? {} : { "x-acquired-count": returns }),
    };
    const headers = { ...message.headers, ...counts };
    this.#server.handOuts.set(headers, handOut);
    const properties = { messageId: message.id, headers };
    if (message.headers["busbar-members"] === undefined) return { properties, content: message.body };
    const content = Buffer.from(Uint8Array.from(message.body).buffer);
    this.#server.handOuts.set(content.buffer, handOut);
    return { properties, content };
  }

  #return(channel: OpenChannel, { exchange, routingKey, messageId = "" }: Fields, content: Buffer): void {
    const fields = { replyCode: 312, exchange, routingKey };
    this.#peer.message(channel.id, METHODS.BasicReturn, { fields, properties: { messageId, headers: {} }, content });
  }

  #answer(channel: OpenChannel, method: number, deliveryTag: number, fate?: Fate): void {
    if (this.#channels.get(channel.id) !== channel) return fate?.lost?.();
    this.#peer.frame(channel.id, { id: method, fields: { deliveryTag, multiple: false } }, fate);
  }

  #reply(channel: OpenChannel, method: number, fields: object = {}): void {
    this.#peer.frame(channel.id, { id: method, fields });
  }

  #refuse(channel: OpenChannel, replyCode: number, replyText: string): void {
    const handOuts = [...channel.unacked.values()];
    this.#drop(channel, "channel");
    const fields = { replyCode, replyText, classId: 0, methodId: 0 };
    const arrived = (): void => handOuts.forEach((handOut) => (handOut.orphanedBy = "connection"));
    this.#peer.frame(channel.id, { id: METHODS.ChannelClose, fields }, { arrived });
  }

  /** Forgets a closed channel: its subscriptions end, and what it has not settled goes back. */
  #drop(channel: OpenChannel, by: "channel" | "connection" = "connection"): void {
    this.#channels.delete(channel.id);
    for (const reader of channel.readers.values()) reader.end();
    // The next single active consumer gets them first.
    this.#server.atOnce(() => {
      for (const subscription of channel.subscriptions.values()) this.#server.cancel(subscription);
      for (const handOut of channel.unacked.values()) this.#server.orphan(handOut, by);
    });
  }
}

/** amqplib has what it was given in a prototype, and encodes that as well. */
function tableOf(given: object | undefined): Record<string, unknown> {
  const table: Record<string, unknown> = {};
  for (const name in given) table[name] = given[name as keyof typeof given];
  return table;
}

function tagsUpTo(channel: OpenChannel, deliveryTag: number): readonly number[] {
  const tags = [...channel.unacked.keys(), ...channel.read.keys()];
  // 0 stands for all of them.
  return deliveryTag === 0 ? tags : tags.filter((tag) => tag <= deliveryTag);
}
