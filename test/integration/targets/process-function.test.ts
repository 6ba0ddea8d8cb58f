import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { after, before, describe, it } from "node:test";
import type { FunctionConfig } from "../../../src/domain/target/function.ts";
import type { Failure, Outcome, Success } from "../../../src/domain/failure/outcome.ts";
import type { FunctionLine } from "../../../src/domain/logs/log-line.ts";
import type { EnvironmentInit, ProcessFunction } from "../../../src/edge/targets/process/environment-options.ts";
import type { ProcessOptions } from "../../../src/edge/targets/process/process.ts";
import { processInvoker } from "../../../src/edge/targets/process/process.ts";
import { eventually, within } from "../../contract/waiting.ts";
import { invocation } from "../../support/functions/runtime-api-client.ts";
import { sampleFunction } from "../../support/sample.ts";

const root = join(import.meta.dirname, "../../..");
const neverAborted = new AbortController().signal;

/** What the example of a stateful handler answers. */
interface Seen {
  readonly pid: number;
  readonly count: number;
}

describe("a function that is a process", { concurrency: 4 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "busbar-process-"));
    write(
      "app.py",
      `import os, sys, time, subprocess
count = 0
def handler(event, context):
    global count
    count += 1
    what = event.get("do")
    if what == "raise": raise ValueError("no such order")
    if what == "exit": os._exit(3)
    if what == "sys.exit": sys.exit(4)
    if what == "end": os._exit(0)
    if what == "crash": os.kill(os.getpid(), 11)
    if what == "hang":
        child = subprocess.Popen(["sleep", "600"])
        open(event["file"], "w").write(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    if what == "wait":
        while not os.path.exists(event["file"]): time.sleep(0.01)
    if what == "print":
        print("one\\ntwo", flush=True)
        print("x" * 20000, "ö", file=sys.stderr, end="", flush=True)
    if what == "flood": return "x" * 7_000_000
    if what == "context":
        left = context.get_remaining_time_in_millis()
        return [context.aws_request_id, context.function_name, context.invoked_function_arn, 0 < left <= 3000]
    return {"pid": os.getpid(), "count": count}
`,
    );
    write("raising.py", "raise KeyError('BUCKET')\n");
    write("stubborn.py", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nfrom app import handler\n");
    write(
      "wrong-state.mjs",
      `const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/";
const post = async (path, body) => (await fetch(api + path, { method: "POST", body })).status;
const next = await fetch(api + "invocation/next");
const id = next.headers.get("lambda-runtime-aws-request-id");
const second = await fetch(api + "invocation/next");
const statuses = [second.status, await post("init/error", "{}"), await post("invocation/other/response", "1")];
await post("invocation/" + id + "/response", JSON.stringify(statuses));
`,
    );
    write("environment.mjs", "export const handler = async () => process.env;");
    write(
      "itself.mjs",
      "export const handler = async () => ({ pid: process.pid, api: process.env.AWS_LAMBDA_RUNTIME_API });",
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(path: string, source: string): void {
    writeFileSync(join(folder, path), source);
  }

  const python = (handler: string) => ["python3", join(root, "runtimes/python/bootstrap.py"), join(folder, handler)];
  const nodejs = (handler: string) => [
    process.execPath,
    join(root, "runtimes/nodejs/bootstrap.mjs"),
    join(folder, handler),
  ];

  function start(t: TestContext, command: string[], over: Partial<Omit<FunctionConfig, "run"> & ProcessOptions> = {}) {
    const lines: FunctionLine[] = [];
    const inits: EnvironmentInit[] = [];
    const { idleMs, initMs, ...fn } = over;
    const invoker = processInvoker(
      { ...baseFunction(command), ...fn },
      {
        identity: { accountId: "000000000000", region: "eu-central-1" },
        onLine: (line) => lines.push(line) > 0,
        onInit: (_name, init) => inits.push(init),
        ...(idleMs === undefined ? {} : { idleMs }),
        ...(initMs === undefined ? {} : { initMs }),
      },
    );
    t.after(() => invoker.close());
    const invoke = (event: unknown, id = "request-1", signal = neverAborted): Promise<Outcome> =>
      within("an outcome", invoker.invoke(invocation({ id, payload: Buffer.from(JSON.stringify(event)) }), signal));
    return { invoke, lines, inits, close: () => invoker.close() };
  }

  async function seen(outcome: Promise<Outcome>): Promise<Seen> {
    const settled = await outcome;
    assert.ok(settled.ok, JSON.stringify(settled));
    return JSON.parse(settled.responseJson!) as Seen;
  }

  it("A process function answers, with the whole context, and goes on in the same process", async (t) => {
    const { invoke } = start(t, python("app.handler"));
    const arn = "arn:aws:lambda:eu-central-1:000000000000:function:thumbnailer";
    const first = (await invoke({ do: "context" }, "id-1")) as Success;
    assert.deepEqual(JSON.parse(first.responseJson!), ["id-1", "thumbnailer", arn, true]);
    assert.equal(first.statusCode, 200);
    assert.equal((await seen(invoke({}))).count, 2);
  });

  it("A process function that raises fails with the error that it posted, and its process stays", async (t) => {
    const { invoke } = start(t, python("app.handler"));
    const failure = (await invoke({ do: "raise" }, "id-1")) as Failure;
    assert.deepEqual([failure.reason, failure.message], ["function_error", "ValueError: no such order"]);
    const error = JSON.parse(failure.responseJson!) as Record<string, unknown>;
    assert.deepEqual([error["errorType"], error["requestId"]], ["ValueError", "id-1"]);
    assert.equal((await seen(invoke({}))).count, 2);
  });

  for (const [what, message] of [
    ["exit", "Runtime exited with error: exit status 3"],
    ["sys.exit", "Runtime exited with error: exit status 4"],
    ["end", "Runtime exited without providing a reason"],
    ["crash", "Runtime exited with error: signal: segmentation fault"],
  ] as const) {
    it(`A process that ends by ${what} during an invocation fails it, and the next invocation gets a new process`, async (t) => {
      const { invoke } = start(t, python("app.handler"));
      await seen(invoke({}));
      const failure = (await invoke({ do: what }, "id-1")) as Failure;
      assert.deepEqual([failure.reason, failure.message], ["function_error", message]);
      assert.deepEqual(JSON.parse(failure.responseJson!), {
        errorType: "Runtime.ExitError",
        errorMessage: `RequestId: id-1 Error: ${message}`,
      });
      assert.equal((await seen(invoke({}))).count, 1);
    });
  }

  it("A process that hangs is killed at the deadline with what it started, and the next invocation gets a new one", async (t) => {
    const { invoke } = start(t, python("app.handler"), { timeoutSeconds: 1 });
    await seen(invoke({}));
    const file = join(folder, "hung");
    const failure = (await invoke({ do: "hang", file })) as Failure;
    assert.deepEqual([failure.reason, failure.message], ["timeout", "Task timed out after 1.00 seconds"]);
    const pids = readFileSync(file, "utf8").split(" ").map(Number);
    assert.equal(pids.length, 2);
    await eventually("both processes are gone", () => !pids.some(isRunning));
    assert.equal((await seen(invoke({}))).count, 1);
  });

  it("A process that cannot start fails its invocation with the error that it reports", async (t) => {
    const { invoke } = start(t, python("raising.handler"), { timeoutSeconds: 30 });
    for (let attempt = 1; attempt <= 2; attempt++) {
      const failure = (await invoke({})) as Failure;
      assert.deepEqual([failure.reason, failure.message], ["function_error", "KeyError: 'BUCKET'"]);
      assert.match(failure.responseJson!, /"stackTrace": \["  File /);
    }
  });

  it("A process that ends before its first poll fails the invocation with how it ended", async (t) => {
    const { invoke } = start(t, ["sh", "-c", "exit 7"]);
    const failure = (await invoke({}, "id-1")) as Failure;
    assert.equal(failure.reason, "function_error");
    assert.deepEqual(JSON.parse(failure.responseJson!), {
      errorType: "Runtime.ExitError",
      errorMessage: "RequestId: id-1 Error: Runtime exited with error: exit status 7",
    });
  });

  it("A call whose first start fails has a second one, and a call whose second start fails reports that", async (t) => {
    write(
      "second.py",
      "import app, os\nif not os.path.exists(os.environ['MARK']):\n  open(os.environ['MARK'], 'w')\n  raise OSError('first')\nhandler = app.handler\n",
    );
    const { invoke, inits } = start(t, python("second.handler"), {
      timeoutSeconds: 30,
      environment: { MARK: join(folder, "second.mark") },
    });
    assert.equal((await seen(invoke({}))).count, 1);
    assert.match(inits[0]?.failure?.message ?? "", /^OSError: first/);
    assert.deepEqual([inits.length, inits[1]?.failure], [2, undefined]);
    assert.ok(inits[1]!.durationMs > 0);
    const failing = start(t, python("raising.handler"), { timeoutSeconds: 30 });
    const failure = (await failing.invoke({}, "id-1")) as Failure;
    assert.match(failure.responseJson!, /"errorType": ?"KeyError".*"requestId": ?""/);
    assert.equal(failing.inits.length, 2);
  });

  it("A process that never polls is killed when its start has taken too long", async (t) => {
    const { invoke, lines, inits } = start(t, ["sh", "-c", "echo $$; exec sleep 600"], {
      initMs: 500,
      timeoutSeconds: 1,
    });
    const failure = (await invoke({})) as Failure;
    assert.match(
      inits[0]?.failure?.responseJson ?? "",
      /Runtime\.InitError.*did not ask for an invocation within 0\.50 sec/,
    );
    // The second start is within the call's own time, as on Lambda.
    assert.deepEqual([failure.reason, failure.message], ["timeout", "Task timed out after 1.00 seconds"]);
    const written = lines.filter(({ source }) => source === "stdout");
    assert.equal(written.length, 2);
    for (const { text } of written) await eventually("it is gone", () => !isRunning(Number(text)));
  });

  it("A process function whose command does not exist fails with the command's name", async (t) => {
    const { invoke } = start(t, ["no-such-command"]);
    const failure = (await invoke({}, "id-1")) as Failure;
    assert.equal(failure.reason, "function_error");
    assert.deepEqual(JSON.parse(failure.responseJson!), {
      errorType: "Runtime.InvalidEntrypoint",
      errorMessage: "RequestId: id-1 Error: cannot run the command: spawn no-such-command ENOENT",
    });
  });

  it("A process function runs in no more processes than its concurrency, and re-uses them", async (t) => {
    const { invoke } = start(t, python("app.handler"), { concurrency: 2 });
    const file = join(folder, "gate");
    const [first, second, third] = [1, 2, 3].map(() => seen(invoke({ do: "wait", file })));
    const cancelled = invoke({}, "id-1", AbortSignal.timeout(50));
    await assert.rejects(cancelled, { name: "TimeoutError" });
    write("gate", "");
    const results = await Promise.all([first!, second!, third!]);
    assert.equal(new Set(results.map(({ pid }) => pid)).size, 2);
    assert.deepEqual(results.map(({ count }) => count).sort(), [1, 1, 2]);
  });

  it("A process function uses the process that was used last", async (t) => {
    const { invoke } = start(t, python("app.handler"), { concurrency: 2 });
    const file = join(folder, "gate-2");
    const slow = seen(invoke({ do: "wait", file }));
    const quick = await seen(invoke({}));
    write("gate-2", "");
    const last = await slow;
    assert.notEqual(last.pid, quick.pid);
    assert.equal((await seen(invoke({}))).pid, last.pid);
    assert.equal((await seen(invoke({}))).pid, last.pid);
  });

  it("A process stops when it has been idle for its idle time", async (t) => {
    const { invoke } = start(t, python("app.handler"), { idleMs: 100 });
    const { pid } = await seen(invoke({}));
    await eventually("it is gone", () => !isRunning(pid));
    assert.notEqual((await seen(invoke({}))).pid, pid);
  });

  it("A process that ends while it is idle does not fail the next invocation", async (t) => {
    const { invoke } = start(t, nodejs("itself.handler"), { concurrency: 1 });
    const pids = new Set<number>();
    for (let n = 0; n < 3; n++) {
      const outcome = await invoke({});
      assert.ok(outcome.ok, JSON.stringify(outcome));
      const { pid, api } = JSON.parse(outcome.responseJson!) as { pid: number; api: string };
      pids.add(pid);
      process.kill(pid);
      // Its port is closed when its end has been noticed.
      await eventually("it is gone", () =>
        fetch(`http://${api}/`).then(
          () => false,
          () => true,
        ),
      );
    }
    assert.equal(pids.size, 3);
  });

  it("A process function is killed when its invocation is abandoned", async (t) => {
    const { invoke } = start(t, python("app.handler"), { concurrency: 1, timeoutSeconds: 60 });
    const { pid } = await seen(invoke({}));
    const abandon = new AbortController();
    const file = join(folder, "abandoned");
    const abandoned = invoke({ do: "hang", file }, "id-1", abandon.signal);
    await eventually("it hangs", () => exists(file));
    abandon.abort(new Error("the router stops"));
    await assert.rejects(abandoned, /the router stops/);
    assert.equal((await seen(invoke({}))).count, 1);
    assert.ok(!isRunning(pid));
  });

  it("A process function sees Lambda's variables, its own, three of the router's and no other", async (t) => {
    const command = nodejs("environment.handler");
    const environment = { BUCKET: "thumbs", AWS_REGION: "mine", LANG: "fr_FR.UTF-8", TZ: "Europe/Berlin" };
    process.env["BUSBAR_TEST_SECRET"] = "amqp://user:secret@host";
    const { invoke } = start(t, command, { environment, memorySize: 256 });
    const outcome = (await invoke({})) as Success;
    delete process.env["BUSBAR_TEST_SECRET"];
    const {
      AWS_LAMBDA_RUNTIME_API: api,
      AWS_LAMBDA_LOG_STREAM_NAME: stream,
      _X_AMZN_TRACE_ID: trace,
      ...variables
    } = JSON.parse(outcome.responseJson!) as Record<string, string>;
    // Node.js gives it to every child while coverage is measured.
    delete variables["NODE_V8_COVERAGE"];
    assert.equal(trace, "", "which the bootstrap sets itself");
    assert.match(api!, /^127\.0\.0\.1:\d+$/);
    assert.match(stream!, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    assert.deepEqual(variables, {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      LANG: "fr_FR.UTF-8",
      BUCKET: "thumbs",
      _HANDLER: command[2],
      LAMBDA_TASK_ROOT: process.cwd(),
      LAMBDA_RUNTIME_DIR: join(root, "runtimes"),
      AWS_LAMBDA_FUNCTION_NAME: "thumbnailer",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/thumbnailer",
      AWS_LAMBDA_LOG_FORMAT: "Text",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_REGION: "eu-central-1",
      AWS_DEFAULT_REGION: "eu-central-1",
      AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split(".")[0]}.x`,
      AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
      TZ: "Europe/Berlin",
    });
  });

  it("A process function is refused what does not fit its state", async (t) => {
    const { invoke } = start(t, [process.execPath, join(folder, "wrong-state.mjs")]);
    assert.deepEqual(await invoke({}), { ok: true, statusCode: 200, responseJson: "[403,403,400]" });
  });

  it("A process function whose answer is too long fails, and its process stays", async (t) => {
    const { invoke } = start(t, python("app.handler"));
    assert.equal(((await invoke({ do: "flood" })) as Failure).reason, "invalid_response");
    assert.equal((await seen(invoke({}))).count, 2);
  });

  it("A process function has its output passed on, line by line, in pieces of 8 KiB at most", async (t) => {
    const { invoke, lines, close } = start(t, python("app.handler"));
    await seen(invoke({ do: "print" }));
    await close();
    const from = (stream: string) => lines.filter(({ source }) => source === stream).map(({ text }) => text);
    await eventually("all is written", () => from("stderr").length === 3);
    assert.ok(lines.every(({ functionName }) => functionName === "thumbnailer"));
    assert.deepEqual(from("stdout"), ["one", "two"]);
    assert.deepEqual(
      from("stderr").map(({ length }) => length),
      [8_192, 8_192, 20_000 + 2 - 2 * 8_192],
    );
    assert.ok(from("stderr")[2]!.endsWith("x ö"));
  });

  it("A process function's calls have Lambda's lines around what they wrote, also where a line has no end", async (t) => {
    const { invoke, lines } = start(t, python("app.handler"));
    const textsOf = (id: string) => lines.filter(({ requestId }) => requestId === id).map(({ text }) => text);
    await seen(invoke({ do: "print" }, "id-1"));
    await seen(invoke({}, "id-2"));
    await invoke({ do: "exit" }, "id-3");
    await eventually("all is reported", () => lines.at(-1)?.isLast === true && lines.at(-1)?.requestId === "id-3");
    const [begin, one, two, ...rest] = textsOf("id-1");
    assert.deepEqual([begin, one, two], ["START RequestId: id-1 Version: $LATEST", "one", "two"]);
    assert.ok(rest[2]?.endsWith("x ö"));
    assert.equal(rest[3], "END RequestId: id-1");
    const figures = "Duration: \\d+\\.\\d\\d ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\t";
    const memory = process.platform === "linux" ? "Max Memory Used: [1-9]\\d* MB\t" : "";
    const report = `^REPORT RequestId: id-\\d\t${figures}${memory}`;
    assert.match(rest[4]!, new RegExp(`${report}Init Duration: \\d+\\.\\d\\d ms\t$`));
    assert.match(textsOf("id-2").at(-1)!, new RegExp(`${report}$`));
    assert.match(textsOf("id-3").at(-1)!, /\tStatus: error\tError Type: Runtime\.ExitError$/);
    assert.equal(new Set(lines.map(({ logStream }) => logStream)).size, 1);
    assert.match(lines[0]!.logStream, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  });

  it("A process function that does not start, and one that takes too long, say so in their reports", async (t) => {
    const failing = start(t, ["sh", "-c", "echo sorry; exit 7"]);
    await failing.invoke({}, "id-1");
    await eventually("it is reported", () => failing.lines.at(-1)?.isLast === true);
    const texts = failing.lines.map(({ text }) => text);
    // It is started twice, as on Lambda, and the call is reported once.
    for (const [said, init] of [texts.slice(0, 2), texts.slice(2, 4)]) {
      assert.equal(said, "sorry");
      assert.match(
        init!,
        /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.ExitError$/,
      );
    }
    assert.equal(texts.length, 7);
    assert.deepEqual(texts.slice(4, 6), ["START RequestId: id-1 Version: $LATEST", "END RequestId: id-1"]);
    const late = start(t, ["sh", "-c", "exec sleep 600"], { initMs: 500 });
    await late.invoke({}, "id-2");
    assert.match(late.lines[0]!.text, /Phase: init\tStatus: timeout$/);
    const slow = start(t, python("app.handler"), { timeoutSeconds: 1 });
    await slow.invoke({ do: "hang", file: join(folder, "hang-log") }, "id-3");
    await eventually("it is reported", () => slow.lines.at(-1)?.isLast === true);
    assert.match(slow.lines.at(-1)!.text, /\tStatus: timeout$/);
  });

  it("A process function leaves no process behind when it is closed, however stubborn", async (t) => {
    const { invoke, close } = start(t, python("stubborn.handler"), { concurrency: 2 });
    const file = join(folder, "gate-3");
    const both = [seen(invoke({ do: "wait", file })), seen(invoke({ do: "wait", file }))];
    write("gate-3", "");
    const pids = (await Promise.all(both)).map(({ pid }) => pid);
    assert.ok(pids.every(isRunning));
    const startedMs = performance.now();
    await close();
    assert.ok(!pids.some(isRunning));
    assert.ok(performance.now() - startedMs < 3_000);
  });
});

function baseFunction(command: readonly string[]): ProcessFunction {
  return { ...sampleFunction("thumbnailer"), run: { kind: "process", command } };
}

/** Whether there is such a process that has not ended; one that nobody has collected yet has. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    return readFileSync(path, "utf8").length > 0;
  } catch {
    return false;
  }
}
