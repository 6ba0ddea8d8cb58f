import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { foreignRequest } from "../../domain/access/foreign-request.ts";
import { LAMBDA_RESPONSE_LIMIT } from "../../domain/delivery/response-json.ts";
import type { Limit } from "../../domain/limits.ts";
import { AnswerRoom } from "./answer-room.ts";
import { isOfExtensions, serveExtension } from "./extensions/serve-extension.ts";
import { NextRequest } from "./next-request.ts";
import { refuseAndClose } from "./replies.ts";
import type { RuntimeApi } from "./runtime-api.ts";
import type { AnswerIntake } from "./take-answer.ts";
import { takeAnswer, takeInitError } from "./take-answer.ts";

const ROOM_BYTES = 64 * 1_024 * 1_024;
const DISCARD_MS_MAX = 10_000;

const PREFIX = "/2018-06-01/runtime/";
const SECRET_PATH = /^\/([A-Za-z0-9._~-]{16,256})(\/20\d\d-\d\d-\d\d\/.*)$/;
const ANSWER_PATH = /^invocation\/([^/]{1,256})\/(response|error)$/;
/** Longer than any path that is served. */
const URL_CHARACTERS_MAX = 1_024;

export interface ListenerOptions {
  /** Besides addresses and localhost, the hosts that requests may name where no secret is asked for. */
  readonly allowedHosts?: readonly string[];
  /** Of an answer, in bytes. Lambda's by default. */
  readonly responseLimit?: Limit | undefined;
  /** Of the answers that are coming in at once, in bytes. 64 MiB by default. */
  readonly roomBytes?: number | undefined;
  /** How long the rest of a discarded body may take to arrive. 10 s by default. */
  readonly discardMsMax?: number | undefined;
  /** A request ended in an exception, and its connection was closed. */
  readonly onError: (error: Error) => void;
}

/** What a listener knows of its server. */
interface ListenerServer {
  /** Called with the connection of an environment that may speak for its function. */
  readonly onAdmitted: (socket: Socket) => void;
  /** Whether the router itself closes the connections: an answer that breaks off then is not its function's failure. */
  readonly isCut: () => boolean;
}

const NO_SERVER: ListenerServer = { onAdmitted: () => undefined, isCut: () => false };

/** Serves the requests of environments. */
export function runtimeApiListener(
  api: RuntimeApi,
  options: ListenerOptions,
  { onAdmitted, isCut }: ListenerServer = NO_SERVER,
): RequestListener {
  const { responseLimit: limit = LAMBDA_RESPONSE_LIMIT, roomBytes = ROOM_BYTES, allowedHosts = [] } = options;
  const { discardMsMax = DISCARD_MS_MAX } = options;
  const room = new AnswerRoom(roomBytes);
  const intake: AnswerIntake = { api, limit, room, streamedTo: new WeakSet(), discardMsMax, isCut };
  return (request, response) => {
    serve(request, response, { intake, allowedHosts, onAdmitted }).catch((error: unknown) => {
      options.onError(new Error("a request to the Runtime API failed", { cause: error }));
      response.destroy();
    });
  };
}

interface Serving {
  readonly intake: AnswerIntake;
  readonly allowedHosts: readonly string[];
  readonly onAdmitted: ListenerServer["onAdmitted"];
}

async function serve(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { intake, allowedHosts, onAdmitted } = serving;
  const { api } = intake;
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
  onAdmitted(request.socket);
  if (isOfExtensions(url)) {
    const { room, discardMsMax } = intake;
    return serveExtension(api.extensions, request, response, { functionName, path: url, room, discardMsMax });
  }
  if (request.method === "GET" && url === "/2018-06-01/ping") return void response.end("pong");
  if (request.method === "GET" && path === "invocation/next") {
    return api.next(new NextRequest(functionName, response));
  }
  if (request.method === "POST" && path === "init/error") {
    return takeInitError(intake, request, response, functionName);
  }
  const [, id, kind] = ANSWER_PATH.exec(path) ?? [];
  if (request.method !== "POST" || id === undefined) {
    return refuseAndClose(response, 404, "NotFound", `The Runtime API has no ${request.method} ${url}.`);
  }
  await takeAnswer(intake, request, response, { functionName, id, kind: kind === "error" ? "error" : "response" });
}

/**
 * The secret that a request brings, and its path without it. AWS_LAMBDA_RUNTIME_API holds it as a path,
 * `NAME.HOST:PORT/SECRET`, which AWS's clients put before the path of each request. As a user before an `@` it would get lost:
 * the curl in these clients is built without HTTP authentication.
 */
function secretOf({ url = "/" }: IncomingMessage): { readonly secret: string | undefined; readonly url: string } {
  if (url.length > URL_CHARACTERS_MAX) return { secret: undefined, url: url.slice(0, URL_CHARACTERS_MAX) };
  const [, secret, rest] = SECRET_PATH.exec(url) ?? [];
  return secret === undefined || rest === undefined ? { secret: undefined, url } : { secret, url: rest };
}

/** `audit` of `audit.busbar:9001`. A function's name is a DNS label, so a longer one names none. */
function firstLabel(host = ""): string {
  return /^[^.:]{0,63}(?=[.:]|$)/.exec(host)?.[0].toLowerCase() ?? "";
}
