import { once } from "node:events";
import type { AddressInfo, ListenOptions, Server } from "node:net";
import { createServer } from "node:net";

/** Only Linux distributes connections over all sockets of a port (SO_REUSEPORT). */
const CAN_SHARE = process.platform === "linux";

/**
 * Lets a server listen with several sockets on one port. Node.js accepts one connection from each listening socket in a
 * turn of the event loop, and a turn of a busy server is long. Of 300 clients that came at once and kept it busy, the
 * last was accepted after 7.7 s with one socket, after 0.7 s with 32.
 *
 * @param port 0 picks a free one.
 * @returns the other sockets. Close them with the server: each waits for the connections that it accepted. Rejects with
 *   the system's error when it cannot listen there.
 */
export async function listenShared(
  server: Server,
  host: string,
  port: number,
  sockets: number,
): Promise<readonly Server[]> {
  if (sockets === 1 || !CAN_SHARE) {
    await listening(server, { host, port });
    return [];
  }
  const shared = { host, port: await freePort(host, port), reusePort: true };
  await listening(server, shared);
  const take = (socket: unknown): boolean => server.emit("connection", socket);
  // As the server's own: HTTP answers a client that has closed its side, TLS cannot use half a connection.
  const { allowHalfOpen = false } = server as { readonly allowHalfOpen?: boolean };
  const others = Array.from({ length: sockets - 1 }, () => createServer({ allowHalfOpen, noDelay: true }, take));
  await Promise.all(others.map((other) => listening(other, shared)));
  return others;
}

/** A shared port may be another router's without an error. A socket that does not share it finds that out. */
async function freePort(host: string, port: number): Promise<number> {
  const probe = createServer();
  await listening(probe, { host, port });
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, "close");
  return found;
}

async function listening(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, "listening");
}
