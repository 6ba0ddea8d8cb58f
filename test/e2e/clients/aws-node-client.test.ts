import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { Router } from "../../support/router/router.ts";

const CLIENTS = join(import.meta.dirname, "../../clients");
/** Another version of the client may be tried, by the folder of its package. */
const CLIENT = process.env["BUSBAR_TEST_AWS_CLIENT"] ?? join(CLIENTS, "node_modules/aws-lambda-ric");

/** Its native part lies at another place in each generation. */
const isBuilt = [CLIENT, join(CLIENT, "dist"), join(CLIENT, "build/Release")].some(
  (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".node")),
);
const MISSING = "AWS's Node.js client is not built: npm ci --prefix test/clients";
const MAIN = ["index.mjs", "bin/index.mjs", "bin/index.js"].map((path) => join(CLIENT, path)).find(existsSync) ?? "";
/** Which generation it is: 3 and later stream, 4 wants variables to be set. */
const MAJOR = isBuilt
  ? Number(
      (JSON.parse(readFileSync(join(CLIENT, "package.json"), "utf8")) as { version: string }).version.split(".")[0],
    )
  : 0;

/** The first label of the host that the client asks is the function's name, and it asks an address. */
const NAME = "127";
const CONFIG = `
functions:
  "${NAME}":
    runtimeApi: {}
    timeoutSeconds: 20
    maximumRetryAttempts: 0
    onSuccess: { queue: records }
    onFailure: { queue: records }
queues: { records: {} }
rules:
  all: { eventPattern: { source: [test] }, targets: { f: { function: "${NAME}" } } }
`;
const WANTED = {
  AWS_LAMBDA_FUNCTION_NAME: NAME,
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/f",
  AWS_LAMBDA_LOG_STREAM_NAME: "$LATEST",
};

interface InvocationRecord {
  readonly requestContext: { readonly condition: string };
  readonly responsePayload: { readonly errorType?: string; readonly errorMessage?: string } | string;
}

describe("AWS's Node.js client", { skip: isBuilt ? false : MISSING, timeout: 300_000 }, () => {
  let router: Router;
  const children = new Set<ChildProcess>();

  before(async () => {
    router = await Router.start({ config: CONFIG });
  });

  after(async () => {
    await stopChildren();
    await router.remove();
  });

  async function stopChildren(): Promise<void> {
    for (const child of children) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await exited;
      children.delete(child);
    }
  }

  function start(handler: "plain" | "streaming", variables: Readonly<Record<string, string>> = WANTED): ChildProcess {
    const env = {
      PATH: process.env["PATH"],
      ...variables,
      _HANDLER: `handlers.${handler}`,
      LAMBDA_TASK_ROOT: CLIENTS,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${router.runtimeApiPort}`,
      AWS_REGION: "us-east-1",
    };
    const child = spawn(process.execPath, [MAIN, `handlers.${handler}`], { cwd: CLIENTS, env, stdio: "ignore" });
    children.add(child);
    return child;
  }

  /** Has the function called, and waits for its record. */
  async function call(how: string): Promise<InvocationRecord> {
    await router.put([{ detail: { how } }]);
    let body: string | undefined;
    await eventually(
      `a record of "${how}"`,
      async () => (body = (await router.receive("records"))[0]?.body) !== undefined,
      15_000,
    );
    return JSON.parse(body ?? "") as InvocationRecord;
  }

  it("AWS's Node.js client reports a result or an error at once, however long the message and the stack", async (t) => {
    t.after(stopChildren);
    start("plain");
    const answered = await call("answer");
    assert.deepEqual([answered.requestContext.condition, answered.responsePayload], ["Success", { how: "answer" }]);
    for (const [how, errorType, length] of [
      ["throw", "TypeError", 4],
      ["long message", "Error", 100_000],
      ["deep stack", "Error", 4],
    ] as const) {
      const { responsePayload: error } = await call(how);
      assert.ok(typeof error === "object");
      assert.deepEqual([error.errorType, error.errorMessage?.length], [errorType, length], how);
    }
  });

  it(
    "AWS's Node.js client streams an answer, and a failure in the middle is a function error",
    { skip: MAJOR < 3 && "not before 3" },
    async (t) => {
      t.after(stopChildren);
      start("streaming");
      const answered = await call("answer");
      assert.deepEqual([answered.requestContext.condition, answered.responsePayload], ["Success", { how: "answer" }]);
      for (const how of ["throw at once", "throw after a chunk", "throw in half a value"]) {
        const { requestContext, responsePayload: error } = await call(how);
        assert.equal(requestContext.condition, "RetriesExhausted", how);
        assert.ok(typeof error === "object");
        assert.deepEqual([error.errorType, error.errorMessage], ["TypeError", "boom"], how);
      }
    },
  );

  it(
    "AWS's Node.js client that ends at its first invocation for want of a variable is logged",
    { skip: MAJOR < 4 && "not before 4" },
    async (t) => {
      t.after(stopChildren);
      const child = start("plain", {});
      await router.put([{ detail: { how: "answer" } }]);
      const silent = () =>
        router.log.find(({ msg }) => msg === "an environment took an invocation and has not answered");
      await eventually("the client ends", () => child.exitCode !== null, 15_000);
      await eventually("the log says so", () => silent() !== undefined, 15_000);
      assert.deepEqual([silent()?.["function"], silent()?.["sign"]], [NAME, "closed"]);
      await eventually("its deadline passes", async () => (await router.receive("records")).length > 0, 40_000);
    },
  );
});
