import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import http from "node:http";
import type { TestContext } from "node:test";
import type { Invocation, Poll } from "../../../src/ports/functions/functions.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { Broadcast } from "../../../src/ports/broker/broadcast.ts";
import type { SilentEnvironment } from "../../../src/edge/runtime-api/environment-watch.ts";
import type { RuntimeApiGatewayOptions } from "../../../src/edge/runtime-api/gateway.ts";
import { startRuntimeApiGateway } from "../../../src/edge/runtime-api/gateway.ts";
import { eventually } from "../../contract/waiting.ts";
import type { TestServer } from "../http/http-target.ts";
import { serveHttp } from "../http/http-target.ts";

export const PREFIX = "/2018-06-01/runtime/";
export const HOST = "audit.busbar:9001";

export interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RequestOptions {
  readonly body?: string | Buffer;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stands before the path, as clients send it. */
  readonly secret?: string;
  readonly agent?: http.Agent;
  readonly signal?: AbortSignal;
}

/** One request of an environment, such as `POST invocation/ID/response`; on a connection of its own without an agent. */
export async function request(port: number, what: string, options: RequestOptions = {}): Promise<Reply> {
  const [method = "", path = ""] = what.split(" ");
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { agent = false, signal, body, host = HOST, secret, headers } = options;
  const url = `http://127.0.0.1:${port}${secret === undefined ? "" : `/${secret}`}${PREFIX}${path}`;
  http
    .request(url, { method, agent, headers: { ...headers, host }, ...(signal && { signal }) }, resolve)
    .on("error", reject)
    .end(body);
  const response = await promise;
  const chunks = (await response.toArray()) as Buffer[];
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** Polls once. Null when the poll was cut off. */
export function poll(port: number, options?: RequestOptions): Promise<Reply | null> {
  return request(port, "GET invocation/next", options).catch(() => null);
}

export function invocation(over: Partial<Invocation> = {}): Invocation {
  const destination = { kind: "function", name: "audit" } as const;
  return { id: randomUUID(), attempt: 1, destination, payload: Buffer.from('{"n":1}'), ...over };
}

/** A broadcast between the routers of one test, which arrives later as on a network, at its sender too. */
export class Broadcasts {
  readonly bodies: Buffer[] = [];
  failure: Error | undefined;
  /** What was sent to one router alone, by its address. */
  readonly sent: (readonly [address: string, body: Buffer])[] = [];
  readonly #listeners: ((body: Buffer) => void)[] = [];
  readonly #routers = new Map<string, ((body: Buffer) => void)[]>();

  /** A router's connection to it, with an address of its own. */
  connect(): Broadcast {
    const address = `router-${this.#routers.size + 1}`;
    const listeners: ((body: Buffer) => void)[] = [];
    this.#routers.set(address, listeners);
    return {
      address,
      broadcast: (body) => this.broadcast(body),
      send: (to, body) => this.#send(to, body),
      onBroadcast: (listener) => {
        listeners.push(listener);
        this.#listeners.push(listener);
      },
    };
  }

  #send(to: string, body: Buffer): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.sent.push([to, body]);
    setImmediate(() => this.#routers.get(to)?.forEach((listener) => listener(body)));
    return Promise.resolve();
  }

  broadcast(body: Buffer): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.bodies.push(body);
    setImmediate(() => this.#listeners.forEach((listener) => listener(body)));
    return Promise.resolve();
  }
}

/** A gateway whose polls wait for the test to use them. */
export async function startGateway(t: TestContext, over: Partial<RuntimeApiGatewayOptions> = {}) {
  const polls: Poll[] = [];
  const outcomes = new Map<Poll, Promise<unknown>>();
  const late: string[] = [];
  const errors: Error[] = [];
  const silent: SilentEnvironment[] = [];
  const gateway = await startRuntimeApiGateway({
    host: "127.0.0.1",
    port: 0,
    identity: { accountId: "000000000000", region: "us-east-1" },
    secretsOf: (name) => (name === "audit" || name === "stock" ? [] : undefined),
    allowedHosts: ["audit", "*.busbar", "*.busbar.svc.cluster.local"],
    onRefused: () => assert.fail(),
    onPoll: async (poll) => {
      polls.push(poll);
      await used(poll);
      await outcomes.get(poll)?.catch(() => undefined);
    },
    broker: new Broadcasts().connect(),
    nowMs: Date.now,
    onLateAnswer: (name) => late.push(name),
    onSilent: (environment) => silent.push(environment),
    onError: (error) => errors.push(error),
    ...over,
  });
  const abandoned = new AbortController();
  t.after(async () => {
    abandoned.abort();
    await gateway.close(0);
  });
  const nextPoll = async (): Promise<Poll> => {
    await eventually("a poll waits", () => polls.length > 0);
    return polls.shift()!;
  };
  /** Gives an invocation to whoever polls next. A test that ends without its answer abandons it. */
  const give = (given: Invocation, timeoutMs = 30_000, signal = abandoned.signal): Promise<Outcome | "gone"> => {
    const outcome = nextPoll().then((poll) => {
      const called = poll.invoke(given, timeoutMs, signal);
      outcomes.set(poll, called);
      return called;
    });
    outcome.catch(() => undefined);
    return outcome;
  };
  return {
    port: gateway.port,
    polls,
    late,
    silent,
    errors,
    close: (graceMs: number) => gateway.close(graceMs),
    nextPoll,
    give,
    /** Polls, and gives the poll an invocation: the outcome is still to come. */
    handOut: async (
      given: Invocation,
      options: { timeoutMs?: number; agent?: http.Agent; signal?: AbortSignal } = {},
    ) => {
      const { agent, timeoutMs, signal } = options;
      const polled = poll(gateway.port, agent && { agent });
      const outcome = give(given, timeoutMs, signal);
      await polled;
      return { outcome };
    },
  };
}

/** Resolves when the poll is gone, which it also is once it has got its invocation. */
export function used(poll: Poll): Promise<void> {
  return new Promise((resolve) => poll.gone.addEventListener("abort", () => resolve()));
}

/**
 * What stands before the routers in a cluster: each request goes to the next one in turn, whatever connection it
 * came on, and the host is the function's.
 */
export async function startBalancer(t: TestContext, ports: readonly number[]): Promise<TestServer> {
  let turn = 0;
  const agent = new http.Agent({ keepAlive: true });
  const server = await serveHttp((from, to) => {
    const headers = { ...from.headers, host: HOST };
    const url = `http://127.0.0.1:${ports[turn++ % ports.length]}${from.url}`;
    const upstream = http.request(url, { method: from.method!, headers, agent }, (answer) => {
      to.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(to);
    });
    upstream.on("error", () => to.destroy());
    to.on("close", () => to.writableFinished || upstream.destroy());
    from.pipe(upstream);
  });
  t.after(async () => {
    agent.destroy();
    await server.stop();
  });
  return server;
}
