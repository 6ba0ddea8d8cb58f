import { once } from "node:events";
import type { RequestListener, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const LIMITS = {
  headersTimeout: 10_000,
  /** From the first byte of a request to the last of its body. */
  requestTimeout: 30_000,
  /** Longer than the 60 s after which load balancers commonly drop an idle connection, so that they are first. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};
const HEADERS_MAX = 200;

/** A server that listens. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /**
   * Stops taking connections, lets the requests in flight finish and closes their connections behind them.
   * What is still open after `graceMs` is cut off. Resolves when no connection is left; never rejects.
   */
  close(graceMs: number): Promise<void>;
}

/** Starts an HTTP server. Port 0 picks a free one. Rejects with the system's error when it cannot listen there. */
export async function listen(
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const inFlight = new Set<ServerResponse>();
  let closing = false;
  const server = createServer(LIMITS, (request, response) => {
    if (closing) response.setHeader("connection", "close");
    inFlight.add(response);
    response.once("close", () => {
      inFlight.delete(response);
      // An answer that was half written when closing began could not say that its connection ends with it.
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
    listener(request, response);
  });
  server.maxHeadersCount = HEADERS_MAX;
  server.listen(port, host);
  await once(server, "listening");

  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: (graceMs) => {
      closing = true;
      for (const response of inFlight) if (!response.headersSent) response.setHeader("connection", "close");
      return drain(server, graceMs);
    },
  };
}

/** Closes a server; its idle connections at once, the busy ones when they become idle or the time is up. */
async function drain(server: Server, graceMs: number): Promise<void> {
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(cutOff);
}
