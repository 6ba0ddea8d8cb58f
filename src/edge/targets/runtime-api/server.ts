import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Limit } from "../../../core/limits.ts";
import { LAMBDA_RESPONSE_LIMIT } from "../exchange.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import type { AnswerVerdict } from "./in-hand.ts";
import { NextRequest } from "./next-request.ts";
import type { BytesInFlight } from "./read-body.ts";
import { readBody } from "./read-body.ts";
import { accept, refuse } from "./replies.ts";

/** What is behind the protocol: environments that come over the network, or one child process. */
export interface RuntimeApi {
  /** Whether whoever comes with this secret, or with none, may speak for a function's environments. */
  admits(functionName: string, secret: string | undefined, from: string): boolean;
  /** An environment is ready for an invocation. It is to be given one, refused or dropped. */
  next(request: NextRequest): void;
  /** The environment is told what becomes of its answer only when this resolves. */
  answer(answer: EnvironmentAnswer): Promise<AnswerVerdict>;
  /** An environment could not start, and says why. False when it is past its start. */
  initError(functionName: string, error: Buffer): boolean;
}

export interface RuntimeApiServer {
  readonly port: number;
  /** Takes no more connections; the ones still busy after `graceMs` are cut off. Never rejects. */
  close(graceMs: number): Promise<void>;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly inFlight?: BytesInFlight;
  /** Of an answer, in bytes. Lambda's 6 MiB by default. */
  readonly responseLimit?: Limit | undefined;
  /** A request ended in an exception, and its connection was closed. */
  readonly onError: (error: Error) => void;
}

const LIMITS = {
  headersTimeout: 10_000,
  /** From the first byte of a request to the last of its body; how long a poll may wait has no limit. */
  requestTimeout: 30_000,
  /** None: a connection is idle for as long as its environment works on an invocation. */
  keepAliveTimeout: 0,
  /** So an environment that vanished without a word is found out, and given no invocation. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
};

const PREFIX = "/2018-06-01/runtime/";
const SECRET_PATH = /^\/([A-Za-z0-9._~-]{16,256})(\/2018-06-01\/.*)$/;
const ANSWER_PATH = /^invocation\/([^/]+)\/(response|error)$/;

/** Serves the Lambda Runtime API (AWS Lambda developer guide, "Using the Lambda runtime API"). Rejects when it cannot listen. */
export async function startRuntimeApiServer(api: RuntimeApi, options: ServerOptions): Promise<RuntimeApiServer> {
  let closing = false;
  const answer = runtimeApiListener(api, options);
  const server = createServer(LIMITS, (request, response) => {
    // A connection that was busy when closing began is closed behind its answer.
    response.once("close", () => closing && setImmediate(() => server.closeIdleConnections()));
    answer(request, response);
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async (graceMs) => {
      closing = true;
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cutOff);
    },
  };
}

/** Answers the requests of environments. */
export function runtimeApiListener(api: RuntimeApi, options: Omit<ServerOptions, "host" | "port">): RequestListener {
  return (request, response) => {
    handle(api, options, request, response).catch((error: unknown) => {
      options.onError(new Error("a request to the Runtime API failed", { cause: error }));
      response.destroy();
    });
  };
}

async function handle(
  api: RuntimeApi,
  { inFlight, responseLimit = LAMBDA_RESPONSE_LIMIT }: Omit<ServerOptions, "host" | "port">,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { secret, url } = secretOf(request);
  const path = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : "";
  const functionName = firstLabel(request.headers.host);
  if (!api.admits(functionName, secret, request.socket.remoteAddress ?? "unknown")) {
    const how = "its AWS_LAMBDA_RUNTIME_API must end in one, as in NAME.HOST:PORT/SECRET";
    return refuse(response, 403, "AccessDenied", `This function is polled with a secret: ${how}.`);
  }
  if (request.method === "GET" && path === "invocation/next") {
    return api.next(new NextRequest(functionName, response));
  }
  const [, id, kind] = ANSWER_PATH.exec(path) ?? [];
  if (request.method !== "POST" || (id === undefined && path !== "init/error")) {
    return refuse(response, 404, "NotFound", `The Runtime API has no ${request.method} ${url}.`);
  }
  const body = await readBody(request, response, responseLimit, inFlight);
  if (body === "aborted") return;
  if (id === undefined) return reportInitError(api, functionName, body, response, responseLimit);
  const answer = { functionName, id, kind: kind === "error" ? "error" : "response" } as const;
  if (body !== "too-large") return replyTo(await api.answer({ ...answer, body }), id, response);
  await api.answer({ ...answer, body: undefined, limitBytes: responseLimit.max });
  refuseTooLarge(response, responseLimit);
}

function reportInitError(
  api: RuntimeApi,
  functionName: string,
  body: Buffer | "too-large",
  response: ServerResponse,
  limit: Limit,
): void {
  if (body === "too-large") return refuseTooLarge(response, limit);
  if (api.initError(functionName, body)) return accept(response);
  refuse(response, 403, "InvalidStateTransition", "This environment has started and asked for invocations already.");
}

function replyTo(verdict: AnswerVerdict, id: string, response: ServerResponse): void {
  switch (verdict) {
    case "taken":
      return accept(response);
    case "answered":
      return refuse(response, 403, "InvalidStateTransition", `Invocation ${id} has been answered already.`);
    case "unknown":
      return refuse(
        response,
        400,
        "InvalidRequestID",
        `No invocation ${id} waits for an answer. It may have timed out.`,
      );
  }
}

function refuseTooLarge(response: ServerResponse, limit: Limit): void {
  refuse(response, 413, "RequestEntityTooLarge", `The body is longer than ${limit.max} bytes.`);
}

/**
 * The secret that a request brings, and its path without it. AWS_LAMBDA_RUNTIME_API holds it as a path,
 * `NAME.HOST:PORT/SECRET`, which AWS's clients put before that of each request. As a user before an `@` it would get lost:
 * the curl in them is built without HTTP authentication.
 */
function secretOf({ url = "/" }: IncomingMessage): { readonly secret: string | undefined; readonly url: string } {
  const [, secret, rest] = SECRET_PATH.exec(url) ?? [];
  return secret === undefined || rest === undefined ? { secret: undefined, url } : { secret, url: rest };
}

/** `audit` of `audit.busbar:9001`. */
function firstLabel(host = ""): string {
  return /^[^.:]*/.exec(host)?.[0].toLowerCase() ?? "";
}
