import { LATEST } from "../../../../../domain/target/function-alias.ts";
import type { FunctionConfig } from "../../../../../domain/target/function.ts";
import { isJson } from "../../../../../json/is-json.ts";
import { isUtf8 } from "node:buffer";
import { PublishError } from "../../../../../ports/broker/publisher.ts";
import type { AskedCall, FunctionCalls } from "../../../../../ports/functions/function-calls.ts";
import { goneSignal } from "../../../../http/gone-signal.ts";
import { traceOfHeaders } from "../../../../http/headers.ts";
import { string, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import { PayloadOutput } from "../../../protocol/protocol.ts";
import type { Operation, OperationCall } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { readClientContext } from "./client-context.ts";
import { lambdaError, noSuchFunction, notCalled, wrongParameter } from "../errors.ts";
import type { FoundFunction, FunctionsApi, MissingFunction } from "../found-function.ts";
import { ASKED_FUNCTION, askedArn, foundFunction } from "../found-function.ts";
import { qualifiedArn } from "../function-name.ts";
import { answerOfCall, invokedHeaders } from "./invoke-answer.ts";

/** What Invoke works on. */
export interface InvokeApi extends FunctionsApi {
  readonly functionCalls: FunctionCalls;
}

/** Lambda's limits, in bytes. */
const PAYLOAD_BYTES_MAX = 6_291_456;
const EVENT_BYTES_MAX = 1_048_576;

/** Of a payload that its caller waits for. */
export const PAYLOAD_LIMIT = { bytesMax: PAYLOAD_BYTES_MAX, tooLong };

const NO_PAYLOAD = Buffer.from("{}");

/** Invoke names the version that is called where its caller names none. */
export const missingVersion: MissingFunction = (identity, { name, qualifier = LATEST }) =>
  noSuchFunction(qualifiedArn(identity, { name, qualifier }));

/** Invoke: a call whose answer its caller waits for, an event for the function's queue, or only the checks of one. */
export function invoke(api: InvokeApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("InvokeRequest", {
      FunctionName: ASKED_FUNCTION.FunctionName,
      InvocationType: enumeration("Event", "RequestResponse", "DryRun"),
      LogType: enumeration("None", "Tail"),
      ClientContext: string(),
      Qualifier: ASKED_FUNCTION.Qualifier,
    }),
    action: "lambda:InvokeFunction",
    bodyLimit: PAYLOAD_LIMIT,
    resource: (asked) => askedArn(identity, asked),
    handle: async ({ InvocationType, LogType, ClientContext, ...named }, call) => {
      const { fn, qualifier } = foundFunction(api, named, missingVersion);
      const type = InvocationType ?? "RequestResponse";
      const asked = askedCall({ fn, qualifier }, call);
      if (type !== "Event" && !api.functionCalls.canWaitFor(fn)) throw notWaitedFor(fn);
      if (type === "DryRun") return new PayloadOutput(204, invokedHeaders(asked.trace));
      if (type === "Event") return queueEvent(api, asked);
      const clientContext = readClientContext(ClientContext ?? undefined);
      const wantsLog = LogType === "Tail";
      // From here on it waits for the function, and counts to nobody's share of the router.
      call.endTurn();
      const gone = goneSignal(call.arrival.response);
      const end = await api.functionCalls.call({ ...asked, clientContext, wantsLog, gone });
      if (end.kind === "refused") throw notCalled(end.reason);
      return answerOfCall(asked, end);
    },
  });
}

/** InvokeAsync, the older way to put an event into the function's queue. It names no version. */
export function invokeAsync(api: InvokeApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("InvokeAsyncRequest", { FunctionName: ASKED_FUNCTION.FunctionName }),
    bodyLimit: { bytesMax: EVENT_BYTES_MAX, tooLong: () => tooLongEvent("more than 1 MiB is") },
    resource: (asked) => askedArn(identity, asked),
    handle: async (named, call) => {
      await queueEvent(api, askedCall(foundFunction(api, named, missingVersion), call));
      return { Status: 202 };
    },
  });
}

/** @throws AwsError where the payload is no JSON */
export function askedCall(found: FoundFunction, { requestId, body, caller, arrival }: OperationCall): AskedCall {
  if (body.length > 0) requireJson(body);
  const payload = body.length === 0 ? NO_PAYLOAD : body;
  return { id: requestId, ...found, payload, trace: traceOfHeaders(arrival.request.headers), by: caller.id };
}

function requireJson(body: Buffer): void {
  if (isUtf8(body) && isJson(body)) return;
  const problem = isUtf8(body) ? "it is not JSON" : "it is not UTF-8";
  const where = "Could not parse request body into json: Could not parse payload into json";
  throw lambdaError("InvalidRequestContentException", `${where}: ${problem}`);
}

/** @throws AwsError */
async function queueEvent({ functionCalls }: InvokeApi, asked: AskedCall): Promise<PayloadOutput> {
  const { length } = asked.payload;
  if (length > EVENT_BYTES_MAX) throw tooLongEvent(`${length} byte payload is`);
  try {
    await functionCalls.queue(asked);
  } catch (cause) {
    if (!(cause instanceof PublishError)) throw cause;
    throw lambdaError("ServiceException", "The broker did not store the event.", { retryAfterSeconds: 1, cause });
  }
  return new PayloadOutput(202, invokedHeaders(asked.trace));
}

function tooLongEvent(what: string) {
  const message = `${what} too large for the Event invocation type (limit ${EVENT_BYTES_MAX} bytes)`;
  return lambdaError("RequestEntityTooLargeException", message);
}

export function notWaitedFor({ name }: FunctionConfig) {
  const why = "it is a container, which one router at a time calls, by its queue";
  return wrongParameter(`Nobody can wait for function ${name} on RabbitMQ: ${why}. Use the invocation type Event.`);
}

function tooLong() {
  const message = `Request must be smaller than ${PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`;
  return lambdaError("RequestEntityTooLargeException", message);
}
