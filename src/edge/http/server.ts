import type { RequestListener, Server, ServerOptions as HttpOptions, ServerResponse } from "node:http";
import { createServer, STATUS_CODES } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Limit } from "../../domain/limits.ts";
import type { RequestRefusal } from "../../domain/facts.ts";
import { listenShared } from "./shared-port.ts";

/** In milliseconds. */
export const HTTP_TIMEOUTS = {
  headersTimeout: 10_000,
  /** From the first byte of a request to the last of its body. */
  requestTimeout: 30_000,
  /** Load balancers commonly drop an idle connection after 60 s. They must be first: a later request would be lost. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};
const HEADERS_MAX = 200;
/** A TLS handshake may take as long as a header. */
const HANDSHAKE_TIMEOUT_MS = HTTP_TIMEOUTS.headersTimeout;

/** The status for an unreadable request, by the error's code; 400 otherwise. */
const UNREAD_STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Why a request was refused, by the status of its answer. */
const REFUSAL_OF_STATUS: Readonly<Record<number, RequestRefusal>> = {
  401: "access",
  403: "access",
  404: "not_found",
  408: "timeout",
  413: "too_large",
  415: "media_type",
  429: "throttled",
  431: "header",
  503: "unavailable",
};

/** A server that listens. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /**
   * Accepts no more connections, and closes each one when its request has been answered. After `graceMs` the rest are
   * cut off. Resolves when no connection is left; never rejects.
   */
  close(graceMs: number): Promise<void>;
}

/** A certificate chain and its private key in PEM. Both may be renewed while the server listens. */
export interface Certificate {
  readonly current: { readonly cert: string; readonly key: string };
  onChange(listener: (pair: { readonly cert: string; readonly key: string }) => void): void;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Bytes of a request's header. Node.js's 16 KiB by default. */
  readonly headerLimit?: Limit;
  /** Connections beyond it are closed at once. No limit by default. */
  readonly connectionLimit?: Limit;
  /** Called for each request that is refused, and each connection that is closed at once. */
  readonly onRefused?: (reason: RequestRefusal) => void;
  /** Listening sockets. Each accepts one connection in a turn of the event loop. 1 by default. */
  readonly sockets?: number;
  /** With a certificate the server speaks HTTPS, TLS 1.2 at least. */
  readonly certificate?: Certificate | undefined;
  /** Node.js's options, where they differ from those of most servers: time limits above all. */
  readonly nodeOptions?: HttpOptions;
  /** The listener itself asks for the bodies of requests that expect it. By default Node.js asks for each. */
  readonly asksForBodies?: boolean;
  readonly onConnection?: (socket: Socket) => void;
  /** Called in a close, right before the connections that are still open are cut off. */
  readonly onCutOff?: () => void;
}

/** Starts an HTTP server. Port 0 picks a free one. Rejects with the system's error when it cannot listen there. */
export async function listen(listener: RequestListener, options: ServerOptions): Promise<Listening> {
  const { host, port, headerLimit, connectionLimit, onRefused = () => undefined, sockets = 1, certificate } = options;
  const answered = (status: number): void => {
    if (status >= 400) onRefused(REFUSAL_OF_STATUS[status] ?? (status < 500 ? "malformed" : "fault"));
  };
  const inFlight = new Set<ServerResponse>();
  let closing = false;
  const headerBytes = headerLimit === undefined ? {} : { maxHeaderSize: headerLimit.max };
  const onRequest: RequestListener = (request, response) => {
    if (closing) response.setHeader("connection", "close");
    inFlight.add(response);
    response.once("close", () => {
      inFlight.delete(response);
      answered(response.statusCode);
      // An answer that had begun before could not announce that its connection closes.
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
    listener(request, response);
  };
  const server = serverOf({ ...HTTP_TIMEOUTS, ...headerBytes, ...options.nodeOptions }, certificate, onRequest);
  server.maxHeadersCount = HEADERS_MAX;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "HPE_HEADER_OVERFLOW") headerLimit?.exceeded();
    const status = unreadStatus(error);
    if (status !== undefined) answered(status);
    refuseUnread(status, socket);
  });
  if (options.asksForBodies) server.on("checkContinue", onRequest);
  if (options.onConnection !== undefined) server.on("connection", options.onConnection);
  if (connectionLimit !== undefined) limitConnections(server, connectionLimit, onRefused);
  const others = await listenShared(server, host, port, sockets);

  const bound = (server.address() as AddressInfo).port;
  return {
    url: `${certificate === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: (graceMs) => {
      closing = true;
      for (const response of inFlight) if (!response.headersSent) response.setHeader("connection", "close");
      return drain(server, others, graceMs, options.onCutOff);
    },
  };
}

function serverOf(options: HttpOptions, certificate: Certificate | undefined, onRequest: RequestListener): Server {
  if (certificate === undefined) return createServer(options, onRequest);
  const tls = { handshakeTimeout: HANDSHAKE_TIMEOUT_MS, minVersion: "TLSv1.2" } as const;
  const server = createTlsServer({ ...options, ...tls, ...certificate.current }, onRequest);
  certificate.onChange((pair) => server.setSecureContext({ ...tls, ...pair }));
  return server;
}

/** The status for an unreadable request; undefined where no request began, as in a TLS handshake. */
function unreadStatus({ code = "" }: NodeJS.ErrnoException): number | undefined {
  return UNREAD_STATUSES[code] ?? (code.startsWith("HPE_") ? 400 : undefined);
}

/**
 * Answers an unreadable request as Node.js does by default. After a failed TLS handshake an answer would never be sent:
 * the socket is destroyed.
 */
function refuseUnread(status: number | undefined, socket: Duplex): void {
  if (!socket.writable || status === undefined) return void socket.destroy();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}

/** Limits all connections together. Node.js's own limit would hold for each listening socket. */
function limitConnections(server: Server, limit: Limit, onRefused: (reason: RequestRefusal) => void): void {
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
    if (open <= limit.max) return;
    limit.exceeded();
    onRefused("connections");
    socket.destroy();
  });
}

/** Closes a server: idle connections at once, the others when they become idle or the time is up. */
async function drain(
  server: Server,
  others: readonly NetServer[],
  graceMs: number,
  onCutOff: (() => void) | undefined,
): Promise<void> {
  const cutOff = setTimeout(() => {
    onCutOff?.();
    server.closeAllConnections();
  }, graceMs);
  await Promise.all([server, ...others].map((one) => new Promise((resolve) => one.close(resolve))));
  clearTimeout(cutOff);
}
