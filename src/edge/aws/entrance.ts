import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ReportFault } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import { signedService } from "../http/auth/signed-request.ts";
import type { BodyRefusal } from "../http/body.ts";
import type { BodyRooms } from "../http/proven-body.ts";
import { keptRooms, readProvenBody } from "../http/proven-body.ts";
import type { AnswerRefusal } from "../http/refuse-unread.ts";
import type { AwsError } from "./errors.ts";
import { commonError, errorAnswer, refusalAnswer } from "./errors.ts";
import { checkInput } from "./input/shapes.ts";
import type { AwsExchange } from "./protocol/protocol.ts";
import { PayloadOutput, WrittenOutput } from "./protocol/protocol.ts";
import type { Operation, OperationCall, OperationOutput, Service } from "./service.ts";

/**
 * Waits for the turn of a principal's request that is no put. Resolves with what to call once it has been answered; with
 * undefined when there is no room for it.
 */
export type TakeTurn = (share: string) => Promise<(() => void) | undefined>;

export interface EntranceOptions {
  readonly rooms: BodyRooms;
  readonly authenticator: Authenticator;
  readonly takeTurn: TakeTurn;
  readonly report: ReportFault;
}

/** The one way in for the requests of all AWS services. */
export interface Entrance {
  /** Whether a service has such a request. */
  serves(request: IncomingMessage): boolean;
  /** Answers a request. Never rejects. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Answers a request that was refused before it came here, as its service does. */
  readonly answerRefusal: AnswerRefusal;
}

/** Where a request goes: its service, and the operation of it that the request names. */
interface Address {
  readonly service: Service;
  readonly operationName: string | undefined;
}

/** Opens the entrance to the services. The first takes the requests that name none. */
export function awsEntrance(services: readonly [Service, ...Service[]], options: EntranceOptions): Entrance {
  return {
    serves: (request) => services.some(({ protocol }) => protocol.serves(request)),
    handle: (request, response) => handle(request, response, addressOf(request, services), options),
    answerRefusal: (request, response, refusal) => {
      const { service, operationName } = addressOf(request, services);
      const exchange = { request, response, requestId: randomUUID(), operationName };
      service.protocol.answerError(exchange, refusalAnswer(refusal));
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { service, operationName }: Address,
  { rooms, authenticator, takeTurn, report }: EntranceOptions,
): Promise<void> {
  const { name, protocol } = service;
  const startedAtMs = Date.now();
  let exchange: AwsExchange = { request, response, requestId: randomUUID(), operationName };
  const limit = service.operations.get(operationName ?? "")?.bodyLimit;
  const bodyRooms = roomsFor(limit, rooms);
  try {
    // Express routes `//` as it routes `/`; AWS does not.
    if (!protocol.serves(request)) throw commonError("UnknownOperationException", "There is no such path.");
    const authentication = await authenticator.authenticate(request, `${name}:${operationName ?? "Unknown"}`, name);
    protocol.checkHeaders(request);
    const named = operationName === undefined ? undefined : operationOf(service, operationName);
    if (authentication.caller !== undefined) named?.admit?.(authentication.caller);
    const read = await readProvenBody(request, response, authentication, bodyRooms.rooms);
    if (!read.ok) {
      if (read.reason === "aborted") return;
      throw read.reason === "too-large" && limit !== undefined
        ? limit.tooLong()
        : bodyError(read.reason, rooms.limit.max);
    }
    exchange = { ...exchange, operationName: operationName ?? protocol.operationInBody?.(read.body) };
    const operation = named ?? operationOf(service, exchange.operationName);
    operation.admit?.(read.caller);
    const { body, caller } = read;
    const { requestId } = exchange;
    const call = { arrival: { request, response, startedAtMs }, caller, requestId, body, endTurn: () => undefined };
    const input = protocol.readInput(body, request);
    const check = (): unknown => checkInput(operation.input, input, service.constraintError);
    const action = operation.action ?? `${name}:${exchange.operationName ?? ""}`;
    const output =
      operation.resource === undefined
        ? await operation.handle(check(), call)
        : await inTurn((inside) => authorized(operation, check, inside, action), call, takeTurn);
    if (output instanceof WrittenOutput) return;
    if (output instanceof PayloadOutput) output.answer(exchange);
    else protocol.answer(exchange, output);
  } catch (error) {
    if (response.headersSent) {
      report(error);
      response.destroy();
      return;
    }
    protocol.answerError(exchange, errorAnswer(error, report));
  } finally {
    bodyRooms.end();
  }
}

/** Where the body of an operation is read into, by its own limit if it has one. */
function roomsFor(limit: Operation["bodyLimit"], rooms: BodyRooms): ReturnType<typeof keptRooms> {
  if (limit === undefined) return { rooms, end: () => undefined };
  return keptRooms({ ...rooms, limit: { max: limit.bytesMax, exceeded: () => undefined } });
}

/** The service that a request names by its operation, else by the scope of its signature. */
function addressOf(request: IncomingMessage, services: readonly [Service, ...Service[]]): Address {
  for (const service of services) {
    const operationName = service.protocol.operationName(request);
    if (operationName !== undefined) return { service, operationName };
  }
  const inBody = services.find(({ protocol }) => protocol.namesInBody?.(request) === true);
  if (inBody !== undefined) return { service: inBody, operationName: undefined };
  const scope = signedService(request);
  return { service: services.find(({ name }) => name === scope) ?? services[0], operationName: undefined };
}

function operationOf({ operations, unknownOperation }: Service, name: string | undefined): Operation {
  const operation = name === undefined ? undefined : operations.get(name);
  if (operation !== undefined) return operation;
  if (name !== undefined && unknownOperation !== undefined) throw unknownOperation(name);
  throw commonError("UnknownOperationException", "There is no such operation here.");
}

/** An operation that is no put begins in its caller's share, as one entry of a put does. */
async function inTurn(
  run: (call: OperationCall) => OperationOutput | Promise<OperationOutput>,
  call: OperationCall,
  takeTurn: TakeTurn,
): Promise<OperationOutput> {
  let answered = await takeTurn(call.caller.share);
  if (answered === undefined) throw commonError("ThrottlingException", "Rate exceeded", { retryAfterSeconds: 1 });
  const endTurn = (): void => {
    answered?.();
    answered = undefined;
  };
  try {
    return await run({ ...call, endTurn });
  } finally {
    endTurn();
  }
}

function authorized(
  operation: Operation,
  check: () => unknown,
  call: OperationCall,
  action: string,
): OperationOutput | Promise<OperationOutput> {
  const checked = check();
  call.caller.authorize(action, operation.resource?.(checked) ?? "*", operation.guard?.(checked));
  return operation.handle(checked, call);
}

function bodyError(reason: Exclude<BodyRefusal, "aborted">, bytesMax: number): AwsError {
  switch (reason) {
    case "too-large":
      return commonError("RequestEntityTooLarge", `The request body is longer than ${bytesMax} bytes.`);
    case "encoded":
      return commonError("UnsupportedMediaTypeException", "Content-Encoding is not supported: send the body as it is.");
    case "too-slow":
      return commonError("RequestTimeoutException", "The request body came too slowly.");
    case "no-room":
      return commonError("ThrottlingException", "Too much is in flight.", { retryAfterSeconds: 1 });
  }
}
