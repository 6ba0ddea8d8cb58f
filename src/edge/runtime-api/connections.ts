import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Limit } from "../../domain/limits.ts";

/** Of a request's line and headers. AWS accepts a header of 1 MiB with an error's cause beside the others. */
export const HEADER_BYTES_MAX = 1_024 * 1_024 + 65_536;
/** Of all connections together, from a header's first byte until its request is answered. */
const HEADER_BYTES_TOTAL_MAX = 32 * 1_024 * 1_024;
/** The share of all connections that one address gets. Behind a proxy, all environments have one address. */
const ADDRESS_SHARE = 0.5;
/** No environment works longer than 900 s on an invocation, with its connection idle meanwhile. */
const IDLE_MS_MAX = 960_000;
const SWEEP_MS = 30_000;

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Of the header that is being received, or whose request is being answered. */
  headerBytes: number;
  isAnswering: boolean;
  /** The last one. */
  request: IncomingMessage | undefined;
  /** Whether it has made a request that it may make. */
  isAdmitted: boolean;
  usedAtMs: number;
}

/**
 * The connections to one port. A connection is a stranger until it has made a request that it may make. When there are too
 * many connections, the oldest stranger is closed. When headers take up too much memory together, the connection with the
 * longest one is closed. A connection that sends a request before the last one is answered is closed: no client of the
 * Runtime API does that, and each would be a poll of its own.
 */
export class Connections {
  readonly #limit: Limit;
  readonly #open = new Map<Socket, Connection>();
  /** Oldest first. */
  readonly #strangers = new Set<Connection>();
  readonly #counts = new Map<string, number>();
  readonly #sweep = setInterval(() => this.#closeIdle(), SWEEP_MS).unref();
  #headerBytes = 0;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /** Has to be called for each new connection. */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const connection = {
      socket,
      address,
      headerBytes: 0,
      isAnswering: false,
      request: undefined,
      isAdmitted: false,
      usedAtMs: performance.now(),
    };
    this.#open.set(socket, connection);
    this.#strangers.add(connection);
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
    socket.once("close", () => this.#forget(connection));
    // Before Node.js's own listener, which makes a request of the last bytes of a header.
    socket.prependListener("data", (chunk: Buffer) => this.#received(connection, chunk.length));
    this.#makeRoom(connection);
  }

  /** Has to be called for each request. Returns false when it closed the connection. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#open.get(request.socket);
    if (connection === undefined) return true;
    if (connection.isAnswering) {
      connection.socket.destroy();
      return false;
    }
    connection.isAnswering = true;
    connection.request = request;
    response.once("close", () => {
      connection.isAnswering = false;
      connection.usedAtMs = performance.now();
      this.#headerBytes -= connection.headerBytes;
      connection.headerBytes = 0;
    });
    return true;
  }

  /** The connection is no stranger any more. */
  admit(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.isAdmitted) return;
    connection.isAdmitted = true;
    this.#strangers.delete(connection);
  }

  /** Stops the timer that closes idle connections. */
  stop(): void {
    clearInterval(this.#sweep);
  }

  #received(connection: Connection, bytes: number): void {
    // The rest of a refused body may still arrive after its response: its bytes are no header's.
    if (connection.request?.complete === false) return;
    connection.headerBytes += bytes;
    this.#headerBytes += bytes;
    if (this.#headerBytes <= HEADER_BYTES_TOTAL_MAX) return;
    let longest = connection;
    for (const each of this.#open.values()) if (each.headerBytes > longest.headerBytes) longest = each;
    this.#close(longest);
  }

  #makeRoom(newest: Connection): void {
    const isTooMany = this.#open.size > this.#limit.max;
    const isShareUsedUp = (this.#counts.get(newest.address) ?? 0) > Math.max(1, this.#limit.max * ADDRESS_SHARE);
    if (!isTooMany && !isShareUsedUp) return;
    this.#limit.exceeded();
    if (isShareUsedUp) {
      for (const stranger of this.#strangers) if (stranger.address === newest.address) return this.#close(stranger);
    }
    const [oldest = newest] = this.#strangers;
    this.#close(oldest);
  }

  #closeIdle(): void {
    const before = performance.now() - IDLE_MS_MAX;
    for (const connection of this.#open.values()) {
      if (!connection.isAnswering && connection.usedAtMs < before) this.#close(connection);
    }
  }

  #close(connection: Connection): void {
    this.#forget(connection);
    connection.socket.destroy();
  }

  #forget(connection: Connection): void {
    if (!this.#open.delete(connection.socket)) return;
    this.#strangers.delete(connection);
    this.#headerBytes -= connection.headerBytes;
    connection.headerBytes = 0;
    const left = (this.#counts.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#counts.set(connection.address, left);
    else this.#counts.delete(connection.address);
  }
}
