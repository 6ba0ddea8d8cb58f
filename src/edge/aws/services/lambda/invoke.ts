import type { Identity } from "../../../../domain/arn.ts";
import { functionArn } from "../../../../domain/arn.ts";
import type { Config } from "../../../../domain/config.ts";
import type { FunctionConfig } from "../../../../domain/target/function.ts";
import { isJson } from "../../../../json/is-json.ts";
import { isUtf8 } from "node:buffer";
import { PublishError } from "../../../../ports/broker/publisher.ts";
import type { AskedCall, FunctionCalls } from "../../../../ports/function-calls.ts";
import { traceOfHeaders } from "../../../http/headers.ts";
import { commonError } from "../../errors.ts";
import { required, string, structure } from "../../input/shapes.ts";
import { enumeration } from "../../input/values.ts";
import { PayloadOutput } from "../../protocol/protocol.ts";
import type { Operation, OperationCall } from "../../service.ts";
import { operation } from "../../service.ts";
import { readClientContext } from "./client-context.ts";
import { lambdaError, noSuchFunction, notCalled, wrongParameter } from "./errors.ts";
import type { PlacedFunction } from "./function-name.ts";
import { FUNCTION_NAME, FUNCTION_QUALIFIER, placedFunction, qualifiedArn } from "./function-name.ts";
import { answerOfCall, invokedHeaders } from "./invoke-answer.ts";

/** What Invoke works on. */
export interface InvokeApi {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly functionCalls: FunctionCalls;
}

/** Lambda's limits, in bytes. */
const PAYLOAD_BYTES_MAX = 6_291_456;
const EVENT_BYTES_MAX = 1_048_576;

const LATEST = "$LATEST";
const NO_PAYLOAD = Buffer.from("{}");

/** Invoke: a call whose answer its caller waits for, an event for the function's queue, or only the checks of one. */
export function invoke(api: InvokeApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("InvokeRequest", {
      FunctionName: required(FUNCTION_NAME),
      InvocationType: enumeration("Event", "RequestResponse", "DryRun"),
      LogType: enumeration("None", "Tail"),
      ClientContext: string(),
      Qualifier: FUNCTION_QUALIFIER,
    }),
    action: "lambda:InvokeFunction",
    bodyLimit: { bytesMax: PAYLOAD_BYTES_MAX, tooLong },
    resource: ({ FunctionName, Qualifier }) => {
      const { region, account, name, qualifier } = placedFunction(identity, FunctionName);
      return qualifiedArn({ region, accountId: account }, { name, qualifier: qualifier ?? Qualifier ?? undefined });
    },
    handle: async ({ FunctionName, InvocationType, LogType, ClientContext, Qualifier }, call) => {
      const placed = placedFunction(identity, FunctionName);
      const qualifier = agreedQualifier(placed, Qualifier ?? undefined);
      const fn = functionOf(api, placed, qualifier);
      const type = InvocationType ?? "RequestResponse";
      const asked = askedCall(fn, call);
      if (type !== "Event" && !api.functionCalls.canWaitFor(fn)) throw notWaitedFor(fn);
      if (type === "DryRun") return new PayloadOutput(204, invokedHeaders(asked.trace));
      if (type === "Event") return queueEvent(api, asked);
      const clientContext = readClientContext(ClientContext ?? undefined);
      const wantsLog = LogType === "Tail";
      // From here on it waits for the function, and counts to nobody's share of the router.
      call.endTurn();
      const end = await api.functionCalls.call({ ...asked, qualifier, clientContext, wantsLog });
      if (end.kind === "refused") throw notCalled(end.reason);
      return answerOfCall(asked, end);
    },
  });
}

/** @throws AwsError where the name says another version than the parameter */
function agreedQualifier({ qualifier: named }: PlacedFunction, given: string | undefined): string | undefined {
  if (named === undefined || given === undefined || named === given) return named ?? given;
  throw wrongParameter("The derived qualifier from the function name does not match the specified qualifier.");
}

/** @throws AwsError for one that is not here, or in a version that it does not have */
function functionOf(
  { config, identity }: InvokeApi,
  { name, region, account }: PlacedFunction,
  qualifier: string | undefined,
): FunctionConfig {
  if (account !== identity.accountId) {
    throw commonError("AccessDeniedException", `There are no functions of account ${account} here.`);
  }
  if (region !== identity.region) {
    const message = `Functions from '${region}' are not reachable in this region ('${identity.region}')`;
    throw lambdaError("ResourceNotFoundException", message);
  }
  const fn = config().functions.get(name);
  if (fn !== undefined && (qualifier ?? LATEST) === LATEST) return fn;
  throw noSuchFunction(`${functionArn(identity, name)}:${qualifier ?? LATEST}`);
}

/** @throws AwsError where the payload is no JSON */
function askedCall(fn: FunctionConfig, { requestId, body, caller, arrival }: OperationCall): AskedCall {
  if (body.length > 0) requireJson(body);
  const payload = body.length === 0 ? NO_PAYLOAD : body;
  return { id: requestId, fn, payload, trace: traceOfHeaders(arrival.request.headers), by: caller.id };
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
  if (length > EVENT_BYTES_MAX) {
    const limit = `(limit ${EVENT_BYTES_MAX} bytes)`;
    throw lambdaError(
      "RequestEntityTooLargeException",
      `${length} byte payload is too large for the Event invocation type ${limit}`,
    );
  }
  try {
    await functionCalls.queue(asked);
  } catch (cause) {
    if (!(cause instanceof PublishError)) throw cause;
    throw lambdaError("ServiceException", "The broker did not store the event.", { retryAfterSeconds: 1, cause });
  }
  return new PayloadOutput(202, invokedHeaders(asked.trace));
}

function notWaitedFor({ name }: FunctionConfig) {
  const why = "it is a container, which one router at a time calls, by its queue";
  return wrongParameter(`Nobody can wait for function ${name} on RabbitMQ: ${why}. Use the invocation type Event.`);
}

function tooLong() {
  const message = `Request must be smaller than ${PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`;
  return lambdaError("RequestEntityTooLargeException", message);
}
