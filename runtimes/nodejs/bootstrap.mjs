/**
 * Runs an ordinary AWS Lambda handler as a local process.
 *
 *     node runtimes/nodejs/bootstrap.mjs examples/notifier/index.handler
 *
 * The handler (or the environment's _HANDLER) is `folder/module.function`, found below LAMBDA_TASK_ROOT or the
 * current folder as .js, .mjs or .cjs. Invocations come from the Lambda Runtime API at AWS_LAMBDA_RUNTIME_API, one at
 * a time, until that API is gone. Names of errors, their bodies and the context object are those of AWS's own Node.js
 * runtime, so that a handler and its callers cannot tell the difference. Node.js 20 or newer, no packages.
 */
import { existsSync } from "node:fs";
import http from "node:http";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { finished } from "node:stream/promises";
import { awslambda, doesStream, ResponseStream } from "./response-stream.mjs";

const giveUpAfterMs = 5_000;
const pauseMsMax = 1_000;

const handlerName = process.argv[2] ?? process.env._HANDLER;
const address = process.env.AWS_LAMBDA_RUNTIME_API;
// One connection, kept: an environment handles one invocation at a time, so it never needs a second.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** A failure that the runtime itself finds, reported under the name AWS has for it. */
class Fault extends Error {
  constructor(errorType, message, cause) {
    super(message, { cause });
    this.name = errorType;
    this.stack = `${errorType}: ${message}`;
  }
}

/** Where an error that nobody caught is to be reported; undefined between invocations, when nobody waits for one. */
let errorPath = "init/error";
/** The answer that a handler streams; undefined where there is none. */
let openAnswer;
/** What to do when the event loop runs empty while a handler has not answered. */
let onEmptyLoop;

/** One request and its whole answer; rejects when the connection cannot be made or is lost. */
function exchange(method, path, body, headers) {
  return new Promise((fulfil, reject) => {
    const url = `http://${address}/2018-06-01/runtime/${path}`;
    const request = http.request(url, { method, headers, agent }, (response) => {
      const { statusCode: status, headers } = response;
      text(response).then((body) => fulfil({ status, headers, body }), reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/**
 * The same, again and again over lost connections: an idle one may be closed at any moment, also just before it is
 * written to. Sending an answer twice is harmless: the API knows each invocation by its id and refuses the second.
 */
async function call(method, path, body, headers) {
  let unreachableSinceMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await exchange(method, path, body, headers);
    } catch (error) {
      // A poll that is cut off after an hour says nothing about the API; a connection refused does.
      const isUnreachable = error.code === "ECONNREFUSED" || ["connect", "getaddrinfo"].includes(error.syscall);
      unreachableSinceMs = isUnreachable ? (unreachableSinceMs ?? Date.now()) : undefined;
      // With the router gone there is nothing left to do for this process, and nobody to complain to.
      if (Date.now() - unreachableSinceMs > giveUpAfterMs) process.exit(0);
      await sleep(Math.min(50 * 2 ** failures, pauseMsMax));
    }
  }
}

async function nextInvocation() {
  const { status, headers, body } = await call("GET", "invocation/next");
  if (status === 200) return { headers, body };
  console.error(`the Runtime API answered ${status} to a poll: ${body}`);
  process.exit(1);
}

async function post(path, body, headers) {
  const answer = await call("POST", path, body, { "content-type": "application/json", ...headers });
  // Refusals (an answer after the deadline, a body over 6 MB) are settled by the API, so the next poll is right.
  if (answer.status >= 300) console.error(`the Runtime API answered ${answer.status} to ${path}: ${answer.body}`);
}

/** Reports anything that can be thrown. It is logged as well, since the caller may never show it to anybody. */
async function postError(path, error) {
  console.error(error);
  const described = describe(error);
  const errorType = headerText(described.errorType);
  await post(path, JSON.stringify(described), { "lambda-runtime-function-error-type": errorType });
}

function describe(error) {
  if (typeof error?.stack !== "string") return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: String(error.name), errorMessage: String(error.message), trace: error.stack.split("\n") };
}

/** The function that `folder/module.function` names; throws a Fault, or whatever the module throws on import. */
async function loadHandler(name) {
  const [, path, exported] = /^((?:.*\/)?[^./]+)\.([^/]+)$/.exec(name) ?? [];
  if (!path) throw new Fault("Runtime.MalformedHandlerName", `Bad handler '${name}': expected module.function`);
  const files = [".js", ".mjs", ".cjs"].map((ending) => resolve(process.env.LAMBDA_TASK_ROOT, path + ending));
  const file = files.find((candidate) => existsSync(candidate));
  if (!file) throw new Fault("Runtime.ImportModuleError", `Cannot find module '${path}': none of ${files.join(", ")}`);
  const module = await importModule(file);
  // A CommonJS module is its default export; names that Node.js cannot see from the outside are only there.
  const find = (root) => exported.split(".").reduce((value, key) => value?.[key], root);
  const handler = find(module) ?? find(module.default);
  if (typeof handler === "function") return handler;
  throw new Fault("Runtime.HandlerNotFound", `${name} is undefined, not exported, or not a function`);
}

async function importModule(file) {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    const isMissing = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(error?.code);
    if (isMissing) throw new Fault("Runtime.ImportModuleError", String(error), error);
    if (error instanceof SyntaxError) throw new Fault("Runtime.UserCodeSyntaxError", String(error), error);
    throw error;
  }
}

/** What a handler gets as `context`. */
function contextOf(headers) {
  const { env } = process;
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"] ?? 0);
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseHeader(headers["lambda-runtime-client-context"]),
    identity: parseHeader(headers["lambda-runtime-cognito-identity"]),
    // While it is true, a callback's result is sent when nothing is left to run, as on Lambda.
    callbackWaitsForEmptyEventLoop: true,
    // Not Lambda's: the number of the attempt, from 1, of which a repetition has a higher one or the same.
    busbarAttempt: attemptOf(headers["busbar-attempt"]),
    getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0),
  };
}

function attemptOf(value) {
  return value ? Number(value) : undefined;
}

function parseHeader(value) {
  return value ? JSON.parse(value) : undefined;
}

function parseInput({ headers, body }) {
  try {
    return { event: JSON.parse(body), context: contextOf(headers) };
  } catch (error) {
    throw new Fault("Runtime.UnmarshalError", `Unable to unmarshal input: ${error.message}`, error);
  }
}

/**
 * Calls a handler that streams, and waits until its answer is out. A failure before the first byte is thrown; one behind it
 * ends the answer.
 */
async function streamAnswer(handler, { event, context }, path) {
  const open = (headers) =>
    http.request(`http://${address}/2018-06-01/runtime/${path}/response`, { method: "POST", headers, agent });
  const stream = new ResponseStream(open);
  openAnswer = stream;
  // What it throws at once is then a rejection too.
  const call = async () => handler(event, stream, context);
  try {
    await Promise.all([finished(stream), call()]);
  } catch (error) {
    // An error that nobody caught has ended it, and ends the process.
    if (openAnswer !== stream) return new Promise(() => undefined);
    if (!stream.hasBegun) throw error;
    await failAnswer(stream, error);
  } finally {
    if (openAnswer === stream) openAnswer = undefined;
  }
}

/** Ends an answer that has begun with an error, which is logged as well. */
async function failAnswer(stream, error) {
  console.error(error);
  const described = describe(error);
  await stream.fail(headerText(described.errorType), JSON.stringify(described));
}

/** An error may be named anything, a header may not. */
function headerText(text) {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/**
 * What the handler answers: a promise's value, what it gives to the callback or to context.succeed, fail or done, or what
 * it returns. A handler may take the callback from its rest arguments, so nothing tells a value that is returned for
 * good from one that is returned on the way: the invocation goes on until it has answered or nothing is left to
 * run, and only then what it returned counts, or null. The first answer counts. (AWS's own runtime up to Node.js 22)
 */
function answerOf(handler, event, context) {
  return new Promise((fulfil, reject) => {
    let isAnswered = false;
    const first =
      (answer) =>
      (...values) => {
        if (isAnswered) return;
        isAnswered = true;
        answer(...values);
      };
    const done = (error, result) => (isNothing(error) ? fulfil(result) : reject(error));
    const callback = (error, result) => {
      if (!isNothing(error) || !context.callbackWaitsForEmptyEventLoop) done(error, result);
      else onEmptyLoop = () => fulfil(result);
    };
    context.done = first(done);
    context.succeed = first(fulfil);
    context.fail = first((error) => reject(isNothing(error) ? "handled" : error));
    onEmptyLoop = undefined;
    const returned = handler(event, context, first(callback));
    if (typeof returned?.then === "function") return returned.then(context.succeed, first(reject));
    const result = handler.length < 3 && !isAtWork(returned) ? returned : undefined;
    if (result !== undefined && !context.callbackWaitsForEmptyEventLoop) return context.succeed(result);
    if (!isAnswered) onEmptyLoop = () => fulfil(result);
  });
}

function isNothing(value) {
  return value === undefined || value === null;
}

/** A timer, a request, a stream: what a function of one expression returns without meaning to answer it. */
function isAtWork(value) {
  return [value?.unref, value?.on].some((method) => typeof method === "function");
}

function serialize(result) {
  try {
    const body = JSON.stringify(result === undefined ? null : result);
    if (body !== undefined) return body;
  } catch (error) {
    throw new Fault("Runtime.MarshalError", `Unable to marshal response: ${error.message}`, error);
  }
  throw new Fault("Runtime.MarshalError", `Unable to marshal response: a ${typeof result} has no JSON form`);
}

/** After an error that nobody caught, the handler's module is in no known state: report it and end. */
async function die(error) {
  const stream = openAnswer;
  openAnswer = undefined;
  // The one connection is busy with an answer that has begun: no report could go out beside it.
  if (stream?.hasBegun) await failAnswer(stream, error);
  else if (errorPath) await postError(errorPath, error);
  else console.error(error);
  process.exit(1);
}

if (!handlerName || !address) {
  console.error("usage: AWS_LAMBDA_RUNTIME_API=host:port bootstrap.mjs folder/module.function");
  process.exit(1);
}
process.env.LAMBDA_TASK_ROOT ??= process.cwd();
process.env.AWS_EXECUTION_ENV ??= `AWS_Lambda_nodejs${process.versions.node.split(".")[0]}.x`;
process.on("uncaughtException", die);
process.on("unhandledRejection", (reason) =>
  die(new Fault("Runtime.UnhandledPromiseRejection", String(reason), reason)),
);
process.on("beforeExit", () => onEmptyLoop?.());

globalThis.awslambda = awslambda;
const handler = await loadHandler(handlerName).catch(die);
errorPath = undefined;

for (;;) {
  const invocation = await nextInvocation();
  const path = `invocation/${invocation.headers["lambda-runtime-aws-request-id"]}`;
  errorPath = `${path}/error`;
  // Where the X-Ray and OpenTelemetry libraries for Lambda look for the trace they are to continue.
  process.env._X_AMZN_TRACE_ID = invocation.headers["lambda-runtime-trace-id"] ?? "";
  try {
    const { event, context } = parseInput(invocation);
    if (doesStream(handler)) await streamAnswer(handler, { event, context }, path);
    else await post(`${path}/response`, serialize(await answerOf(handler, event, context)));
  } catch (error) {
    await postError(errorPath, error);
  }
  errorPath = undefined;
}
