import type { ServerOptions as HttpOptions } from "node:http";
import type { Limit } from "../../domain/limits.ts";
import { listen } from "../http/server.ts";
import { Connections, HEADER_BYTES_MAX } from "./connections.ts";
import type { ListenerOptions } from "./listener.ts";
import { runtimeApiListener } from "./listener.ts";
import type { RuntimeApi } from "./runtime-api.ts";

export interface RuntimeApiServer {
  readonly port: number;
  /** Takes no more connections; the ones still busy after `graceMs` are cut off. Never rejects. */
  close(graceMs: number): Promise<void>;
}

export interface RuntimeApiServerOptions extends ListenerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Of connections; 4,096 by default. */
  readonly connectionLimit?: Limit | undefined;
  /** How long a request's header may take to arrive. 10 s by default. */
  readonly headersMsMax?: number;
}

const NODE_OPTIONS: HttpOptions = {
  /** None: a poll waits, and a function writes its response, for as long as the invocation may take. */
  requestTimeout: 0,
  /** None: a connection is idle for as long as its environment works on an invocation. */
  keepAliveTimeout: 0,
  /** TCP finds out that an environment's machine has vanished: it is given no invocation. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
};
const HEADERS_MS_MAX = 10_000;
const HEADER_LIMIT: Limit = { max: HEADER_BYTES_MAX, exceeded: () => undefined };
const CONNECTION_LIMIT: Limit = { max: 4_096, exceeded: () => undefined };

/** Serves the Lambda Runtime API (AWS Lambda developer guide, "Using the Lambda runtime API"). Rejects when it cannot listen. */
export async function startRuntimeApiServer(
  api: RuntimeApi,
  options: RuntimeApiServerOptions,
): Promise<RuntimeApiServer> {
  const { host, port, connectionLimit = CONNECTION_LIMIT, headersMsMax = HEADERS_MS_MAX } = options;
  const connections = new Connections(connectionLimit);
  let isCut = false;
  const answer = runtimeApiListener(api, options, {
    onAdmitted: (socket) => connections.admit(socket),
    isCut: () => isCut,
  });
  const server = await listen(
    (request, response) => {
      if (connections.begin(request, response)) answer(request, response);
    },
    {
      host,
      port,
      headerLimit: HEADER_LIMIT,
      nodeOptions: { ...NODE_OPTIONS, headersTimeout: headersMsMax, connectionsCheckingInterval: headersMsMax / 2 },
      asksForBodies: true,
      onConnection: (socket) => connections.add(socket),
      onCutOff: () => (isCut = true),
    },
  );
  return {
    port: server.port,
    close: async (graceMs) => {
      await server.close(graceMs);
      connections.stop();
    },
  };
}
