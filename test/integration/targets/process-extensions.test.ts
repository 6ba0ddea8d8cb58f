import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { after, before, describe, it } from "node:test";
import type { Failure, Outcome } from "../../../src/domain/failure/outcome.ts";
import type { EnvironmentInit } from "../../../src/edge/targets/process/environment-options.ts";
import type { ProcessOptions } from "../../../src/edge/targets/process/process.ts";
import { processInvoker } from "../../../src/edge/targets/process/process.ts";
import { eventually, within } from "../../contract/waiting.ts";
import { invocation } from "../../support/functions/runtime-api-client.ts";
import { sampleFunction } from "../../support/sample.ts";

const root = join(import.meta.dirname, "../../..");

/** Written as AWS's own examples (aws-samples/aws-lambda-extensions, "python-example-extension"); what it gets is kept in a file. */
const PYTHON_EXTENSION = `#!/usr/bin/env python3
import json, os, sys, urllib.request
from pathlib import Path
LAMBDA_EXTENSION_NAME = Path(__file__).name
API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}"
def call(method, path, headers, body=None):
    request = urllib.request.Request(API + path, method=method, headers=headers, data=body and json.dumps(body).encode())
    return urllib.request.urlopen(request, timeout=None)
seen = open(os.environ["SEEN"] + "." + LAMBDA_EXTENSION_NAME, "a", buffering=1)
def keep(what): print(json.dumps(what), file=seen, flush=True)
keep(sorted(name for name in os.environ if name in ("_HANDLER", "LAMBDA_TASK_ROOT", "AWS_LAMBDA_FUNCTION_NAME")))
registered = call("POST", "/2020-01-01/extension/register", {"Lambda-Extension-Name": LAMBDA_EXTENSION_NAME, "Lambda-Extension-Accept-Feature": "accountId"}, {"events": ["INVOKE", "SHUTDOWN"]})
ext_id = registered.headers["Lambda-Extension-Identifier"]
keep(json.load(registered))
telemetry = call("PUT", "/2022-07-01/telemetry", {"Lambda-Extension-Identifier": ext_id}, {"schemaVersion": "2022-12-13", "types": ["platform"], "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243"}})
keep([telemetry.status, json.load(telemetry)])
while True:
    event = json.load(call("GET", "/2020-01-01/extension/event/next", {"Lambda-Extension-Identifier": ext_id}))
    keep(event)
    if event["eventType"] == "SHUTDOWN": sys.exit(0)
`;

/** Written as AWS's example in a shell ("custom-runtime-extension-demo"). */
const SHELL_EXTENSION = `#!/bin/bash
set -euo pipefail
LAMBDA_EXTENSION_NAME="$(basename $0)"
HEADERS="$(mktemp)"
trap 'rm -f "$HEADERS"' EXIT
curl -sS -LD "$HEADERS" -XPOST "http://\${AWS_LAMBDA_RUNTIME_API}/2020-01-01/extension/register" --header "Lambda-Extension-Name: \${LAMBDA_EXTENSION_NAME}" -d "{ \\"events\\": [\\"INVOKE\\", \\"SHUTDOWN\\"]}" > /dev/null
EXTENSION_ID=$(grep -Fi Lambda-Extension-Identifier "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
while true; do
  EVENT_DATA=$(curl -sS -L -XGET "http://\${AWS_LAMBDA_RUNTIME_API}/2020-01-01/extension/event/next" --header "Lambda-Extension-Identifier: \${EXTENSION_ID}")
  echo "$EVENT_DATA" >> "$SEEN.$LAMBDA_EXTENSION_NAME"
  if [[ $EVENT_DATA == *"SHUTDOWN"* ]]; then exit 0; fi
done
`;

describe("extensions of a function that is a process", { concurrency: 3 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "busbar-extensions-"));
    write("two/extensions/collector", PYTHON_EXTENSION, 0o755);
    write("two/extensions/sender", SHELL_EXTENSION, 0o755);
    write("two/extensions/nested/ignored", "", 0o644);
    write("crash/extensions/crash", "#!/bin/sh\nexit 3\n", 0o755);
    write("never/extensions/never", "#!/bin/sh\nexec sleep 600\n", 0o755);
    write("plain/extensions/plain", "#!/bin/sh\n", 0o644);
    write(
      "app.mjs",
      `import { existsSync } from "node:fs";
const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension/";
const post = (path, headers, body) => fetch(api + path, { method: "POST", headers, body: JSON.stringify(body) });
const register = async (name, ...events) => {
  const answer = await post("register", { "Lambda-Extension-Name": name }, { events });
  return [answer.status, (await answer.json()).errorType ?? answer.headers.get("lambda-extension-identifier")];
};
const sawCollector = existsSync(process.env.SEEN + ".collector");
const inInit = process.env.INTERNAL ? [await register("inside", "INVOKE"), await register("inside"), await register("other", "SHUTDOWN")] : [];
let internal = process.env.INTERNAL ? next(inInit[0][1]) : undefined;
async function next(id) {
  const answer = await fetch(api + "event/next", { headers: { "Lambda-Extension-Identifier": id } });
  return [answer.status, await answer.json()];
}
export const handler = async (event) => {
  if (event.do === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (!process.env.INTERNAL) return { sawCollector };
  const unknown = await next("00000000-0000-4000-8000-000000000000");
  return { inInit, event: await internal, unknown: unknown[1].errorType, late: await register("late") };
};
`,
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(path: string, source: string, mode = 0o644): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source, { mode });
  }

  interface Started {
    readonly layers?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly timeoutSeconds?: number;
    readonly options?: Partial<ProcessOptions>;
  }

  function start(t: TestContext, { layers = [], environment = {}, timeoutSeconds = 15, options = {} }: Started) {
    const inits: EnvironmentInit[] = [];
    const seen = mkdtempSync(join(folder, "seen-"));
    const command = [process.execPath, join(root, "runtimes/nodejs/bootstrap.mjs"), join(folder, "app.handler")];
    const run = { kind: "process", command, layers: layers.map((name) => folderOf(name)) } as const;
    const variables = { ...environment, SEEN: join(seen, "events") };
    const fn = { ...sampleFunction("f", { timeoutSeconds, environment: variables }), run };
    const identity = { accountId: "000000000000", region: "us-east-1" };
    const invoker = processInvoker(fn, {
      identity,
      onLine: () => true,
      onInit: (_name, init) => inits.push(init),
      ...options,
    });
    t.after(() => invoker.close());
    return {
      invoke: (event: unknown = {}, id = "request-1"): Promise<Outcome> =>
        within(
          "an outcome",
          invoker.invoke(invocation({ id, payload: Buffer.from(JSON.stringify(event)) }), new AbortController().signal),
        ),
      close: () => invoker.close(),
      inits,
      /** What an extension wrote to its file, line by line. */
      seenBy: (name: string): readonly unknown[] => {
        const file = join(seen, `events.${name}`);
        if (!existsSync(file)) return [];
        return readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as unknown);
      },
    };
  }

  const folderOf = (name: string) => ({ kind: "folder", path: join(folder, name) }) as const;
  const kinds = (events: readonly unknown[]) =>
    events.map((event) => {
      const { eventType, requestId, shutdownReason } = event as Record<string, unknown>;
      return [eventType, requestId ?? shutdownReason];
    });

  it("AWS's examples in Python and in a shell start before the runtime, and get each invocation and the shutdown", async (t) => {
    const { invoke, seenBy, close } = start(t, { layers: ["two"] });
    const first = await invoke({}, "id-1");
    assert.deepEqual(first, { ok: true, statusCode: 200, responseJson: '{"sawCollector":true}' });
    await invoke({}, "id-2");
    await close();
    const [variables, registered, telemetry, ...events] = seenBy("collector");
    assert.deepEqual(variables, ["AWS_LAMBDA_FUNCTION_NAME"]);
    assert.deepEqual(registered, {
      functionName: "f",
      functionVersion: "$LATEST",
      handler: join(folder, "app.handler"),
      accountId: "000000000000",
    });
    const notSupported = { errorMessage: "Telemetry API is not supported", errorType: "Telemetry.NotSupported" };
    assert.deepEqual(telemetry, [202, notSupported]);
    const expected = [
      ["INVOKE", "id-1"],
      ["INVOKE", "id-2"],
      ["SHUTDOWN", "spindown"],
    ];
    assert.deepEqual(kinds(events), expected);
    assert.deepEqual(kinds(seenBy("sender")), expected);
    const { invokedFunctionArn, tracing, deadlineMs } = events[0] as Record<string, unknown>;
    assert.equal(invokedFunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:f");
    assert.equal((tracing as Record<string, unknown>)["type"], "X-Amzn-Trace-Id");
    assert.ok(Number(deadlineMs) > Date.now());
  });

  it("A call that overruns its time ends the environment, and its extensions hear of a timeout", async (t) => {
    const { invoke, seenBy } = start(t, { layers: ["two"], timeoutSeconds: 1 });
    const failure = (await invoke({ do: "hang" })) as Failure;
    assert.equal(failure.reason, "timeout");
    await eventually("the shutdown came", () => kinds(seenBy("collector")).at(-1)?.[1] === "timeout");
  });

  it("An extension that ends fails the call with Extension.Crash and its status", async (t) => {
    const failure = (await start(t, { layers: ["crash"] }).invoke()) as Failure;
    assert.deepEqual(JSON.parse(failure.responseJson!), {
      errorType: "Extension.Crash",
      errorMessage: "RequestId: request-1 Error: extension crash: exit status 3",
    });
  });

  it("An extension that does not register ends the start when its time is up, and is named", async (t) => {
    const { invoke, inits } = start(t, { layers: ["never"], options: { initMs: 500 }, timeoutSeconds: 1 });
    assert.equal(((await invoke()) as Failure).message, "Task timed out after 1.00 seconds");
    assert.equal(inits[0]?.failure?.message, "Extensions were not ready: never, within 0.50 seconds");
  });

  it("A file among the extensions that cannot be run is refused", async (t) => {
    const failure = (await start(t, { layers: ["plain"] }).invoke()) as Failure;
    assert.match(failure.message, /has extensions\/plain: it is not executable$/);
  });

  it("An internal extension registers once, before the first invocation, gets it, and has no shutdown event", async (t) => {
    const outcome = await start(t, { environment: { INTERNAL: "1" } }).invoke({}, "id-1");
    assert.ok(outcome.ok, JSON.stringify(outcome));
    const { inInit, event, unknown, late } = JSON.parse(outcome.responseJson!) as {
      inInit: unknown[][];
      event: unknown[];
      unknown: unknown;
      late: unknown;
    };
    assert.equal(inInit[0]?.[0], 200);
    assert.deepEqual(inInit.slice(1), [
      [403, "Extension.InvalidExtensionState"],
      [403, "Extension.InvalidEventType"],
    ]);
    assert.deepEqual(kinds([event[1]]), [["INVOKE", "id-1"]]);
    assert.equal(unknown, "Extension.UnknownExtensionIdentifier");
    assert.deepEqual(late, [403, "Extension.RegistrationClosed"]);
  });
});
