import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { FunctionCalls } from "../../ports/functions/function-calls.ts";
import type { AccessObserver } from "../../ports/access-observer.ts";
import type { FrontDoorObserver } from "../../ports/front-door-observer.ts";
import type { ReportFault } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import { goneSignal } from "../http/gone-signal.ts";
import { patientWriter } from "../http/patient-writer.ts";
import type { BodyRooms } from "../http/proven-body.ts";
import { keptRooms } from "../http/proven-body.ts";
import type { DoorError } from "./answers/door-errors.ts";
import { doorError, NO_FUNCTION_URL, NO_ROUTE } from "./answers/door-errors.ts";
import type { DoorAnswerHead } from "./answers/function-answer.ts";
import type { HttpAnswer } from "./answers/http-answer.ts";
import { writeAnswer } from "./answers/http-answer.ts";
import { DoorAdmission } from "./door-admission.ts";
import { callFunction } from "./call-function.ts";
import type { StreamedParts } from "./answers/streamed-answer.ts";
import { corsHeaders, preflightAnswer, preflightMethod } from "./cors.ts";
import type { Door } from "./door.ts";
import { Doors } from "./door.ts";
import type { DoorRequest } from "./door-request.ts";
import { readDoorRequest } from "./door-request.ts";

export interface FrontDoorOptions {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly functionCalls: FunctionCalls;
  readonly authenticator: Authenticator;
  readonly accessObserver: Pick<AccessObserver, "issuerKeys">;
  /** The memory that bodies are read into. */
  readonly rooms: BodyRooms;
  readonly observer: FrontDoorObserver;
  /** Functions with a URL are at the hosts `NAME.` and this. */
  readonly urlHost: string;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** A clock that only goes forward. */
  readonly steadyMs: () => number;
  readonly report: ReportFault;
}

/** What has gone out already, or has nobody to go to. */
type Gone = "streamed" | "broken_off";

/** A request on its way. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly request: DoorRequest;
}

/**
 * The port of functions over HTTP: finds the route or the function's URL, lets the sender in, reads the body, calls the
 * function as every caller who waits does, and writes what it answered.
 */
export function createFrontDoor(options: FrontDoorOptions): RequestListener {
  const doors = new Doors(options.config, options.urlHost);
  const admission = new DoorAdmission(options);
  const answerDoor = async (exchange: Exchange, door: Door): Promise<HttpAnswer | Gone> => {
    const { request, response } = exchange;
    const rooms = keptRooms(options.rooms);
    const gone = goneSignal(response);
    let isCalled = false;
    try {
      const admitted = await admission.admit(exchange, door, { rooms: rooms.rooms, gone });
      if (admitted === "gone") return "broken_off";
      if (!admitted.ok) return refusal(door, admitted.error, admitted.wwwAuthenticate);
      isCalled = true;
      // HTTP/1.0 has no chunks: its clients could not see that an answer broke off, so they get it whole.
      const isLive = door.isStreamed && request.protocol !== "HTTP/1.0";
      const live = isLive ? liveParts(response, request, door) : undefined;
      return await callFunction({ door, request, gone, live, ...admitted }, options, rooms.end);
    } catch (error) {
      options.report(error);
      rooms.end();
      return doorError(door, "internal");
    } finally {
      // Once it is called, the event stays charged to its sender until the call has ended.
      if (!isCalled) rooms.end();
    }
  };
  const serve = async (exchange: Exchange): Promise<void> => {
    const { request, response } = exchange;
    const method = preflightMethod(request);
    const asked = method === undefined ? undefined : doors.find({ ...request, method });
    // A preflight is about another method, whose route answers it.
    const isPreflight = typeof asked === "object" && asked.cors !== undefined;
    const door = isPreflight ? asked : doors.find(request);
    observe(options, exchange, typeof door === "string" ? undefined : door);
    if (typeof door === "string") return write(response, request, door === "forbidden" ? NO_FUNCTION_URL : NO_ROUTE);
    const { cors } = door;
    if (cors !== undefined && isPreflight) return write(response, request, preflightAnswer(cors, request));
    const answer = await answerDoor(exchange, door);
    if (answer === "streamed") return void response.end();
    // Without its end, the caller sees that the answer is not whole.
    if (answer === "broken_off") return void response.destroy();
    write(response, request, { ...answer, headers: headersFor(answer, request, door) }, door);
  };
  return (incoming, response) => {
    const request = readDoorRequest(incoming, options.newId(), options.nowMs());
    serve({ incoming, response, request }).catch((error: unknown) => {
      options.report(error);
      response.destroy();
    });
  };
}

function refusal(door: Door, error: DoorError, wwwAuthenticate: string | undefined): HttpAnswer {
  const answer = doorError(door, error);
  if (wwwAuthenticate === undefined) return answer;
  return { ...answer, headers: [...answer.headers, ["www-authenticate", wwwAuthenticate]] };
}

/** Sends an answer on as the function writes it. */
function liveParts(response: ServerResponse, request: DoorRequest, door: Door): StreamedParts {
  return {
    head: (head) => {
      const headers = [...headersFor(head, request, door), idHeader(request, door)];
      if (response.destroyed) return;
      response.writeHead(head.status, headers.flat());
      response.flushHeaders();
    },
    piece: patientWriter(response),
  };
}

function headersFor({ headers }: DoorAnswerHead, request: DoorRequest, { cors }: Door): HttpAnswer["headers"] {
  return cors === undefined ? headers : corsHeaders(cors, request, headers);
}

/** Function URLs and REST APIs name the request as Lambda does, HTTP APIs in their own way. */
function idHeader(request: DoorRequest, door: Door | undefined): readonly [string, string] {
  const isHttpApi = door !== undefined && !door.isFunctionUrl && door.payload !== "rest";
  return [isHttpApi ? "apigw-requestid" : "x-amzn-RequestId", request.id];
}

function write(response: ServerResponse, request: DoorRequest, answer: HttpAnswer, door?: Door): void {
  // What is left of a body that nobody reads: a client that still writes would not see the answer.
  response.req.resume();
  if (response.destroyed) return;
  writeAnswer(response, { ...answer, headers: [...answer.headers, idHeader(request, door)] });
}

function observe({ observer, nowMs }: FrontDoorOptions, { request, response }: Exchange, door: Door | undefined): void {
  response.once("close", () =>
    observer.doorAnswered({
      door: door?.name,
      functionName: door?.functionName,
      requestId: request.id,
      method: request.method,
      path: request.rawPath,
      status: response.writableFinished ? response.statusCode : undefined,
      from: request.sourceIp,
      startedAtMs: request.receivedAtMs,
      endedAtMs: nowMs(),
    }),
  );
}
