import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { after, before, describe, it } from "node:test";
import { parseJson } from "../../../src/json/json.ts";

const root = join(import.meta.dirname, "../../..");
const python = ["python3", join(root, "runtimes/python/bootstrap.py")];
const nodejs = [process.execPath, join(root, "runtimes/nodejs/bootstrap.mjs")];
const waitMsMax = 15_000;
/** Beyond what a process takes to start on a busy machine. */
const DEADLINE_MS = 60_000;

/** What a bootstrap posted: to which path, and the body it gave. */
interface Report {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** The text parsed, where it is JSON. */
  body: unknown;
  /** The headers behind the text, of an answer that was streamed. */
  trailers: NodeJS.Dict<string>;
}

interface Invocation {
  id: string;
  body: string;
  headers: Record<string, string>;
}

/** A Runtime API for one environment: it hands out invocations one by one and keeps what is reported. */
async function startRuntimeApi() {
  const waitingPolls: ServerResponse[] = [];
  const invocations: Invocation[] = [];
  const reports: Report[] = [];
  const readers: ((report: Report) => void)[] = [];
  let connections = 0;
  let dropAfterNext = false;

  function handOut() {
    while (waitingPolls[0] && invocations[0]) {
      const [poll, invocation] = [waitingPolls.shift()!, invocations.shift()!];
      const headers = { "Lambda-Runtime-Aws-Request-Id": invocation.id, ...invocation.headers };
      const { socket } = poll;
      poll.writeHead(200, headers).end(invocation.body, () => dropAfterNext && socket?.destroy());
    }
  }
  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = request.url?.replace("/2018-06-01/runtime/", "") ?? "";
    if (path === "invocation/next") {
      // A poll whose connection was lost must not be handed anything.
      response.on("close", () => !response.writableFinished && waitingPolls.splice(waitingPolls.indexOf(response), 1));
      waitingPolls.push(response);
      return handOut();
    }
    const posted = await text(request);
    const { headers, trailers } = request;
    const report = { path, headers, text: posted, body: parseJson(posted), trailers };
    response.writeHead(202).end('{"status":"OK"}');
    const reader = readers.shift();
    if (reader) reader(report);
    else reports.push(report);
  }
  const server = createServer((request, response) => void answer(request, response));
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    dropEveryConnectionAfterNext: () => (dropAfterNext = true),
    waitingPolls,
    reports,
    /** The next report, whatever it is about. */
    report: () =>
      within(
        reports[0]
          ? Promise.resolve(reports.shift()!)
          : new Promise<Report>((resolve) => {
              readers.push(resolve);
            }),
        "a report",
      ),
    /** Hands out one invocation, to whoever polls next. */
    send(event: unknown, { id = "request-1", headers = {}, body = JSON.stringify(event) }: Partial<Invocation> = {}) {
      invocations.push({
        id,
        body,
        headers: { "Lambda-Runtime-Deadline-Ms": String(Date.now() + DEADLINE_MS), ...headers },
      });
      handOut();
    },
    /** The same, and returns what is reported next. */
    invoke(event: unknown, invocation?: Partial<Invocation>) {
      this.send(event, invocation);
      return this.report();
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${waitMsMax} ms`)), waitMsMax);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Polls a condition, since nothing announces that the other process has come so far. */
async function until(condition: () => boolean, what: string) {
  const giveUpAtMs = Date.now() + waitMsMax;
  while (!condition()) {
    assert.ok(Date.now() < giveUpAtMs, `not within ${waitMsMax} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("the bootstraps of runtimes/", { concurrency: 4 }, () => {
  let handlers: string;
  before(() => {
    handlers = mkdtempSync(join(tmpdir(), "busbar-runtimes-"));
    // Modules that fail to load; the tests run side by side, so each file is written once.
    write("needy.py", "import not_there\n");
    write("empty.py", "");
    write("broken.py", "def handler(:\n");
    write("raising.py", "import os\nos.environ['BUCKET']\n");
    write("needy.mjs", "import 'not-there';\n");
    write("empty.mjs", "export const handle = 1;\n");
    write("broken.mjs", "export const = 1;\n");
    write("raising.mjs", "throw new TypeError('no bucket');\n");
    write(
      "streaming.mjs",
      `const forever = new Promise(() => {});
export const thrown = awslambda.streamifyResponse((event, stream) => {
  stream.write("begun");
  throw new RangeError("at once");
});
export const uncaught = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("begun", () => { throw new RangeError("from outside"); });
  await forever;
});
export const refused = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("begun");
  await fetch(event.until);
  stream.end();
});
`,
    );
    write("rejecting.mjs", "Promise.reject(new Error('nobody caught this'));\nawait new Promise(() => {});\n");
  });
  after(() => rmSync(handlers, { recursive: true }));

  function write(path: string, source: string) {
    mkdirSync(dirname(join(handlers, path)), { recursive: true });
    writeFileSync(join(handlers, path), source);
  }

  /** Starts a command as a real process; it is killed when the test ends. */
  function start(t: TestContext, command: string[], env: NodeJS.ProcessEnv) {
    const [program, ...args] = command;
    const child = spawn(program!, args, {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      cwd: args.some((argument) => argument.startsWith("examples/")) ? root : handlers,
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    const closed = once(child, "close") as Promise<[number | null]>;
    t.after(async () => {
      child.kill("SIGKILL");
      await closed;
    });
    return { output, exitCode: async () => (await within(closed, "exit of the process"))[0] };
  }

  async function run(t: TestContext, bootstrap: string[], handler?: string, env?: NodeJS.ProcessEnv) {
    const api = await startRuntimeApi();
    const command = handler === undefined ? bootstrap : [...bootstrap, handler];
    const process = start(t, command, { AWS_LAMBDA_RUNTIME_API: api.address, ...env });
    t.after(() => api.stop());
    return { api, process };
  }

  const environment = {
    AWS_LAMBDA_FUNCTION_NAME: "stock",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/stock",
    AWS_LAMBDA_LOG_STREAM_NAME: "2025/01/31/[$LATEST]0123456789abcdef0123456789abcdef",
  };
  const invocationHeaders = {
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:000000000000:function:stock",
    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    "Lambda-Runtime-Client-Context": '{"custom":{"tenant":"blue"},"env":{"locale":"de"},"client":{"app_title":"Shop"}}',
    "Busbar-Attempt": "2",
    "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"id-1","cognitoIdentityPoolId":"pool-1"}',
  };

  describe("Python", { concurrency: 4 }, () => {
    it("The Python bootstrap runs the order-processor example: a result, and a raised error in AWS's exact form", async (t) => {
      const { api, process } = await run(t, python, "examples/order-processor/app.lambda_handler");
      const processed = await api.invoke({ orderId: "o-1", total: 120, customer: "Ada" }, { id: "r-1" });
      assert.equal(processed.path, "invocation/r-1/response");
      assert.deepEqual(processed.body, { orderId: "o-1", status: "PROCESSED", customer: "Ada", requestId: "r-1" });

      const refused = await api.invoke({ orderId: "o-2", total: 5000 }, { id: "r-2" });
      assert.equal(refused.path, "invocation/r-2/error");
      assert.equal(refused.headers["lambda-runtime-function-error-type"], "ValueError");
      const { stackTrace, ...error } = refused.body as { stackTrace: string[] };
      assert.deepEqual(error, {
        errorMessage: "Order o-2: 5000 EUR is over the credit limit of 1000 EUR",
        errorType: "ValueError",
        requestId: "r-2",
      });
      assert.equal(stackTrace.length, 1);
      assert.match(stackTrace[0]!, /^ {2}File ".*\/order-processor\/app\.py", line \d+, in lambda_handler\n {4}raise /);

      const failed = await api.invoke({ orderId: "o-3", total: 1, fail: true }, { id: "r-3" });
      assert.equal((failed.body as { errorMessage: string }).errorMessage, "Order o-3 asked to fail");
      assert.match(process.output.stdout, /^r-1 processing order o-1 over 120 EUR\nr-2 /);
    });

    it("The Python bootstrap gives the handler the whole context", async (t) => {
      write(
        "context.py",
        `
import os
def handler(event, context):
    return {
        **{name: getattr(context, name) for name in (
            "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb",
            "aws_request_id", "log_group_name", "log_stream_name", "busbar_attempt")},
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        "client": context.client_context and [context.client_context.custom["tenant"],
            context.client_context.env["locale"], context.client_context.client.app_title],
        "remaining": context.get_remaining_time_in_millis(),
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }
`,
      );
      const { api } = await run(t, python, "context.handler", environment);
      const full = await api.invoke({}, { headers: invocationHeaders });
      const { remaining, ...context } = full.body as { remaining: number };
      assert.deepEqual(context, {
        function_name: "stock",
        function_version: "$LATEST",
        invoked_function_arn: invocationHeaders["Lambda-Runtime-Invoked-Function-Arn"],
        memory_limit_in_mb: "256",
        aws_request_id: "request-1",
        busbar_attempt: 2,
        log_group_name: "/aws/lambda/stock",
        log_stream_name: environment.AWS_LAMBDA_LOG_STREAM_NAME,
        identity: ["id-1", "pool-1"],
        client: ["blue", "de", "Shop"],
        trace: invocationHeaders["Lambda-Runtime-Trace-Id"],
      });
      assert.ok(remaining > 0 && remaining <= DEADLINE_MS, `${remaining} ms of ${DEADLINE_MS} remain`);

      const bare = await api.invoke({}, { id: "r-2", headers: { "Lambda-Runtime-Deadline-Ms": "1" } });
      const { identity, client, remaining: none, trace } = bare.body as Record<string, unknown>;
      assert.deepEqual({ identity, client, none, trace }, { identity: [null, null], client: null, none: 0, trace: "" });
    });

    it("The Python bootstrap serves many invocations through one process and one connection, keeping the module's state", async (t) => {
      write("counter.py", "seen = []\ndef handler(event, context):\n    seen.append(event)\n    return seen\n");
      const { api } = await run(t, python, "counter.handler");
      for (const last of [1, 2, 3]) {
        const { body } = await api.invoke(last, { id: `r-${last}` });
        assert.deepEqual(body, [1, 2, 3].slice(0, last));
      }
      assert.equal(api.connections(), 1);
    });

    it("The Python bootstrap reports a result that is not JSON, and input that is not, by AWS's names", async (t) => {
      write("echo.py", "def handler(event, context):\n    return {1, 2} if event == 'set' else [b'\\xff']\n");
      const { api } = await run(t, python, "echo.handler");
      const set = await api.invoke("set");
      assert.equal(set.headers["lambda-runtime-function-error-type"], "Runtime.MarshalError");
      assert.deepEqual(set.body, {
        errorMessage: "Unable to marshal response: Object of type set is not JSON serializable",
        errorType: "Runtime.MarshalError",
        requestId: "request-1",
        stackTrace: [],
      });
      const bytes = await api.invoke("bytes", { id: "r-2" });
      assert.equal((bytes.body as { errorType: string }).errorType, "Runtime.MarshalError");
      const garbage = await api.invoke(undefined, { id: "r-3", body: "{" });
      assert.equal((garbage.body as { errorType: string }).errorType, "Runtime.UnmarshalError");
    });

    const results: [string, string, string, string?][] = [
      ["Decimals digit for digit", "{Decimal('0.1234567890123456789'): 1}.popitem()[0]", "0.1234567890123456789"],
      ["Decimals in lists", "[Decimal('3'), Decimal('2.50'), Decimal('1E+2')]", "[3, 2.50, 1E+2]"],
      ["a Decimal that is no number as NaN", "[Decimal('NaN')]", "[NaN]"],
      [
        "a named tuple as an object",
        "{'at': Point(1, (2, Point(3, 4)))}",
        '{"at": {"x": 1, "y": [2, {"x": 3, "y": 4}]}}',
      ],
      ["bytes within a result as text", "{b'k': [b'v', '\"']}", String.raw`{"k": ["v", "\""]}`],
      ["NaN as it is", "{'x': float('nan')}", '{"x": NaN}'],
      ["bytes as they are", "b'\\xff\\x00'", "\ufffd\0", "application/unknown"],
    ];
    for (const [index, [what, source, expected, type = "application/json"]] of results.entries()) {
      it(`The Python bootstrap writes ${what}, as AWS's runtime does`, async (t) => {
        const imports =
          "from decimal import Decimal\nfrom collections import namedtuple\nPoint = namedtuple('Point', 'x y')";
        write(`result${index}.py`, `${imports}\ndef handler(*_):\n    return ${source}\n`);
        const { api } = await run(t, python, `result${index}.handler`);
        const { path, text, headers } = await api.invoke({});
        assert.deepEqual([path, text, headers["content-type"]], ["invocation/request-1/response", expected, type]);
      });
    }

    it("The Python bootstrap passes printed lines and log records through at once, before the handler returns", async (t) => {
      write(
        "logs.py",
        `
import logging, os, time
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    print("printed")
    context.log("by the context")
    logger.info("logged")
    while not os.path.exists(event):
        time.sleep(0.005)
    return "done"
`,
      );
      const { api, process } = await run(t, python, "logs.handler");
      const release = join(handlers, "release");
      const report = api.invoke(release);
      await until(() => process.output.stdout.includes("logged"), "a log record before the handler returned");
      assert.match(
        process.output.stdout,
        /^printed\nby the context\n\[INFO\]\t\d{4}-\d\d-\d\dT[\d:.]+Z\trequest-1\tlogged\n$/,
      );
      write("release", "");
      assert.equal((await report).body, "done");
    });

    it("The Python bootstrap finds the handler's neighbours, in a plain folder and in a package", async (t) => {
      write("plain-folder/neighbour.py", "name = 'plain'\n");
      write("plain-folder/app.py", "import neighbour\ndef handler(*_):\n    return neighbour.name\n");
      write("package/__init__.py", "");
      write("package/neighbour.py", "name = 'package'\n");
      write("package/app.py", "from . import neighbour\ndef handler(*_):\n    return neighbour.name\n");
      const plain = await run(t, python, "plain-folder/app.handler");
      assert.equal((await plain.api.invoke({})).body, "plain");
      const packaged = await run(t, python, "package/app.handler");
      assert.equal((await packaged.api.invoke({})).body, "package");
    });

    it("The Python bootstrap takes the handler from _HANDLER below LAMBDA_TASK_ROOT", async (t) => {
      const env = { _HANDLER: "order-processor/app.lambda_handler", LAMBDA_TASK_ROOT: join(root, "examples") };
      const { api } = await run(t, python, undefined, env);
      const { path } = await api.invoke({ orderId: "o-1", total: 1 });
      assert.equal(path, "invocation/request-1/response");
    });

    const initFailures = [
      ["absent.handler", "Runtime.ImportModuleError", "Unable to import module 'absent': No module named 'absent'"],
      ["needy.handler", "Runtime.ImportModuleError", "Unable to import module 'needy': No module named 'not_there'"],
      ["empty.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'empty'"],
      ["handler", "Runtime.MalformedHandlerName", "Bad handler 'handler': expected module.function"],
      ["broken.handler", "Runtime.UserCodeSyntaxError", /^Syntax error in module 'broken': .*broken\.py, line 1/],
      ["raising.handler", "KeyError", "'BUCKET'"],
    ] as const;
    for (const [handler, errorType, message] of initFailures) {
      it(`The Python bootstrap reports ${errorType} of ${handler} to init/error and exits with 1`, async (t) => {
        const { api, process } = await run(t, python, handler);
        const { path, headers, body } = await api.report();
        assert.equal(path, "init/error");
        assert.equal(headers["lambda-runtime-function-error-type"], errorType);
        const { errorMessage, stackTrace, ...rest } = body as { errorMessage: string; stackTrace: string[] };
        if (typeof message === "string") assert.equal(errorMessage, message);
        else assert.match(errorMessage, message);
        assert.deepEqual(rest, { errorType, requestId: "" });
        assert.equal(stackTrace.length > 0, errorType === "KeyError");
        assert.equal(await process.exitCode(), 1);
      });
    }

    it("The Python bootstrap lets sys.exit in a handler end the process with its code and without an answer", async (t) => {
      write("exit.py", "import sys\ndef handler(event, context):\n    sys.exit(event) if event else None\n");
      const { api, process } = await run(t, python, "exit.handler");
      await api.invoke(0);
      api.send(7, { id: "r-2" });
      assert.equal(await process.exitCode(), 7);
      assert.deepEqual(api.reports, []);
    });
  });

  describe("Node.js", { concurrency: 4 }, () => {
    it("The Node.js bootstrap runs the notifier example", async (t) => {
      const { api, process } = await run(t, nodejs, "examples/notifier/index.handler");
      const { path, body } = await api.invoke("Order o-1 over 120 EUR", { id: "r-1" });
      assert.equal(path, "invocation/r-1/response");
      assert.equal(body, "Order o-1 over 120 EUR");
      await until(() => process.output.stdout === "notifying: Order o-1 over 120 EUR\n", "the logged line");
    });

    it("The Node.js bootstrap reports a thrown error in AWS's exact form", async (t) => {
      write("throws.mjs", "export const handler = async () => { throw new RangeError('too much: 5 €'); };\n");
      const { api } = await run(t, nodejs, "throws.handler");
      const { path, headers, body } = await api.invoke({});
      assert.equal(path, "invocation/request-1/error");
      assert.equal(headers["lambda-runtime-function-error-type"], "RangeError");
      const { trace, ...error } = body as { trace: string[] };
      assert.deepEqual(error, { errorType: "RangeError", errorMessage: "too much: 5 €" });
      assert.equal(trace[0], "RangeError: too much: 5 €");
      assert.match(trace[1]!, /^ {4}at handler \(file:.*throws\.mjs:1:\d+\)$/);
    });

    it("The Node.js bootstrap describes a thrown value that is no error, and survives a name that fits no header", async (t) => {
      write(
        "odd.mjs",
        `export const handler = async (event) => {
  if (event === "text") throw "just text";
  throw Object.assign(new Error("odd"), { name: "Ошибка\\n" });
};`,
      );
      const { api } = await run(t, nodejs, "odd.handler");
      const text = await api.invoke("text");
      assert.deepEqual(text.body, { errorType: "string", errorMessage: "just text", trace: [] });
      const named = await api.invoke("named", { id: "r-2" });
      assert.equal(named.headers["lambda-runtime-function-error-type"], "???????");
      assert.equal((named.body as { errorType: string }).errorType, "Ошибка\n");
    });

    it("The Node.js bootstrap takes the handler from _HANDLER below LAMBDA_TASK_ROOT", async (t) => {
      const env = { _HANDLER: "notifier/index.handler", LAMBDA_TASK_ROOT: join(root, "examples") };
      const { api } = await run(t, nodejs, undefined, env);
      assert.equal((await api.invoke("hello")).body, "hello");
    });

    it("The Node.js bootstrap gives the handler the whole context", async (t) => {
      write(
        "context.mjs",
        `export const handler = async (event, context) => ({
  ...context, remaining: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID });`,
      );
      const { api } = await run(t, nodejs, "context.handler", environment);
      const full = await api.invoke({}, { headers: invocationHeaders });
      const { remaining, ...context } = full.body as { remaining: number };
      assert.deepEqual(context, {
        functionName: "stock",
        functionVersion: "$LATEST",
        invokedFunctionArn: invocationHeaders["Lambda-Runtime-Invoked-Function-Arn"],
        memoryLimitInMB: "256",
        awsRequestId: "request-1",
        logGroupName: "/aws/lambda/stock",
        logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
        identity: { cognitoIdentityId: "id-1", cognitoIdentityPoolId: "pool-1" },
        clientContext: { custom: { tenant: "blue" }, env: { locale: "de" }, client: { app_title: "Shop" } },
        callbackWaitsForEmptyEventLoop: true,
        busbarAttempt: 2,
        trace: invocationHeaders["Lambda-Runtime-Trace-Id"],
      });
      assert.ok(remaining > 0 && remaining <= DEADLINE_MS, `${remaining} ms of ${DEADLINE_MS} remain`);

      const late = await api.invoke({}, { id: "r-2", headers: { "Lambda-Runtime-Deadline-Ms": "1" } });
      assert.equal((late.body as { remaining: number }).remaining, 0);
    });

    const styles = [
      ["an async ES module", "style-a.mjs", "export const handler = async (event) => ({ event });"],
      ["a CommonJS module", "style-b.cjs", "exports.handler = async (event) => ({ event });"],
      ["CommonJS in a .js file", "style-c.js", "module.exports = { handler: async (event) => ({ event }) };"],
      [
        "exports that only CommonJS can see",
        "style-d.cjs",
        "Object.assign(exports, { ['hand' + 'ler']: async (event) => ({ event }) });",
      ],
      ["a plain returned value", "style-e.mjs", "export const handler = (event) => ({ event });"],
      [
        "a callback, called later",
        "style-f.cjs",
        "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { event }), 1); };",
      ],
    ] as const;
    for (const [what, file, source] of styles) {
      it(`The Node.js bootstrap serves a handler that is ${what}`, async (t) => {
        write(file, source);
        const { api } = await run(t, nodejs, file.replace(/\.\w+$/, ".handler"));
        const { path, body } = await api.invoke({ n: 1 });
        assert.deepEqual({ path, body }, { path: "invocation/request-1/response", body: { event: { n: 1 } } });
      });
    }

    const later = [
      ["rest arguments", "later-a.cjs", "(...args) => LATER(args[2])"],
      ["a default argument", "later-b.cjs", "(event, context, callback = () => {}) => LATER(callback)"],
      ["`arguments`", "later-c.cjs", "function () { LATER(arguments[2]); }"],
      ["rest arguments, and returns its timer", "later-d.cjs", "(...args) => LATER(args[2])"],
      ["rest arguments, and returns true", "later-e.cjs", "(...args) => { LATER(args[2]); return true; }"],
    ] as const;
    for (const [what, file, source] of later) {
      it(`The Node.js bootstrap waits for a callback that a handler takes from ${what}`, async (t) => {
        const timer = 'const LATER = (callback) => setTimeout(() => callback(new Error("boom")), 50);';
        write(file, `${timer}\nexports.handler = ${source};`);
        const { api } = await run(t, nodejs, file.replace(".cjs", ".handler"));
        const { path, body } = await api.invoke({});
        assert.equal(path, "invocation/request-1/error");
        assert.equal((body as { errorMessage: string }).errorMessage, "boom");
      });
    }

    const answers: [string, string, string, unknown][] = [
      ["context.succeed", "context.succeed(1); context.fail(new Error('late'))", "response", 1],
      ["context.done, later", "setTimeout(() => context.done(null, 2), 5)", "response", 2],
      ["a timer that is all it returns", "return setTimeout(() => {}, 5)", "response", null],
      ["nothing, once its work is done", "setTimeout(() => callback?.(), 5)", "response", null],
      ["context.fail", "context.fail(new RangeError('no'))", "error", "no"],
      ["context.done with an error", "context.done(new RangeError('no'))", "error", "no"],
      [
        "an error that comes after its callback's result",
        "callback(null, 3); LATER(new Error('loose'))",
        "error",
        "loose",
      ],
      ["a callback's result before the promise's", "callback(null, 4); return Promise.resolve(5)", "response", 4],
    ];
    for (const [index, [what, source, kind, expected]] of answers.entries()) {
      it(`The Node.js bootstrap takes ${what} as the answer`, async (t) => {
        const file = `answer-${index}`;
        const timer = "const LATER = (error) => setTimeout(() => { throw error; }, 5);";
        write(`${file}.cjs`, `${timer}\nexports.handler = (event, context, callback) => { ${source}; };`);
        const { api } = await run(t, nodejs, `${file}.handler`);
        const { path, body } = await api.invoke({});
        assert.equal(path, `invocation/request-1/${kind}`);
        assert.deepEqual(kind === "error" ? (body as { errorMessage: string }).errorMessage : body, expected);
      });
    }

    it("The Node.js bootstrap sends a callback's result when nothing is left to run, and at once where the handler says so", async (t) => {
      write(
        "waits.cjs",
        `let work = "none";
exports.handler = (event, context, callback) => {
  const before = work;
  work = "begun";
  setTimeout(() => (work = "done"), 50);
  context.callbackWaitsForEmptyEventLoop = event.waits;
  callback(null, { before, toJSON: () => work });
};`,
      );
      const { api } = await run(t, nodejs, "waits.handler");
      assert.equal((await api.invoke({ waits: true }, { id: "r-1" })).body, "done");
      assert.equal((await api.invoke({ waits: false }, { id: "r-2" })).body, "begun");
    });

    it("The Node.js bootstrap takes a callback's error, and null when a callback can no longer come", async (t) => {
      write(
        "callback.cjs",
        `exports.handler = (event, context, callback) => {
  if (event === "fail") callback(new TypeError("from the callback"));
};`,
      );
      const { api } = await run(t, nodejs, "callback.handler");
      const failed = await api.invoke("fail", { id: "r-1" });
      assert.equal(failed.path, "invocation/r-1/error");
      assert.equal((failed.body as { errorType: string }).errorType, "TypeError");
      const silent = await api.invoke("nothing", { id: "r-2" });
      assert.deepEqual([silent.path, silent.body], ["invocation/r-2/response", null]);
    });

    it("The Node.js bootstrap ends a streamed answer with what its handler throws at once, and goes on", async (t) => {
      const { api } = await run(t, nodejs, "streaming.thrown");
      for (const id of ["r-1", "r-2"]) {
        const { path, text, trailers } = await api.invoke({}, { id });
        assert.deepEqual([path, text], [`invocation/${id}/response`, "begun"]);
        assert.equal(trailers["lambda-runtime-function-error-type"], "RangeError");
      }
      assert.equal(api.connections(), 1);
    });

    it("The Node.js bootstrap ends a streamed answer with an error that nobody caught, and its process", async (t) => {
      const { api, process } = await run(t, nodejs, "streaming.uncaught");
      const { text, trailers } = await api.invoke({});
      assert.deepEqual([text, trailers["lambda-runtime-function-error-type"]], ["begun", "RangeError"]);
      const body = Buffer.from(trailers["lambda-runtime-function-error-body"] ?? "", "base64").toString();
      assert.match(body, /"errorMessage":"from outside"/);
      assert.equal(await process.exitCode(), 1);
      assert.equal(api.reports.length, 0);
    });

    it("The Node.js bootstrap polls again after a streamed answer that was refused before its end", async (t) => {
      const refused = Promise.withResolvers<undefined>();
      const polledAgain = Promise.withResolvers<undefined>();
      let polls = 0;
      const server = createServer((request, response) => {
        if (request.url === "/until") return void refused.promise.then(() => response.end());
        if (request.method === "POST") {
          request.resume();
          return void response.writeHead(413).end("{}", () => refused.resolve(undefined));
        }
        polls += 1;
        if (polls === 2) return polledAgain.resolve(undefined);
        const until = `http://${request.headers.host}/until`;
        response.writeHead(200, { "Lambda-Runtime-Aws-Request-Id": "r-1" }).end(JSON.stringify({ until }));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      t.after(() => {
        server.closeAllConnections();
        server.close();
      });
      const { port } = server.address() as AddressInfo;
      start(t, [...nodejs, "streaming.refused"], { AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` });
      await within(polledAgain.promise, "second poll");
    });

    it("The Node.js bootstrap serves many invocations through one process and one connection, keeping the module's state", async (t) => {
      write("counter.mjs", "const seen = [];\nexport const handler = async (event) => [seen.push(event), ...seen];\n");
      const { api } = await run(t, nodejs, "counter.handler");
      for (const last of [1, 2, 3]) {
        const { body } = await api.invoke(last, { id: `r-${last}` });
        assert.deepEqual(body, [last, ...[1, 2, 3].slice(0, last)]);
      }
      assert.equal(api.connections(), 1);
    });

    it("The Node.js bootstrap reports a result that is not JSON, and input that is not, by AWS's names", async (t) => {
      write("echo.mjs", "export const handler = async (event) => (event === 'bigint' ? 1n : () => event);\n");
      const { api } = await run(t, nodejs, "echo.handler");
      const bigint = await api.invoke("bigint");
      assert.equal(bigint.headers["lambda-runtime-function-error-type"], "Runtime.MarshalError");
      assert.deepEqual(bigint.body, {
        errorType: "Runtime.MarshalError",
        errorMessage: "Unable to marshal response: Do not know how to serialize a BigInt",
        trace: ["Runtime.MarshalError: Unable to marshal response: Do not know how to serialize a BigInt"],
      });
      const callable = await api.invoke("function", { id: "r-2" });
      assert.equal((callable.body as { errorType: string }).errorType, "Runtime.MarshalError");
      const garbage = await api.invoke(undefined, { id: "r-3", body: "{" });
      assert.equal((garbage.body as { errorType: string }).errorType, "Runtime.UnmarshalError");
    });

    const initFailures = [
      ["absent.handler", "Runtime.ImportModuleError", /^Cannot find module 'absent': none of .*absent\.cjs$/],
      [
        "needy.handler",
        "Runtime.ImportModuleError",
        /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'not-there'/,
      ],
      ["empty.handler", "Runtime.HandlerNotFound", /^empty\.handler is undefined, not exported, or not a function$/],
      ["handler", "Runtime.MalformedHandlerName", /^Bad handler 'handler'/],
      ["broken.handler", "Runtime.UserCodeSyntaxError", /^SyntaxError: Unexpected/],
      ["raising.handler", "TypeError", /^no bucket$/],
      ["rejecting.handler", "Runtime.UnhandledPromiseRejection", /^Error: nobody caught this$/],
    ] as const;
    for (const [handler, errorType, message] of initFailures) {
      it(`The Node.js bootstrap reports ${errorType} of ${handler} to init/error and exits with 1`, async (t) => {
        const { api, process } = await run(t, nodejs, handler);
        const { path, headers, body } = await api.report();
        assert.equal(path, "init/error");
        assert.equal(headers["lambda-runtime-function-error-type"], errorType);
        const error = body as { errorType: string; errorMessage: string; trace: string[] };
        assert.deepEqual(Object.keys(error), ["errorType", "errorMessage", "trace"]);
        assert.equal(error.errorType, errorType);
        assert.match(error.errorMessage, message);
        assert.equal(await process.exitCode(), 1);
      });
    }

    const uncaught = [
      ["an exception that nobody caught", "setImmediate(() => { throw new RangeError('loose'); });", "RangeError"],
      ["an unhandled rejection", "Promise.reject(new RangeError('loose'));", "Runtime.UnhandledPromiseRejection"],
    ] as const;
    for (const [what, source, errorType] of uncaught) {
      it(`The Node.js bootstrap reports ${what} for the invocation in hand and ends the process`, async (t) => {
        const module = errorType.replaceAll(".", "-");
        write(`${module}.mjs`, `export const handler = () => { ${source} return new Promise(() => {}); };`);
        const { api, process } = await run(t, nodejs, `${module}.handler`);
        const { path, body } = await api.invoke({});
        assert.equal(path, "invocation/request-1/error");
        assert.equal((body as { errorType: string }).errorType, errorType);
        assert.equal(await process.exitCode(), 1);
      });
    }
  });

  for (const [name, bootstrap, handler] of [
    ["Python", python, "examples/order-processor/app.lambda_handler"],
    ["Node.js", nodejs, "examples/notifier/index.handler"],
  ] as const) {
    it(`${name}: a connection lost while polling or before the answer is made again`, async (t) => {
      const { api } = await run(t, bootstrap, handler);
      await until(() => api.waitingPolls.length === 1, "the first poll");
      const [first] = api.waitingPolls;
      first!.socket!.destroy();
      await until(() => api.waitingPolls.length === 1 && api.waitingPolls[0] !== first, "a second poll");
      api.dropEveryConnectionAfterNext();
      for (const id of ["r-1", "r-2"]) {
        const { path } = await api.invoke({ orderId: "o-1", total: 1 }, { id });
        assert.equal(path, `invocation/${id}/response`);
      }
      assert.equal(api.connections(), 4);
    });

    it(`${name}: ends quietly when the Runtime API is gone`, async (t) => {
      const { api, process } = await run(t, bootstrap, handler);
      await api.invoke({ orderId: "o-1", total: 1 });
      await until(() => api.waitingPolls.length === 1, "the next poll");
      await api.stop();
      assert.equal(await process.exitCode(), 0);
      assert.equal(process.output.stderr, "");
    });

    it(`${name}: ends with 1 and says so when a poll is refused`, async (t) => {
      const server = createServer((_, response) => response.writeHead(403).end("not yours"));
      server.listen(0, "127.0.0.1");
      t.after(() => server.close());
      await once(server, "listening");
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const refused = start(t, [...bootstrap, handler], { AWS_LAMBDA_RUNTIME_API: address });
      assert.equal(await refused.exitCode(), 1);
      assert.equal(refused.output.stderr, "the Runtime API answered 403 to a poll: not yours\n");
    });
  }

  it("The http-function example answers an event with ok, and refuses what is none", async (t) => {
    const { output } = start(t, [process.execPath, "examples/http-function/server.mjs"], { PORT: "0" });
    await until(() => output.stdout.includes("\n"), "the line that names the port");
    const url = `http://127.0.0.1:${/\d+/.exec(output.stdout)?.[0]}/events`;
    const accepted = await fetch(url, { method: "POST", body: '{"source":"shop","detail-type":"OrderPlaced"}' });
    assert.deepEqual([accepted.status, await accepted.json()], [200, { ok: true }]);
    assert.equal((await fetch(url, { method: "POST", body: "{" })).status, 400);
    assert.equal((await fetch(url)).status, 405);
    assert.match(output.stdout, /^OrderPlaced from shop$/m);
  });
});
