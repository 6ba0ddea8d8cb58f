import type { IncomingMessage, ServerResponse } from "node:http";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { AnswerRoom } from "../answer-room.ts";
import { discardBody, readAnswerBody } from "../read-body.ts";
import { refuseAndClose, reply, replyAccepted, replyRefused } from "../replies.ts";
import type { ExtensionClaim, ExtensionEvent, ExtensionRefusal, ExtensionsApi } from "./extensions-api.ts";
import { ExtensionPoll } from "./extensions-api.ts";

/** The Extensions API's version. Telemetry and logs have one each. */
const EXTENSION = "/2020-01-01/extension/";
/** As AWS's emulator answers. A collector takes 202 as "no telemetry here" and goes on; a 404 ends it. */
const TELEMETRY: Readonly<Record<string, string>> = {
  "/2022-07-01/telemetry": "Telemetry",
  "/2020-08-15/logs": "Logs",
};

const BODY_LIMIT = { max: 65_536, exceeded: () => undefined };
const BODY_MS_MAX = 10_000;
const NAME = /^[A-Za-z0-9._-]{1,128}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ERROR_TYPE = /^[\x20-\x7e]{1,256}$/;

export interface ExtensionRequest {
  readonly functionName: string;
  /** From the version on, without a secret. */
  readonly path: string;
  readonly room: AnswerRoom;
  readonly discardMsMax: number;
}

/** Whether a path belongs to the Extensions, Telemetry or Logs API. */
export function isOfExtensions(path: string): boolean {
  return path.startsWith(EXTENSION) || TELEMETRY[path] !== undefined;
}

/** Serves the Extensions API (AWS Lambda developer guide, "Lambda Extensions API"), and refuses telemetry as AWS's emulator does. */
export async function serveExtension(
  api: ExtensionsApi,
  request: IncomingMessage,
  response: ServerResponse,
  given: ExtensionRequest,
): Promise<void> {
  const what = `${request.method} ${given.path.replace(EXTENSION, "")}`;
  if (what === "GET event/next") return serveNext(api, request, response);
  const ended = AbortSignal.timeout(BODY_MS_MAX);
  const body = await readAnswerBody(request, response, { limit: BODY_LIMIT, room: given.room, ended });
  discardBody(request, given.discardMsMax);
  if (body === "too-large") return replyRefused(response, 413, "RequestEntityTooLarge", "The body is too long.");
  if (typeof body === "string") return void response.destroy();
  switch (what) {
    case "POST register":
      return register(api, request, response, { ...given, body });
    case "POST init/error":
      return takeFailure(api, request, response, { ...given, stage: "init" });
    case "POST exit/error":
      return takeFailure(api, request, response, { ...given, stage: "exit" });
  }
  const telemetry = request.method === "PUT" ? TELEMETRY[given.path] : undefined;
  if (telemetry === undefined) return refuseAndClose(response, 404, "NotFound", `There is no ${what}.`);
  const errorMessage = `${telemetry} API is not supported`;
  reply(response, 202, { errorMessage, errorType: `${telemetry}.NotSupported` });
}

function register(
  api: ExtensionsApi,
  request: IncomingMessage,
  response: ServerResponse,
  { functionName, body }: ExtensionRequest & { readonly body: Buffer },
): void {
  const claim = claimOf(request, body);
  const result = "errorType" in claim ? claim : api.register(functionName, claim);
  if ("errorType" in result) return refuse(response, result);
  const { identifier, accountId, handler } = result;
  const asked = String(request.headers["lambda-extension-accept-feature"])
    .split(",")
    .map((feature) => feature.trim());
  response.setHeader("Lambda-Extension-Identifier", identifier);
  const answer = { functionName: result.functionName, functionVersion: "$LATEST", handler };
  reply(response, 200, asked.includes("accountId") ? { ...answer, accountId } : answer);
}

function claimOf({ headers }: IncomingMessage, body: Buffer): ExtensionClaim | ExtensionRefusal {
  const name = headers["lambda-extension-name"];
  if (typeof name !== "string" || !NAME.test(name)) {
    return { errorType: "Extension.InvalidExtensionName", errorMessage: "Invalid extension name" };
  }
  const { events } = asObject(body);
  if (!Array.isArray(events)) {
    return { errorType: "InvalidRequestFormat", errorMessage: "Could not parse the body: events must be a list" };
  }
  if (events.every(isEvent)) return { name, events: [...new Set(events)] };
  return { errorType: "Extension.InvalidEventType", errorMessage: "Events are INVOKE and SHUTDOWN" };
}

function asObject(body: Buffer): Readonly<Record<string, unknown>> {
  const json = parseJson(body.toString());
  return isJsonObject(json) ? json : {};
}

function isEvent(event: unknown): event is ExtensionEvent {
  return event === "INVOKE" || event === "SHUTDOWN";
}

function serveNext(api: ExtensionsApi, request: IncomingMessage, response: ServerResponse): void {
  const identifier = identifierOf(request);
  const refusal = typeof identifier === "string" ? api.next(identifier, new ExtensionPoll(response)) : identifier;
  if (refusal !== undefined) refuse(response, refusal);
}

function takeFailure(
  api: ExtensionsApi,
  request: IncomingMessage,
  response: ServerResponse,
  { functionName, stage }: ExtensionRequest & { readonly stage: "init" | "exit" },
): void {
  const identifier = identifierOf(request);
  if (typeof identifier !== "string") return refuse(response, identifier);
  const errorType = request.headers["lambda-extension-function-error-type"];
  if (typeof errorType !== "string" || !ERROR_TYPE.test(errorType)) {
    const errorMessage = "The header Lambda-Extension-Function-Error-Type is missing";
    return refuse(response, { errorType: "Extension.MissingHeader", errorMessage });
  }
  const refusal = api.failed(functionName, identifier, { stage, errorType });
  if (refusal === undefined) replyAccepted(response);
  else refuse(response, refusal);
}

function identifierOf({ headers }: IncomingMessage): string | ExtensionRefusal {
  const identifier = headers["lambda-extension-identifier"];
  if (typeof identifier !== "string") {
    const errorMessage = "The header Lambda-Extension-Identifier is missing";
    return { errorType: "Extension.MissingExtensionIdentifier", errorMessage };
  }
  if (UUID.test(identifier)) return identifier.toLowerCase();
  return { errorType: "Extension.InvalidExtensionIdentifier", errorMessage: "The identifier is no UUID" };
}

function refuse(response: ServerResponse, { errorType, errorMessage }: ExtensionRefusal): void {
  replyRefused(response, 403, errorType, errorMessage);
}
