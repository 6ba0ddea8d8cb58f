import { connect as connectByAmqplib } from "amqplib";
import type { Channel, ChannelModel, RecoveringChannelModel } from "amqplib";
import { within } from "../../../async/time-limit.ts";
import { openChannel } from "./channels.ts";
import { endAtOnce } from "./end-at-once.ts";
import { connectOptions, NodeRotation } from "./server.ts";
import type { Server } from "./server.ts";

const RECONNECT_FIRST_MS = 100;
const RECONNECT_LONGEST_MS = 2_000;
const CLOSE_TIMEOUT_MS = 5_000;

export class NotConnectedError extends Error {
  override readonly name = "NotConnectedError";
  constructor() {
    super("there is no connection to RabbitMQ");
  }
}

/** Something that lives on a connection, and is made anew on each one. It handles its own failures and never rejects. */
export interface Attachment {
  attach(model: ChannelModel): Promise<void>;
}

export interface ConnectionHooks {
  /** Runs on each new connection, before anything is attached. When it rejects, the connection is dropped and the next one made. */
  prepare(model: ChannelModel): Promise<void>;
  connected(): void;
  /** Called when a connection is lost, and for each failed attempt to get another. */
  disconnected(error: Error): void;
  blocked(reason: string): void;
  /** Also called when a connection is lost that was blocked. */
  unblocked(): void;
}

/**
 * One connection that amqplib recovers. amqplib restores no channels and no consumers: those are attached here, and
 * attached again to each new connection.
 */
export class RecoveringConnection {
  readonly #hooks: ConnectionHooks;
  readonly #freezes: Server["freezes"];
  readonly #attachments = new Set<Attachment>();
  #recovering: RecoveringChannelModel | undefined;
  #model: ChannelModel | undefined;
  #blocked = false;

  private constructor(hooks: ConnectionHooks, freezes: Server["freezes"]) {
    this.#hooks = hooks;
    this.#freezes = freezes;
  }

  /** Resolves once the first connection stands and is prepared, however long that takes. The nodes are tried in turn. */
  static async open(server: Server, name: string, hooks: ConnectionHooks): Promise<RecoveringConnection> {
    const connection = await RecoveringConnection.begin(server, name, hooks);
    await connection.#recovering?.waitForConnect();
    return connection;
  }

  /** Resolves at once, and connects in the background. */
  static async begin(server: Server, name: string, hooks: ConnectionHooks): Promise<RecoveringConnection> {
    const { urls, connect = connectByAmqplib, freezes } = server;
    const connection = new RecoveringConnection(hooks, freezes);
    const nodes = new NodeRotation(urls);
    const recovering = await connect(nodes.address, {
      ...connectOptions(server, name),
      recovery: {
        initialDelay: RECONNECT_FIRST_MS,
        maxDelay: RECONNECT_LONGEST_MS,
        setup: (model: ChannelModel) => connection.#setup(model),
        waitForConnect: false, // so that the listeners are there before the first attempt
      },
    });
    connection.#recovering = recovering;
    const lost = (error: Error): void => {
      nodes.advance();
      connection.#setBlocked(undefined);
      hooks.disconnected(error);
    };
    recovering.on("connect", () => hooks.connected());
    recovering.on("disconnect", lost);
    recovering.on("connect-failed", lost);
    recovering.on("blocked", (reason) => connection.#setBlocked(reason));
    recovering.on("unblocked", () => connection.#setBlocked(undefined));
    recovering.on("error", () => undefined); // `disconnect` follows with the same error
    return connection;
  }

  /** The connection to use now; undefined while there is none. */
  get model(): ChannelModel | undefined {
    return this.#model;
  }

  /** Whether the broker has said that it takes nothing now, since it is short of memory or disk. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Attaches now if there is a connection, and again to every new one until `detach`. */
  async attach(attachment: Attachment): Promise<void> {
    this.#attachments.add(attachment);
    if (this.#model !== undefined) await attachment.attach(this.#model);
  }

  detach(attachment: Attachment): void {
    this.#attachments.delete(attachment);
  }

  /** A channel for one caller. @throws NotConnectedError at once while there is no connection. */
  async channel(): Promise<Channel> {
    if (this.#model === undefined) throw new NotConnectedError();
    return await openChannel(this.#model);
  }

  /** Resolves when there is a connection, or when the signal fires. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#model !== undefined || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const attachment: Attachment = { attach: () => Promise.resolve(resolve(undefined)) };
    const aborted = () => resolve(undefined);
    this.#attachments.add(attachment);
    signal.addEventListener("abort", aborted);
    await promise;
    this.#attachments.delete(attachment);
    signal.removeEventListener("abort", aborted);
  }

  async close(): Promise<void> {
    if (this.#recovering === undefined) return;
    const { promise: lost, resolve } = Promise.withResolvers<undefined>();
    this.#model?.once("close", () => resolve(undefined));
    // A stalled peer never confirms the close. The heartbeat then closes the socket a little later.
    const closing = Promise.race([this.#recovering.close(), lost]);
    await within(CLOSE_TIMEOUT_MS, "closing a connection to RabbitMQ", closing).catch(() => undefined);
    this.#model = undefined;
  }

  #setBlocked(reason: string | undefined): void {
    const before = this.#blocked;
    this.#blocked = reason !== undefined;
    if (reason !== undefined) this.#hooks.blocked(reason);
    else if (before) this.#hooks.unblocked();
  }

  /**
   * amqplib adopts a connection once its setup has resolved, even one that was lost meanwhile, and then never
   * reconnects. So the setup watches the connection from the first moment, and fails at its end if that is lost.
   * Without the `error` listener, a loss during the setup would end the process.
   */
  async #setup(model: ChannelModel): Promise<void> {
    let loss: Error | undefined;
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    const unwatch = this.#freezes?.onFreeze(() => endAtOnce(model));
    model.on("error", (error) => (loss = error));
    model.on("close", (error) => {
      unwatch?.();
      loss ??= error ?? new Error("the connection to RabbitMQ was closed during its setup");
      if (this.#model === model) this.#model = undefined;
      resolve(undefined);
    });
    try {
      await this.#hooks.prepare(model);
      if (loss === undefined) {
        this.#model = model;
        // In parallel: a queue without a leader answers its consumer only by a time-out.
        for (const attachment of this.#attachments) void attachment.attach(model);
      }
    } catch (error) {
      // amqplib closes a connection whose setup failed, and waits for ever when the peer has stalled. Ours ends with the heartbeat.
      model.close().catch(() => undefined);
      await closed;
      throw error;
    }
    if (loss !== undefined) throw loss;
  }
}
