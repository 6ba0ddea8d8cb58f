import { once } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import http from "node:http";
import net from "node:net";
import type { FunctionConfig } from "../../../src/domain/target/function.ts";
import type { Invocation } from "../../../src/ports/functions/functions.ts";
import { sampleFunction } from "../sample.ts";

/** A server on loopback that stops with everything connected to it. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves HTTP on a free port, or on the given one. */
export async function serveHttp(listener: RequestListener, host = "127.0.0.1", port = 0): Promise<TestServer> {
  const server = http.createServer(listener);
  return listening(server, host, port, () => server.closeAllConnections());
}

/** Serves bare TCP, for what is no HTTP. */
export async function serveTcp(onSocket: (socket: net.Socket) => void): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    onSocket(socket);
  });
  return listening(server, "127.0.0.1", 0, () => sockets.forEach((socket) => socket.destroy()));
}

async function listening(server: net.Server, host: string, port: number, hangUp: () => void): Promise<TestServer> {
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as net.AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    port: address.port,
    stop: async () => {
      server.close();
      hangUp();
      await once(server, "close");
    },
  };
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await serveTcp(() => undefined);
  await server.stop();
  return server.port;
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A function with short limits. */
export function functionConfig<Run extends FunctionConfig["run"]>(
  run: Run,
  overrides: Partial<FunctionConfig> = {},
): FunctionConfig & { readonly run: Run } {
  return { ...sampleFunction("stock", { timeoutSeconds: 1, concurrency: 8, ...overrides }), run };
}

export function invocation(overrides: Partial<Invocation> = {}): Invocation {
  return {
    id: "4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11",
    attempt: 1,
    destination: { kind: "function", name: "stock" },
    payload: Buffer.from('{"total":1.50}'),
    ...overrides,
  };
}

/** A signal that never fires. */
export const NEVER: AbortSignal = new AbortController().signal;
