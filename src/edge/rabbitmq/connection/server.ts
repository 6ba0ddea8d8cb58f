import { connect } from "amqplib";
import type { ChannelModel, Options } from "amqplib";
import type { Freezes } from "../../../async/freezes.ts";
import type { TlsTexts } from "../../../domain/target/tls-texts.ts";

export const CONNECT_TIMEOUT_MS = 10_000;
const HEARTBEAT_SECONDS = 10;

/** Where RabbitMQ is. */
export interface Server {
  /** The nodes, tried in turn. */
  readonly urls: readonly string[];
  /** What `amqps` connections use. */
  readonly tls?: TlsTexts;
  /** How to reach a node: by amqplib, unless the broker is simulated. */
  readonly connect?: typeof connect;
  /** Ends connections at once when the process was frozen for so long that RabbitMQ may have closed them. */
  readonly freezes?: Pick<Freezes, "onFreeze">;
}

type Address = Required<Pick<Options.Connect, "protocol" | "hostname" | "port" | "username" | "password" | "vhost">>;

/** The parts of a RabbitMQ URL as amqplib takes them. @throws Error when the text is no such URL. */
function parseUrl(text: string): Address {
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

/** What to give amqplib's `connect` besides an address. */
export function connectOptions({ tls }: Server, name: string) {
  return { ...tls, noDelay: true, timeout: CONNECT_TIMEOUT_MS, clientProperties: { connection_name: name } };
}

/** Connects to the first node that answers. @throws Error of the last node when none does. */
export async function connectOnce(server: Server, name: string): Promise<ChannelModel> {
  const { urls, connect: connectTo = connect } = server;
  let failure: unknown;
  for (const url of urls) {
    try {
      return await connectTo({ ...parseUrl(url), heartbeat: HEARTBEAT_SECONDS }, connectOptions(server, name));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/**
 * The nodes of a server, one after another. amqplib's recovery keeps the object that it was given first and reads its
 * fields at each attempt: it has no other way to try another node. So `address` has getters, which read the node of the
 * moment.
 */
export class NodeRotation {
  readonly address: Options.Connect;
  readonly #addresses: readonly Address[];
  #index = 0;

  constructor(urls: readonly string[]) {
    this.#addresses = urls.map(parseUrl);
    if (this.#addresses.length === 0) throw new Error("there must be at least one RabbitMQ URL");
    const current = (): Address => this.#addresses[this.#index] as Address;
    this.address = {
      heartbeat: HEARTBEAT_SECONDS,
      get protocol() {
        return current().protocol;
      },
      get hostname() {
        return current().hostname;
      },
      get port() {
        return current().port;
      },
      get username() {
        return current().username;
      },
      get password() {
        return current().password;
      },
      get vhost() {
        return current().vhost;
      },
    };
  }

  /** Takes the next node for the next attempt. */
  advance(): void {
    this.#index = (this.#index + 1) % this.#addresses.length;
  }
}
