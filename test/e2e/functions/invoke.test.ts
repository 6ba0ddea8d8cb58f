import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { InvokeCommand, ResourceNotFoundException, TooManyRequestsException } from "@aws-sdk/client-lambda";
import { eventually } from "../../contract/waiting.ts";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { AWS_ENV, skipWithout } from "../../support/aws/programs/programs.ts";
import { PollingEnvironment } from "../../support/functions/environment.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const run = promisify(execFile);
const skipBoto3 = await skipWithout("boto3", "python3", "-c", "import boto3");
const skipCli = await skipWithout("the aws CLI", "/usr/bin/aws", "--version");

const HANDLER = `
export const handler = async (event, { awsRequestId, invokedFunctionArn, clientContext }) => {
  console.log("called as", awsRequestId);
  if (event.fails) throw new RangeError("no such order");
  if (event.ends) process.exit(7);
  if (event.hangs) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return { seen: event, awsRequestId, invokedFunctionArn, clientContext };
};
`;

/** What a call that must fail fails with. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail("it was answered"),
    (error: unknown) => error,
  );
}

/** A router with a local function `look` and one over HTTP, `web`. */
async function startRouter(t: { after: (end: () => unknown) => void }, web: RecordingFunction, env = {}) {
  const router = await Router.start({ config: "", env });
  t.after(() => router.remove());
  await writeFile(join(router.folder, "index.mjs"), HANDLER);
  const bootstrap = `${process.cwd()}/runtimes/nodejs/bootstrap.mjs`;
  await router.configure(`
functions:
  look:
    process: { command: [node, "${bootstrap}", "${router.folder}/index.handler"] }
    timeoutSeconds: 60
  brief:
    process: { command: [node, "${bootstrap}", "${router.folder}/index.handler"] }
    timeoutSeconds: 1
  web: { http: { url: "${web.url}" }, concurrency: 1 }
  polled: { runtimeApi: {} }
`);
  const client = lambdaClient(router.publicUrl);
  t.after(() => client.destroy());
  const invoke = (FunctionName: string, payload: unknown, input: object = {}) =>
    client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), ...input }));
  await eventually("the functions are there", () =>
    invoke("look", {}, { InvocationType: "DryRun" }).then(
      ({ StatusCode }) => StatusCode === 204,
      () => false,
    ),
  );
  return { router, invoke };
}

describe("Invoke", () => {
  it("AWS's JavaScript SDK calls a local function, and reads its answer, errors and log", async (t) => {
    const web = await RecordingFunction.start();
    t.after(() => web.stop());
    const { router, invoke } = await startRouter(t, web);
    const context = Buffer.from('{"custom":{"é":"ü"}}').toString("base64");
    const asked = { ClientContext: context, LogType: "Tail", Qualifier: "$LATEST" };
    const {
      StatusCode,
      Payload,
      ExecutedVersion,
      FunctionError,
      LogResult = "",
      $metadata,
    } = await invoke("look", { n: 1 }, asked);
    assert.deepEqual([StatusCode, ExecutedVersion, FunctionError], [200, "$LATEST", undefined]);
    const answer = JSON.parse(Payload?.transformToString() ?? "") as Record<string, unknown>;
    assert.deepEqual(answer, {
      seen: { n: 1 },
      awsRequestId: $metadata.requestId,
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:look:$LATEST",
      clientContext: { custom: { é: "ü" } },
    });
    const log = Buffer.from(LogResult, "base64").toString().split("\n");
    assert.deepEqual(log.slice(0, 3), [
      `START RequestId: ${$metadata.requestId} Version: $LATEST`,
      `called as ${$metadata.requestId}`,
      `END RequestId: ${$metadata.requestId}`,
    ]);
    assert.match(
      log[3] ?? "",
      /^REPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t$/,
    );

    const asks = [
      ["look", { fails: true }],
      ["look", { ends: true }],
      ["brief", { hangs: true }],
    ] as const;
    const errors = await Promise.all(
      asks.map(async ([name, event]) => {
        const ended = await invoke(name, event);
        assert.deepEqual([ended.StatusCode, ended.FunctionError], [200, "Unhandled"]);
        const error = JSON.parse(ended.Payload?.transformToString() ?? "") as Record<string, string>;
        const { errorType, errorMessage = "" } = error;
        return [errorType, errorMessage.replace(ended.$metadata.requestId ?? "", "ID")];
      }),
    );
    assert.deepEqual(errors, [
      ["RangeError", "no such order"],
      ["Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 7"],
      ["Sandbox.Timedout", "RequestId: ID Error: Task timed out after 1.00 seconds"],
    ]);
    await assert.rejects(invoke("none", {}), ResourceNotFoundException);
    const big = "x".repeat(6_000_000);
    const echoed = JSON.parse((await invoke("look", big)).Payload?.transformToString() ?? "") as { seen: string };
    assert.ok(echoed.seen === big);
    const count = (name: string, outcome: string) =>
      router.metric(`busbar_function_invokes_total{function="${name}",type="RequestResponse",outcome="${outcome}"}`);
    const counts = [count("look", "success"), count("look", "function_error"), count("brief", "timeout")];
    assert.deepEqual(await Promise.all(counts), [2, 2, 1]);
    assert.equal(await router.metricSum("busbar_function_invocation_duration_seconds_count", { function: "look" }), 4);
    assert.equal(await router.metricSum("busbar_function_invocations_in_flight", { function: "look" }), 0);
    const line = await router.logged("a failed call", ({ outcome }) => outcome === "timeout");
    assert.deepEqual([line["function"], line.msg], ["brief", "function invoked"]);
  });

  it("A caller who waits passes by a backlog, or is refused at once where all slots are taken", async (t) => {
    const held: (() => void)[] = [];
    const hold: Behaviour = (_call, response) => void held.push(() => response.end('"done"'));
    const web = await RecordingFunction.start(hold);
    t.after(() => web.stop());
    const { router, invoke } = await startRouter(t, web);
    for (const n of [1, 2, 3]) await invoke("web", { n }, { InvocationType: "Event" });
    await eventually("the first of three is called", () => held.length === 1);
    const refused = await refusalOf(invoke("web", {}));
    assert.ok(refused instanceof TooManyRequestsException);
    assert.deepEqual(
      [refused.Reason, refused.retryAfterSeconds, refused.message],
      ["ReservedFunctionConcurrentInvocationLimitExceeded", "1", "Rate Exceeded."],
    );
    await fetch(`${router.adminUrl}/api/v1/paused/function/web`, {
      method: "PUT",
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    const paused = await refusalOf(invoke("web", {}));
    assert.ok(paused instanceof TooManyRequestsException && paused.message.includes("paused"));
    held.shift()?.();
  });

  it("An event is in the function's queue once it is answered: no kill of the router loses it, and its retries have its id", async (t) => {
    const fail: Behaviour = ({ attempt }, response) => void response.writeHead(attempt < 2 ? 503 : 200).end('"done"');
    const web = await RecordingFunction.start(fail);
    t.after(() => web.stop());
    const { router, invoke } = await startRouter(t, web);
    const answers = await Promise.all([1, 2, 3].map((n) => invoke("web", { n }, { InvocationType: "Event" })));
    await router.kill();
    assert.deepEqual(new Set(answers.map(({ StatusCode }) => StatusCode)), new Set([202]));
    await router.launch();
    const ids = answers.map(({ $metadata }) => $metadata.requestId);
    await eventually("each is called until it succeeds", () =>
      ids.every((id) => web.calls.some(({ deliveryId, attempt }) => deliveryId === id && attempt >= 2)),
    );
    assert.deepEqual(new Set(web.calls.map(({ body }) => (body as { n: number }).n)), new Set([1, 2, 3]));
  });

  it("A function that polls is called for whoever waits, before the events in its queue", async (t) => {
    const web = await RecordingFunction.start();
    t.after(() => web.stop());
    const { router, invoke } = await startRouter(t, web);
    const environment = new PollingEnvironment("polled", [router.runtimeApiPort]);
    const early = invoke("polled", { n: 0 });
    const running = environment.run();
    const { StatusCode, $metadata } = await early;
    assert.equal(StatusCode, 200);
    assert.deepEqual(environment.requestIds, [$metadata.requestId]);
    // Its poll waits for the queue by now: a caller takes it from there.
    assert.equal((await invoke("polled", { n: 1 })).StatusCode, 200);
    const queued = await invoke("polled", { n: 2 }, { InvocationType: "Event" });
    await eventually("the event is taken", () => environment.requestIds.includes(queued.$metadata.requestId ?? ""));
    assert.deepEqual(environment.events, [{ n: 0 }, { n: 1 }, { n: 2 }]);
    environment.stop();
    await router.stop();
    await running;
  });

  it("busbar invoke prints the answer, the log beside it, and says by its exit code whether the function failed", async (t) => {
    const web = await RecordingFunction.start();
    t.after(() => web.stop());
    const { router } = await startRouter(t, web);
    const invoke = (...args: string[]) => busbar(["invoke", ...args, "--url", router.publicUrl]);
    const answered = await invoke("look", "--payload", '{"n":1}', "--log");
    assert.equal(answered.code, 0);
    assert.deepEqual((JSON.parse(answered.stdout) as { seen: object }).seen, { n: 1 });
    assert.match(answered.stderr, /^START RequestId: [^]*\ncalled as [^]*\nREPORT /);
    const failed = await invoke("look", "--payload", '{"fails":true}');
    assert.deepEqual([failed.code, failed.stderr], [1, "the function failed: Unhandled\n"]);
    assert.match(failed.stdout, /"errorMessage":"no such order"/);
    const queued = await invoke("web", "--type", "Event");
    assert.match(queued.stderr, /^queued as [0-9a-f-]{36}\n$/);
    await eventually("the event is delivered", () => web.calls.length === 1);
    const refused = await invoke("none");
    assert.deepEqual(refused, {
      code: 1,
      stdout: "",
      stderr:
        "ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:none:$LATEST\n",
    });
    const elsewhere = await busbar(["invoke", "look", "--url", router.adminUrl]);
    assert.match(elsewhere.stderr, /is not a router: HTTP 404\n$/);
  });

  it("boto3 invokes, and reads answers and errors", { skip: skipBoto3 }, async (t) => {
    const web = await RecordingFunction.start();
    t.after(() => web.stop());
    const { router } = await startRouter(t, web);
    const program = join(import.meta.dirname, "../../support/aws/programs/boto3-invoke.py");
    const { stdout } = await run("python3", [program, router.publicUrl], { env: AWS_ENV });
    assert.equal(stdout, "as expected\n");
  });

  it(
    "aws lambda invoke prints what Lambda's users know, and writes the answer to its file",
    { skip: skipCli },
    async (t) => {
      const web = await RecordingFunction.start();
      t.after(() => web.stop());
      const { router } = await startRouter(t, web);
      const out = join(router.folder, "out.json");
      const invoke = async (...args: string[]) => {
        const command = [
          "lambda",
          "invoke",
          "--endpoint-url",
          router.publicUrl,
          "--cli-binary-format",
          "raw-in-base64-out",
        ];
        const { stdout } = await run("/usr/bin/aws", [...command, ...args, out], { env: AWS_ENV });
        return JSON.parse(stdout) as Record<string, unknown>;
      };
      const printed = await invoke("--function-name", "look", "--payload", '{"n":1}', "--log-type", "Tail");
      assert.deepEqual([printed["StatusCode"], printed["ExecutedVersion"]], [200, "$LATEST"]);
      assert.match(Buffer.from(String(printed["LogResult"]), "base64").toString(), /^START [^]*called as [^]*END /);
      assert.deepEqual((JSON.parse(await readFile(out, "utf8")) as { seen: object }).seen, { n: 1 });
      const failed = await invoke("--function-name", "look", "--payload", '{"fails":true}');
      assert.equal(failed["FunctionError"], "Unhandled");
      assert.match(await readFile(out, "utf8"), /"errorMessage":"no such order"/);
      assert.deepEqual(await invoke("--function-name", "web", "--invocation-type", "Event"), { StatusCode: 202 });
      await eventually("the event is delivered", () => web.calls.length === 1);
      assert.deepEqual(await invoke("--function-name", "web", "--invocation-type", "DryRun"), { StatusCode: 204 });
    },
  );
});
