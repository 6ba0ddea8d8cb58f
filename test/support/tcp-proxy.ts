import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a server on loopback that can be cut, stalled and mended. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were accepted so far. */
  readonly accepted: number;
  /** Ends every connection with a reset. New ones go through. */
  cut(): void;
  /** Nothing passes either way any more, and nobody is told; new connections are accepted and stall as well. */
  stall(): void;
  resume(): void;
  /** Calls `tap` with each chunk on its way to the server, before it is passed on. */
  onUpstream(tap: (chunk: Buffer) => void): void;
  /** Resets every connection and accepts none any more. */
  close(): Promise<void>;
}

/** A proxy on a free port of 127.0.0.1 in front of `127.0.0.1:targetPort`. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let stalled = false;
  let tap: (chunk: Buffer) => void = () => undefined;

  function pass(from: Socket, to: Socket, seen: (chunk: Buffer) => void): void {
    sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      seen(chunk);
      if (!to.destroyed && !to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (!stalled) from.resume();
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    if (stalled) from.pause();
  }

  const server = createServer((client) => {
    accepted += 1;
    const upstream = connect(targetPort, "127.0.0.1");
    pass(client, upstream, (chunk) => tap(chunk));
    pass(upstream, client, () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const cut = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    cut,
    stall() {
      stalled = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      stalled = false;
      for (const socket of sockets) socket.resume();
    },
    onUpstream(listener) {
      tap = listener;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}

/** The same URL by way of the proxy. */
export function through(proxy: TcpProxy, url: string): string {
  const proxied = new URL(url);
  proxied.hostname = "127.0.0.1";
  proxied.port = String(proxy.port);
  return proxied.href;
}
