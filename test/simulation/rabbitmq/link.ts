import { EventEmitter } from "node:events";
import { IllegalOperationError } from "amqplib";
import type { Life } from "../life.ts";
import type { ClientChannel, Frame } from "./amqplib.ts";
import { METHODS } from "./amqplib.ts";
import type { Subscription } from "./queue.ts";
import type { SimulatedRabbitMq } from "./server.ts";
import type { Fields, Peer, SentMessage } from "./session.ts";
import { Session } from "./session.ts";
import { Wire } from "./wire.ts";

/**
 * A connection, as amqplib's channels see it: what stands in the place of its frames, sockets and heartbeats. Methods
 * and messages cross the two wires whole.
 */
export class Link extends EventEmitter implements Peer {
  /** In the place of amqplib's, which says "timeout" when heartbeats are missed. */
  readonly heartbeater = new EventEmitter();
  readonly #server: SimulatedRabbitMq;
  readonly #life: Life;
  readonly #toServer: Wire;
  readonly #toClient: Wire;
  readonly #session: Session;
  readonly #channels = new Map<number, ClientChannel>();
  readonly #ended: () => void;
  #nextChannel = 1;
  #isBlocked = false;
  #isOpen = true;

  /** @param ended called when it is closed or lost. */
  constructor(server: SimulatedRabbitMq, life: Life, ended: () => void) {
    super();
    this.#server = server;
    this.#life = life;
    this.#ended = ended;
    this.#toServer = new Wire(server.scheduler, undefined);
    this.#toClient = new Wire(server.scheduler, life);
    this.#session = new Session(server, this);
    this.heartbeater.on("timeout", () => this.#giveUp());
  }

  freshChannel(channel: ClientChannel): number {
    if (!this.#isOpen) throw new IllegalOperationError("Connection closed");
    const id = this.#nextChannel;
    this.#nextChannel += 1;
    this.#channels.set(id, channel);
    return id;
  }

  releaseChannel(id: number): void {
    this.#channels.delete(id);
  }

  sendMethod(id: number, method: number, fields: Fields): void {
    if (!this.#isOpen) throw new IllegalOperationError("Connection closed");
    this.#toServer.send({ arrive: () => this.#session.method(id, method, fields) });
  }

  sendMessage(
    id: number,
    _method: number,
    fields: Fields,
    _header: number,
    _properties: unknown,
    body: Buffer,
  ): boolean {
    if (!this.#isOpen) throw new IllegalOperationError("Connection closed");
    const sentAtMs = this.#server.scheduler.nowMs;
    this.#server.onTheWire += 1;
    this.#toServer.send({
      arrive: () => this.#session.publish(id, fields, body, sentAtMs),
      lost: () => (this.#server.onTheWire -= 1),
    });
    return true;
  }

  /** The router closes it. A blocked connection does not wait for the answer. */
  close(closed: (error: Error | null) => void): void {
    if (!this.#isOpen) return closed(new IllegalOperationError("Connection closed"));
    const close = (): void => {
      if (!this.#isOpen) return;
      closed(null);
      this.#end("some");
      this.#closeChannels(undefined);
    };
    if (this.#isBlocked) return close();
    this.#toServer.send({ arrive: () => this.#toClient.send({ arrive: close }) });
  }

  /** Whether a subscription of RabbitMQ's is over this connection. */
  carries(subscription: Subscription): boolean {
    return this.#session.has(subscription);
  }

  /** The network, or the broker, breaks it. */
  lose(): void {
    if (!this.#isOpen) return;
    const error = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    const life = this.#life;
    this.#break("some");
    if (!life.isFrozen) this.#isOpen = false;
    if (!life.alive) return;
    const learn = (): void => {
      this.#isOpen = false;
      this.emit("error", error);
      this.#closeChannels(error);
    };
    // Who is frozen learns it later, and writes into nothing until then.
    if (life.isFrozen) this.#server.scheduler.after(0, life, () => this.#isOpen && learn());
    else life.run(learn);
  }

  /** As amqplib ends it when heartbeats are missed. */
  #giveUp(): void {
    if (!this.#isOpen) return;
    const error = new Error("Heartbeat timeout");
    this.#end("some");
    this.emit("error", error);
    this.#closeChannels(error);
  }

  /** The same of one that holds a message. */
  loseHoldingChannel(): void {
    if (this.#isOpen)
      this.#session.closeHoldingChannel(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
  }

  /** RabbitMQ closes one of its channels that consume, for an error. */
  loseChannel(): void {
    if (this.#isOpen) this.#session.closeChannel(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
  }

  frame(id: number, frame: Frame, { arrived, lost }: { arrived?: () => void; lost?: () => void } = {}): void {
    const arrive = (): void => {
      this.#channels.get(id)?.accept(frame);
      arrived?.();
    };
    this.#toClient.send(lost === undefined ? { arrive } : { arrive, lost });
  }

  message(id: number, method: number, { fields, properties, content }: SentMessage): void {
    this.frame(id, { id: method, fields });
    this.frame(id, { id: METHODS.BasicProperties, fields: properties, size: content.length });
    if (content.length > 0) this.frame(id, { id: undefined, content });
  }

  blocked(blocked: boolean): void {
    if (blocked) this.#toServer.hold();
    else this.#toServer.release();
    this.#toClient.send({
      arrive: () => {
        this.#isBlocked = blocked;
        if (blocked) this.emit("blocked", "low on memory");
        else this.emit("unblocked");
      },
    });
  }

  #end(arriving: "some"): void {
    this.#isOpen = false;
    this.#break(arriving);
  }

  #break(arriving: "some"): void {
    this.#toServer.cut(arriving);
    this.#session.end();
    this.#toClient.cut("none");
    this.#ended();
  }

  #closeChannels(error: Error | undefined): void {
    for (const channel of [...this.#channels.values()]) channel.toClosed("the simulated connection is closed");
    this.emit("close", error);
  }
}
