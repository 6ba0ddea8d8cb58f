import { connect as connectByAmqplib } from "amqplib";
import type { Channel, ChannelModel, ConfirmChannel, Options, RecoveringChannelModel } from "amqplib";
import { within } from "../../async/time-limit.ts";
import type { TlsTexts } from "../../domain/target/tls-texts.ts";
import { answerTo } from "./rpc.ts";

export const CONNECT_TIMEOUT_MS = 10_000;
export const HEARTBEAT_SECONDS = 10;
const RECONNECT_FIRST_MS = 100;
const RECONNECT_LONGEST_MS = 2_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** Where RabbitMQ is: its nodes, tried in turn, and what `amqps` is to use. */
export interface Server {
  readonly urls: readonly string[];
  readonly tls?: TlsTexts;
  /** How to reach a node: by amqplib, unless the broker is simulated. */
  readonly connect?: typeof connectByAmqplib;
}

export class NotConnectedError extends Error {
  override readonly name = "NotConnectedError";
  constructor() {
    super("there is no connection to RabbitMQ");
  }
}

/** Something that lives on a connection and is made anew on each one. It deals with its own failures: it never rejects. */
export interface Attachment {
  attach(model: ChannelModel): Promise<void>;
}

export interface ConnectionHooks {
  /** Runs on each new connection before anything is attached to it. When it rejects, the connection is given up and another one made. */
  prepare(model: ChannelModel): Promise<void>;
  connected(): void;
  /** Called when a connection is lost and for each failed attempt to get another. */
  disconnected(error: Error): void;
  blocked(reason: string): void;
  /** Also called when a connection that was blocked is lost. */
  unblocked(): void;
}

/**
 * One connection that amqplib recovers. Its recovery restores the connection alone; channels and
 * consumers are ours to watch, so whatever needs one attaches itself here and is told of each new connection.
 */
export class RecoveringConnection {
  readonly #hooks: ConnectionHooks;
  readonly #attachments = new Set<Attachment>();
  #recovering: RecoveringChannelModel | undefined;
  #model: ChannelModel | undefined;
  #blocked = false;

  private constructor(hooks: ConnectionHooks) {
    this.#hooks = hooks;
  }

  /** Resolves once the first connection stands and is prepared, however long that takes. The URLs are tried in turn. */
  static async open(server: Server, name: string, hooks: ConnectionHooks): Promise<RecoveringConnection> {
    const { urls, tls, connect = connectByAmqplib } = server;
    const connection = new RecoveringConnection(hooks);
    const rotation = new UrlRotation(urls);
    const recovering = await connect(rotation.current, {
      ...tls,
      noDelay: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: name },
      recovery: {
        initialDelay: RECONNECT_FIRST_MS,
        maxDelay: RECONNECT_LONGEST_MS,
        setup: (model: ChannelModel) => connection.#setup(model),
        waitForConnect: false, // so that the listeners are there before the first attempt
      },
    });
    connection.#recovering = recovering;
    const lost = (error: Error): void => {
      rotation.advance();
      connection.#setBlocked(undefined);
      hooks.disconnected(error);
    };
    recovering.on("connect", () => hooks.connected());
    recovering.on("disconnect", lost);
    recovering.on("connect-failed", lost);
    recovering.on("blocked", (reason) => connection.#setBlocked(reason));
    recovering.on("unblocked", () => connection.#setBlocked(undefined));
    recovering.on("error", () => undefined); // `disconnect` follows with the same error
    await recovering.waitForConnect();
    return connection;
  }

  /** The connection to use now; undefined while there is none. */
  get model(): ChannelModel | undefined {
    return this.#model;
  }

  /** Whether the broker has said that it takes nothing now, being short of memory or disk. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Attaches now if there is a connection, and again on every new one until `detach`. */
  async attach(attachment: Attachment): Promise<void> {
    this.#attachments.add(attachment);
    if (this.#model !== undefined) await attachment.attach(this.#model);
  }

  detach(attachment: Attachment): void {
    this.#attachments.delete(attachment);
  }

  /** A channel of one's own. Rejects with `NotConnectedError` at once while there is no connection. */
  async channel(): Promise<Channel> {
    if (this.#model === undefined) throw new NotConnectedError();
    return await openChannel(this.#model);
  }

  /** Resolves when there is a connection or the signal fires. */
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
    // A peer that has stalled never confirms the end. The heartbeat then closes the socket a little later.
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
   * reconnects. So watch it from the first moment, and fail at the end if it is gone. Without the `error`
   * listener a loss in here would end the process.
   */
  async #setup(model: ChannelModel): Promise<void> {
    let loss: Error | undefined;
    const { promise: closed, resolve } = Promise.withResolvers<undefined>();
    model.on("error", (error) => (loss = error));
    model.on("close", (error) => {
      loss ??= error ?? new Error("the connection to RabbitMQ was closed during its setup");
      if (this.#model === model) this.#model = undefined;
      resolve(undefined);
    });
    try {
      await this.#hooks.prepare(model);
      if (loss === undefined) {
        this.#model = model;
        // Nobody waits for the others: a queue without a leader, say, answers its consumer only by a time-out.
        for (const attachment of this.#attachments) void attachment.attach(model);
      }
    } catch (error) {
      // amqplib closes a connection whose setup failed, and waits for ever if the peer has stalled. Ours ends with the heartbeat.
      model.close().catch(() => undefined);
      await closed;
      throw error;
    }
    if (loss !== undefined) throw loss;
  }
}

/** A channel whose errors are seen by those who wait for its answers or its `close`; amqplib throws an unheard `error`. */
export async function openChannel(model: ChannelModel): Promise<Channel> {
  const channel = await answerTo("opening a channel", model.createChannel());
  channel.on("error", () => undefined);
  return channel;
}

/** The same, in confirm mode. */
export async function openConfirmChannel(model: ChannelModel): Promise<ConfirmChannel> {
  const channel = await answerTo("opening a channel", model.createConfirmChannel());
  channel.on("error", () => undefined);
  return channel;
}

/** Closes a channel that may be gone already, or go meanwhile: the promise of amqplib's `close` is forgotten when the connection is lost. */
export async function closeChannel(channel: Channel): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  channel.once("close", () => resolve(undefined));
  const closing = channel.close().catch(() => undefined);
  await answerTo("closing a channel", Promise.race([closing, closed])).catch(() => undefined);
}

/** The AMQP reply code of an error that closed a channel; undefined for a lost connection or anything else. */
export function replyCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}

/** Several URLs behind one object: amqplib reads its fields anew at each attempt. */
class UrlRotation {
  readonly #addresses: readonly Required<Address>[];
  #index = 0;

  constructor(urls: readonly string[]) {
    this.#addresses = urls.map(parseUrl);
    if (this.#addresses.length === 0) throw new Error("there must be at least one RabbitMQ URL");
  }

  advance(): void {
    this.#index = (this.#index + 1) % this.#addresses.length;
  }

  get current(): Options.Connect {
    const now = (): Required<Address> => this.#addresses[this.#index] as Required<Address>;
    return {
      heartbeat: HEARTBEAT_SECONDS,
      get protocol() {
        return now().protocol;
      },
      get hostname() {
        return now().hostname;
      },
      get port() {
        return now().port;
      },
      get username() {
        return now().username;
      },
      get password() {
        return now().password;
      },
      get vhost() {
        return now().vhost;
      },
    };
  }
}

export type Address = Pick<Options.Connect, "protocol" | "hostname" | "port" | "username" | "password" | "vhost">;

/** The parts of a RabbitMQ URL as amqplib takes them. @throws Error when it is none. */
export function parseUrl(text: string): Required<Address> {
  const url = new URL(text);
  const protocol = url.protocol.slice(0, -1);
  if (protocol !== "amqp" && protocol !== "amqps")
    throw new Error(`a RabbitMQ URL begins with amqp:// or amqps://, not ${url.protocol}//`);
  const anonymous = url.username === "" && url.password === "";
  return {
    protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(url.port) || (protocol === "amqps" ? 5671 : 5672),
    username: anonymous ? "guest" : decodeURIComponent(url.username),
    password: anonymous ? "guest" : decodeURIComponent(url.password),
    vhost: url.pathname.slice(1) || "%2F", // amqplib decodes it itself
  };
}
