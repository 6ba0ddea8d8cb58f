import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { ForeignRequest } from "../../domain/access/foreign-request.ts";
import { foreignRequest } from "../../domain/access/foreign-request.ts";
import type { Limit } from "../../domain/limits.ts";
import { LAMBDA_RESPONSE_LIMIT } from "../../domain/delivery/response-json.ts";
import type { AnswerVerdict } from "../../flow/hold/in-hand.ts";
import type { AnswerReceiver } from "../../flow/hold/relay.ts";
import { contentOf, unknownResponseMode } from "./answer-content.ts";
import { AnswerRoom } from "./answer-room.ts";
import { Connections, HEADER_BYTES_MAX } from "./connections.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { foundError } from "./environment-answer.ts";
import { NextRequest } from "./next-request.ts";
import { discardBody, readAnswerBody } from "./read-body.ts";
import { replyAccepted, replyRefused, refuseAndClose } from "./replies.ts";

/** What is behind the protocol: environments that come over the network, or one child process. */
export interface RuntimeApi {
  /** Whether anybody may poll for a function of this name. */
  knows(functionName: string): boolean;
  /** Why a caller may not speak for a known function's environments; undefined when it may. */
  refusalOf(functionName: string, caller: RuntimeApiCaller): string | undefined;
  /** An environment is ready for an invocation. It is to be given one, refused or dropped. */
  next(request: NextRequest): void;
  /** Who waits for an answer. Asked before its body is read: what nobody waits for is not. */
  receiver(functionName: string, id: string): Promise<AnswerReceiver<EnvironmentAnswer> | Unanswerable>;
  /** An environment could not start, and says why. False when it is past its start. */
  initError(functionName: string, error: Buffer): boolean;
}

/** Somebody who makes a request. */
export interface RuntimeApiCaller {
  readonly secret: string | undefined;
  /** The address of its connection. */
  readonly from: string;
  /** Why it is refused where no secret is asked for; undefined when it is not. */
  readonly foreign: ForeignRequest | undefined;
}

/** Why an answer is for nothing: `busy` when it cannot be found out now. */
export type Unanswerable = Exclude<AnswerVerdict, "taken"> | "busy";

export interface RuntimeApiServer {
  readonly port: number;
  /** Takes no more connections; the ones still busy after `graceMs` are cut off. Never rejects. */
  close(graceMs: number): Promise<void>;
}

export interface ListenerOptions {
  /** Besides addresses and localhost, the hosts that requests may name where no secret is asked for. */
  readonly allowedHosts?: readonly string[];
  /** Of an answer, in bytes. Lambda's by default. */
  readonly responseLimit?: Limit | undefined;
  /** Of the answers that are coming in at once, in bytes. 64 MiB by default. */
  readonly roomBytes?: number | undefined;
  /** A request ended in an exception, and its connection was closed. */
  readonly onError: (error: Error) => void;
}

export interface RuntimeApiServerOptions extends ListenerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Of connections; 4,096 by default. */
  readonly connectionLimit?: Limit | undefined;
}

const NODE_OPTIONS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  /** None: a poll waits, and a function writes its response, for as long as the invocation may take. */
  requestTimeout: 0,
  /** None: a connection is idle for as long as its environment works on an invocation. */
  keepAliveTimeout: 0,
  /** So an environment that vanished without a word is found out, and given no invocation. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
};
const HEADERS_MAX = 200;
const CONNECTION_LIMIT: Limit = { max: 4_096, exceeded: () => undefined };
const ROOM_BYTES = 64 * 1_024 * 1_024;
/** A report of a failed start is a stack at most. */
const INIT_ERROR_BYTES_MAX = 1_024 * 1_024;
const INIT_ERROR_MS_MAX = 10_000;

const PREFIX = "/2018-06-01/runtime/";
const SECRET_PATH = /^\/([A-Za-z0-9._~-]{16,256})(\/2018-06-01\/.*)$/;
const ANSWER_PATH = /^invocation\/([^/]{1,256})\/(response|error)$/;
/** Of a request's line: what it is compared with is short. */
const URL_CHARACTERS_MAX = 1_024;

/** Serves the Lambda Runtime API (AWS Lambda developer guide, "Using the Lambda runtime API"). Rejects when it cannot listen. */
export async function startRuntimeApiServer(
  api: RuntimeApi,
  options: RuntimeApiServerOptions,
): Promise<RuntimeApiServer> {
  let closing = false;
  const connections = new Connections(options.connectionLimit ?? CONNECTION_LIMIT);
  let isCut = false;
  const answer = runtimeApiListener(api, options, {
    onAdmitted: (socket) => connections.admit(socket),
    isCut: () => isCut,
  });
  const onRequest: RequestListener = (request, response) => {
    if (!connections.begin(request, response)) return;
    // A connection that was busy when closing began is closed behind its answer.
    response.once("close", () => closing && setImmediate(() => server.closeIdleConnections()));
    answer(request, response);
  };
  const server = createServer(NODE_OPTIONS, onRequest);
  server.maxHeadersCount = HEADERS_MAX;
  server.on("connection", (socket) => connections.add(socket));
  // Without a listener Node.js asks for every body, also for one that is refused unread.
  server.on("checkContinue", onRequest);
  server.listen(options.port, options.host);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async (graceMs) => {
      closing = true;
      const cutOff = setTimeout(() => {
        isCut = true;
        server.closeAllConnections();
      }, graceMs);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cutOff);
      connections.stop();
    },
  };
}

/** What a listener knows of the server that it answers for. */
interface ListenerServer {
  /** The connection of an environment that may speak for its function. */
  readonly onAdmitted: (socket: Socket) => void;
  /** Whether the router itself closes the connections: an answer that breaks off then is not its function's failure. */
  readonly isCut: () => boolean;
}

const NO_SERVER: ListenerServer = { onAdmitted: () => undefined, isCut: () => false };

/** Answers the requests of environments. */
export function runtimeApiListener(
  api: RuntimeApi,
  options: ListenerOptions,
  server: ListenerServer = NO_SERVER,
): RequestListener {
  const { responseLimit: limit = LAMBDA_RESPONSE_LIMIT, roomBytes = ROOM_BYTES, allowedHosts = [] } = options;
  const room = new AnswerRoom(roomBytes);
  return (request, response) => {
    handle({ api, allowedHosts, limit, room, request, response, server }).catch((error: unknown) => {
      options.onError(new Error("a request to the Runtime API failed", { cause: error }));
      response.destroy();
    });
  };
}

interface Exchange {
  readonly api: RuntimeApi;
  readonly allowedHosts: readonly string[];
  readonly limit: Limit;
  readonly room: AnswerRoom;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: ListenerServer;
}

async function handle(exchange: Exchange): Promise<void> {
  const { api, allowedHosts, request, response, server } = exchange;
  const { secret, url } = secretOf(request);
  const path = url.startsWith(PREFIX) ? url.slice(PREFIX.length) : "";
  const functionName = firstLabel(request.headers.host);
  if (!api.knows(functionName)) {
    const how = "The first label of the host in AWS_LAMBDA_RUNTIME_API must be its name.";
    const message = `No function "${functionName}" of kind runtimeApi is configured. ${how}`;
    return refuseAndClose(response, 404, "FunctionNotFound", message);
  }
  const from = request.socket.remoteAddress ?? "unknown";
  const foreign = foreignRequest(request.headers, allowedHosts);
  const refusal = api.refusalOf(functionName, { secret, from, foreign });
  if (refusal !== undefined) return refuseAndClose(response, 403, "AccessDenied", refusal);
  server.onAdmitted(request.socket);
  if (request.method === "GET" && path === "invocation/next") {
    return api.next(new NextRequest(functionName, response));
  }
  if (request.method === "POST" && path === "init/error") return takeInitError(exchange, functionName);
  const [, id, kind] = ANSWER_PATH.exec(path) ?? [];
  if (request.method !== "POST" || id === undefined) {
    return refuseAndClose(response, 404, "NotFound", `The Runtime API has no ${request.method} ${url}.`);
  }
  await takeAnswer(exchange, { functionName, id, kind: kind === "error" ? "error" : "response" });
}

interface AnswerKey {
  readonly functionName: string;
  readonly id: string;
  readonly kind: "response" | "error";
}

async function takeAnswer({ api, limit, room, request, response, server }: Exchange, key: AnswerKey): Promise<void> {
  const { functionName, id } = key;
  const receiver = await api.receiver(functionName, id);
  if (typeof receiver === "string") {
    discardBody(request);
    return refuseAnswer(receiver, id, response);
  }
  const mode = unknownResponseMode(request);
  if (mode !== undefined && key.kind === "response") {
    discardBody(request);
    await receiver.settle(
      foundError("Runtime.InvalidResponseModeHeader", id, "the function's response mode is unknown"),
    );
    return replyRefused(response, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
  }
  const body = await readAnswerBody(request, response, { limit, room, ended: receiver.ended });
  discardBody(request);
  if (body === "late") {
    // Its body is gone, so that a later attempt's receiver cannot have it either.
    const why = await api.receiver(functionName, id);
    return refuseAnswer(typeof why === "string" ? why : "unknown", id, response);
  }
  if (body === "truncated" && server.isCut()) return;
  const verdict = await receiver.settle(contentOf(request, key, body, limit.max));
  if (body === "truncated")
    return replyRefused(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
  if (body === "too-large") return refuseTooLarge(response, limit.max);
  if (verdict === "taken") return replyAccepted(response);
  refuseAnswer(verdict, id, response);
}

async function takeInitError({ api, room, request, response }: Exchange, functionName: string): Promise<void> {
  const limit = { max: INIT_ERROR_BYTES_MAX, exceeded: () => undefined };
  const body = await readAnswerBody(request, response, { limit, room, ended: AbortSignal.timeout(INIT_ERROR_MS_MAX) });
  discardBody(request);
  if (body === "too-large") return refuseTooLarge(response, limit.max);
  if (typeof body === "string") return void response.destroy();
  if (api.initError(functionName, body)) return replyAccepted(response);
  replyRefused(
    response,
    403,
    "InvalidStateTransition",
    "This environment has started and asked for invocations already.",
  );
}

function refuseAnswer(why: Unanswerable, id: string, response: ServerResponse): void {
  switch (why) {
    case "answered":
      return replyRefused(response, 403, "InvalidStateTransition", `Invocation ${id} has been answered already.`);
    case "unknown":
      return replyRefused(
        response,
        400,
        "InvalidRequestID",
        `No invocation ${id} waits for an answer. It may have timed out.`,
      );
    case "busy":
      return replyRefused(response, 503, "ServiceException", "Too many answers are for invocations of other routers.");
  }
}

function refuseTooLarge(response: ServerResponse, bytesMax: number): void {
  replyRefused(response, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${bytesMax} bytes).`);
}

/**
 * The secret that a request brings, and its path without it. AWS_LAMBDA_RUNTIME_API holds it as a path,
 * `NAME.HOST:PORT/SECRET`, which AWS's clients put before that of each request. As a user before an `@` it would get lost:
 * the curl in them is built without HTTP authentication.
 */
function secretOf({ url = "/" }: IncomingMessage): { readonly secret: string | undefined; readonly url: string } {
  if (url.length > URL_CHARACTERS_MAX) return { secret: undefined, url: url.slice(0, URL_CHARACTERS_MAX) };
  const [, secret, rest] = SECRET_PATH.exec(url) ?? [];
  return secret === undefined || rest === undefined ? { secret: undefined, url } : { secret, url: rest };
}

/** `audit` of `audit.busbar:9001`. A function's name is a DNS label, so that a longer one is none. */
function firstLabel(host = ""): string {
  return /^[^.:]{0,63}(?=[.:]|$)/.exec(host)?.[0].toLowerCase() ?? "";
}
