import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Which way bytes go: to the server, or back from it. */
export type Direction = "upstream" | "downstream";

/** A way to a server on loopback that can be cut, stalled and mended. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were accepted so far. */
  readonly accepted: number;
  /** How many connections are open. */
  readonly open: number;
  /** Ends every connection with a reset. New ones go through. */
  cut(): void;
  /** Nothing passes any more, either way or in the one direction, and no connection is closed; new ones are accepted and stall as well. */
  stall(direction?: Direction): void;
  resume(): void;
  /** Calls `tap` with each chunk on its way to the server, before it is passed on. */
  onUpstream(tap: (chunk: Buffer) => void): void;
  /** Resets every connection and accepts none any more. */
  close(): Promise<void>;
}

/** A proxy on a free port of 127.0.0.1 in front of `127.0.0.1:targetPort`. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  /** Each socket with the direction of what is read from it. */
  const sockets = new Map<Socket, Direction>();
  const stalled = new Set<Direction>();
  let accepted = 0;
  let tap: (chunk: Buffer) => void = () => undefined;

  function pass(direction: Direction, from: Socket, to: Socket): void {
    sockets.set(from, direction);
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      if (direction === "upstream") tap(chunk);
      if (!to.destroyed && !to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (!stalled.has(direction)) from.resume();
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    if (stalled.has(direction)) from.pause();
  }

  const server = createServer((client) => {
    accepted += 1;
    const upstream = connect(targetPort, "127.0.0.1");
    pass("upstream", client, upstream);
    pass("downstream", upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const cut = (): void => [...sockets.keys()].forEach((socket) => socket.resetAndDestroy());
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get open() {
      return [...sockets.values()].filter((direction) => direction === "upstream").length;
    },
    cut,
    stall(only) {
      for (const direction of only === undefined ? (["upstream", "downstream"] as const) : [only])
        stalled.add(direction);
      for (const [socket, direction] of sockets) if (stalled.has(direction)) socket.pause();
    },
    resume() {
      stalled.clear();
      for (const socket of sockets.keys()) socket.resume();
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
