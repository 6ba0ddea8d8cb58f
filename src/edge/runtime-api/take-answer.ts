import type { IncomingMessage, ServerResponse } from "node:http";
import { HTTP_INTEGRATION_TYPE } from "../../domain/http-route/http-route.ts";
import type { Limit } from "../../domain/limits.ts";
import type { AnswerSink } from "../../ports/functions/functions.ts";
import type { AnswerRoom } from "./answer-room.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { foundError } from "./environment-answer.ts";
import type { BodyFault } from "./read-body.ts";
import { discardBody, passBody, readAnswerBody, STREAM_BYTES_MAX } from "./read-body.ts";
import { replyAccepted, replyRefused } from "./replies.ts";
import type { RuntimeApi, Unanswerable } from "./runtime-api.ts";

/** A report of a failed start holds a stack trace at most. */
const INIT_ERROR_BYTES_MAX = 1_024 * 1_024;
const INIT_ERROR_MS_MAX = 10_000;

/** The header and trailers of a response that is streamed. Its function may fail after the first piece. */
const MODE = "lambda-runtime-function-response-mode";
const ERROR_TYPE = "lambda-runtime-function-error-type";
const ERROR_BODY = "lambda-runtime-function-error-body";

/** What takes answers in: the same for all requests. */
export interface AnswerIntake {
  readonly api: RuntimeApi;
  readonly limit: Limit;
  readonly room: AnswerRoom;
  /** Where answers have been streamed to: no other answer to the same call is taken. */
  readonly streamedTo: WeakSet<AnswerSink>;
  /** How long the rest of a discarded body may take to arrive. The server has no time limit for a request. */
  readonly discardMsMax: number;
  /** Whether the router itself has closed the connections. */
  readonly isCut: () => boolean;
}

interface AnswerKey {
  readonly functionName: string;
  readonly id: string;
  readonly kind: "response" | "error";
}

/** Serves `POST …/invocation/ID/response` and `…/error`. */
export async function takeAnswer(
  { api, limit, room, streamedTo, discardMsMax, isCut }: AnswerIntake,
  request: IncomingMessage,
  response: ServerResponse,
  key: AnswerKey,
): Promise<void> {
  const { functionName, id } = key;
  const receiver = await api.receiver(functionName, id);
  if (typeof receiver === "string") {
    discardBody(request, discardMsMax);
    return refuseAnswer(receiver, id, response);
  }
  const { ended, sink } = receiver;
  if (sink !== undefined && streamedTo.has(sink)) {
    discardBody(request, discardMsMax);
    return refuseAnswer("answered", id, response);
  }
  const mode = unknownResponseMode(request);
  if (mode !== undefined && key.kind === "response") {
    discardBody(request, discardMsMax);
    await receiver.settle(
      foundError("Runtime.InvalidResponseModeHeader", id, "the function's response mode is unknown"),
    );
    return replyRefused(response, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
  }
  const isStreamed = key.kind === "response" && sink !== undefined && request.headers[MODE] === "streaming";
  if (isStreamed) streamedTo.add(sink);
  const body = isStreamed
    ? await passBody(request, response, { sink, ended })
    : await readAnswerBody(request, response, { limit, room, ended });
  discardBody(request, discardMsMax);
  if (body === "late") {
    // The body has been discarded, so the receiver of a later attempt cannot get it either.
    const why = await api.receiver(functionName, id);
    return refuseAnswer(typeof why === "string" ? why : "unknown", id, response);
  }
  if (body === "truncated" && isCut()) return;
  const verdict = await receiver.settle(contentOf(request, key, body, isStreamed ? STREAM_BYTES_MAX : limit.max));
  if (body === "truncated") {
    return replyRefused(response, 400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
  }
  if (body === "too-large") return refuseTooLarge(response, isStreamed ? STREAM_BYTES_MAX : limit.max);
  if (verdict === "taken") return replyAccepted(response);
  refuseAnswer(verdict, id, response);
}

/** Serves `POST …/init/error`. */
export async function takeInitError(
  { api, room, discardMsMax }: AnswerIntake,
  request: IncomingMessage,
  response: ServerResponse,
  functionName: string,
): Promise<void> {
  const limit = { max: INIT_ERROR_BYTES_MAX, exceeded: () => undefined };
  const body = await readAnswerBody(request, response, { limit, room, ended: AbortSignal.timeout(INIT_ERROR_MS_MAX) });
  discardBody(request, discardMsMax);
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

/** The response mode that a request names and Lambda does not have: it has `streaming` only. */
function unknownResponseMode({ headers }: IncomingMessage): string | undefined {
  const mode = headers[MODE];
  if (mode === undefined || mode === "streaming") return undefined;
  return String(mode);
}

/**
 * The answer of a request to `…/response` or `…/error` whose body has been read. A response that ends with an error's type
 * or body in its trailers is that error, however much was written before. So AWS's clients report a function that fails
 * while it streams (AWS Lambda developer guide, "Building a custom runtime", response streaming).
 */
export function contentOf(
  request: IncomingMessage,
  { id, kind }: { readonly id: string; readonly kind: "response" | "error" },
  body: Buffer | "passed" | Exclude<BodyFault, "late">,
  limitBytes: number,
): EnvironmentAnswer {
  if (body === "truncated") return { kind: body };
  if (body === "too-large") {
    if (kind === "response") return { kind: "oversized", limitBytes };
    return foundError("Function.ResponseSizeTooLarge", id, `the error is longer than ${limitBytes} bytes`);
  }
  if (body === "passed") return trailedError(request.trailers) ?? { kind: "streamed" };
  if (kind === "error") return { kind, body };
  const { headers, trailers } = request;
  const beginsWithHead = headers[MODE] === "streaming" && headers["content-type"] === HTTP_INTEGRATION_TYPE;
  return trailedError(trailers) ?? { kind, body, ...(beginsWithHead ? { beginsWithHead } : {}) };
}

/** The error's body is JSON in base64. A type without a body is an error too. */
function trailedError(trailers: NodeJS.Dict<string>): EnvironmentAnswer | undefined {
  const errorType = trailers[ERROR_TYPE] ?? "";
  const body = Buffer.from(trailers[ERROR_BODY] ?? "", "base64");
  if (errorType === "" && body.length === 0) return undefined;
  if (body.length > 0) return { kind: "error", body };
  return { kind: "error", body: Buffer.from(JSON.stringify({ errorType, errorMessage: "" })) };
}
