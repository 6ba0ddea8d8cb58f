import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import type { ReportFault } from "../../http/answer.ts";
import { answerJson } from "../../http/answer.ts";
import type { Caller } from "../../http/auth/caller.ts";
import type { Authenticator } from "../../http/auth/authenticator.ts";
import { Refusal, TooManyRequests } from "../../http/auth/refusal.ts";
import type { BodyRefusal } from "../../http/body.ts";
import { utf8Text } from "../../http/body.ts";
import { parseContentType } from "../../http/content-type.ts";
import { AwsError, retryOf } from "../../http/errors.ts";
import type { BodyRooms } from "../../http/proven-body.ts";
import { readProvenBody } from "../../http/proven-body.ts";
import { traceparentOfHeaders } from "../../http/trace-headers.ts";
import { answerAwsError, isAwsJsonPath, MEDIA_TYPE } from "./answer-error.ts";
import { DISABLED_OPERATIONS } from "../services/events/disabled-operations.ts";
import { oversize } from "../services/events/oversize.ts";

const TARGET_PREFIX = "AWSEvents.";

/** What an operation may know of its request, beside its input. */
export interface OperationCall {
  /** The trace that the request's headers name. */
  readonly traceparent: string | undefined;
  readonly caller: Caller;
}

/** One operation of the API. Resolves with its output; throws an `AwsError` to refuse. */
export type Operation = (input: JsonObject, call: OperationCall) => JsonObject | Promise<JsonObject>;

/** An operation by its name. */
export interface NamedOperation {
  /** Refuses who may do nothing of the kind, before the body is read. */
  readonly admit?: (caller: Caller) => void;
  readonly run: Operation;
}

export type Operations = ReadonlyMap<string, NamedOperation>;

export interface AwsJsonDeps {
  readonly rooms: BodyRooms;
  readonly authenticator: Authenticator;
  readonly report: ReportFault;
}

/** The EventBridge API's one endpoint, as the awsJson1_1 protocol has it: the operation is named by a header. */
export function awsJsonHandler(operations: Operations, { rooms, authenticator, report }: AwsJsonDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomUUID();
    try {
      if (!isAwsJsonPath(request.url)) {
        throw new AwsError("UnknownOperationException", "The path of the EventBridge API is /.");
      }
      const authentication = await authenticator.authenticate(
        request,
        `events:${operationNameOf(request) ?? "Unknown"}`,
      );
      const operation = operationOf(request, operations);
      if (authentication.caller !== undefined) operation.admit?.(authentication.caller);
      const read = await readProvenBody(request, response, authentication, rooms);
      if (!read.ok) {
        if (read.reason === "aborted") return;
        refuse(read.reason, rooms);
      }
      operation.admit?.(read.caller);
      const call = { traceparent: traceparentOfHeaders(request.headers), caller: read.caller };
      const output = await operation.run(inputOf(read.body), call);
      answerJson(response, 200, output, { "content-type": MEDIA_TYPE, "x-amzn-RequestId": requestId });
    } catch (error) {
      answerAwsError(response, toAwsError(error, report), requestId);
    }
  };
}

function operationOf(request: IncomingMessage, operations: Operations): NamedOperation {
  const { mediaType, utf8 } = parseContentType(request.headers["content-type"]);
  if (mediaType !== MEDIA_TYPE || !utf8) {
    throw new AwsError("UnsupportedMediaTypeException", `Content-Type must be ${MEDIA_TYPE}.`);
  }
  const name = operationNameOf(request);
  if (name === undefined) {
    throw new AwsError(
      "UnknownOperationException",
      `The X-Amz-Target header must name an operation: ${TARGET_PREFIX}PutEvents, for one.`,
    );
  }
  const operation = operations.get(name);
  if (operation !== undefined) return operation;
  if (DISABLED_OPERATIONS.has(name)) {
    const message = `${name} is disabled: event buses, rules, targets and API destinations live in the configuration files, which are reloaded when they change.`;
    throw new AwsError("OperationDisabledException", message);
  }
  throw new AwsError("UnknownOperationException", "There is no such operation here.");
}

function operationNameOf({ headers }: IncomingMessage): string | undefined {
  const target = headers["x-amz-target"];
  if (typeof target !== "string" || !target.startsWith(TARGET_PREFIX)) return undefined;
  return target.slice(TARGET_PREFIX.length);
}

function inputOf(body: Buffer): JsonObject {
  const problem = oversize(body);
  if (problem !== undefined) throw new AwsError("SerializationException", problem);
  const text = utf8Text(body);
  if (text === undefined) throw new AwsError("SerializationException", "The request body is not UTF-8.");
  const input = parseJson(text);
  if (!isJsonObject(input)) throw new AwsError("SerializationException", "The request body must be a JSON object.");
  return input;
}

function refuse(reason: Exclude<BodyRefusal, "aborted">, { limit }: BodyRooms): never {
  switch (reason) {
    case "too-large":
      throw new AwsError("RequestEntityTooLarge", `The request body is longer than ${limit.max} bytes.`);
    case "encoded":
      throw new AwsError("UnsupportedMediaTypeException", "Content-Encoding is not supported: send the body as it is.");
    case "too-slow":
      throw new AwsError("RequestTimeoutException", "The request body came too slowly.");
    case "no-room":
      throw new AwsError("ThrottlingException", "Too much is in flight.", { retryAfterSeconds: 1 });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AwsError("SerializationException", "The request body is not JSON.", { cause });
  }
}

function toAwsError(error: unknown, report: ReportFault): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof Refusal) return new AwsError(error.awsCode, error.message, retryOf(error));
  if (error instanceof TooManyRequests) return new AwsError("ThrottlingException", error.message, retryOf(error));
  report(error);
  return new AwsError("InternalException", "Internal error.", { cause: error });
}
