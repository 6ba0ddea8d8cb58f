import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { FunctionTestAnswer } from "../../../src/admin-api/destinations/function-tests.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { PollingEnvironment } from "../../support/functions/environment.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const HANDLER = `
export const handler = async (event, { awsRequestId }) => {
  console.log("looking at", event.orderId, "as", awsRequestId);
  console.error("and complaining");
  if (event.fails) throw new Error("no such order");
  return { seen: event.orderId };
};
`;

describe("A test of a function", () => {
  it("Tests of an embedded router leave nothing behind but their result, their count and their attempt in the journal", async (t) => {
    const fail: Behaviour = (_call, response) => void response.writeHead(500).end('"out of order"');
    const fn = await RecordingFunction.start(fail);
    t.after(() => fn.stop());
    const config = `
functions:
  work:
    http: { url: "${fn.url}" }
    onFailure: { queue: sad }
  other: { http: { url: "${fn.url}" }, paused: true }
queues: { sad: {} }
rules:
  all: { eventPattern: { source: [test] }, targets: { work: { function: work } } }
`;
    const router = await Router.start({ config });
    t.after(() => router.remove());
    const { lines, result } = await test(router, "work", { orderId: "o-1" });
    assert.deepEqual(
      lines.map(({ state }) => state),
      ["waiting", "calling", "ended"],
    );
    const { deliveryId, ...told } = result;
    assert.deepEqual(
      { outcome: told.outcome, statusCode: told.statusCode, response: told.response, invoked: told.invoked },
      { outcome: "server_error", statusCode: 500, response: '"out of order"', invoked: true },
    );
    const [call] = fn.calls;
    assert.deepEqual(call?.body, { orderId: "o-1" });
    assert.equal(call.headers["busbar-test"], "true");
    assert.equal(call.deliveryId, deliveryId);
    // A delivery comes after it through the same queue, and fails: only that one is retried and counted.
    await router.put([{ detail: {} }]);
    await eventually("the delivery is tried", () => fn.calls.length === 2);
    const attempts = { destination: "function/work" };
    await eventually(
      "and settled",
      async () => (await router.metricSum("busbar_delivery_attempts_total", attempts)) === 1,
    );
    assert.equal(fn.calls[1]?.headers["busbar-test"], undefined);
    assert.equal(await router.metric('busbar_function_tests_total{function="work",outcome="server_error"}'), 1);
    assert.equal(await router.metricSum("busbar_destination_records_total"), 0);
    assert.deepEqual(await router.receive("sad"), []);
    assert.deepEqual(await router.receive("busbar.dead-letter"), []);
    const line = await router.logged("the test", ({ msg }) => msg === "function tested");
    assert.deepEqual([line["deliveryId"], line["outcome"]], [deliveryId, "server_error"]);

    for (const [name, status] of [
      ["other", 409],
      ["wrok", 404],
    ] as const) {
      assert.equal((await fetch(urlOf(router, name), { method: "POST", body: "{}" })).status, status);
    }
    assert.equal((await fetch(urlOf(router, "work"), { method: "POST", body: "{" })).status, 400);
  });

  it("Tests of a process come with the lines that it wrote, and busbar test-function prints them", async (t) => {
    const router = await Router.start({ config: "" });
    t.after(() => router.remove());
    await writeFile(join(router.folder, "index.mjs"), HANDLER);
    await router.configure(`
functions:
  look:
    process: { command: [node, "${process.cwd()}/runtimes/nodejs/bootstrap.mjs", "${router.folder}/index.handler"] }
`);
    await eventually(
      "it is there",
      async () => (await fetch(urlOf(router, "look"), { method: "POST", body: "{}" })).ok,
    );
    const { result } = await test(router, "look", { orderId: "o-2" });
    assert.deepEqual([result.outcome, result.response], ["success", '{"seen":"o-2"}']);
    assert.deepEqual(
      result.output.filter(({ line }) => !/^(START|END|REPORT)/.test(line)),
      [
        { stream: "stdout", line: `looking at o-2 as ${result.deliveryId}` },
        { stream: "stderr", line: "and complaining" },
      ],
    );
    const written = await router.logged("what it printed", ({ line }) => String(line).includes("o-2"));
    assert.equal(written["deliveryId"], result.deliveryId);

    const args = ["test-function", "look", "--admin-url", router.adminUrl, "--event", '{"orderId":"o-3","fails":true}'];
    const { code, stdout, stderr } = await busbar(args);
    assert.equal(code, 1);
    assert.match(stderr, /^test [0-9a-f-]{36}\n[^]*stdout: looking at o-3[^]*\nfunction_error in \d+ ms: /);
    assert.match(stdout, /"errorMessage":"no such order"/);
  });

  it("Tests are answered by whichever of two routers gets them, to the one that was asked", async (t) => {
    const config = `
functions:
  polled: { runtimeApi: {}, timeoutSeconds: 30 }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.polled"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const nobody = await test(one, "polled", { n: 0 }, "?waitSeconds=1");
    assert.equal(nobody.result.outcome, "not_taken");

    const environment = new PollingEnvironment("polled", [two.runtimeApiPort]);
    const running = environment.run();
    const { result } = await test(one, "polled", { n: 1 });
    assert.deepEqual([result.outcome, result.response], ["success", '"seen"']);
    // The test before it came to nobody: it was too old when the poll came.
    assert.deepEqual(environment.events, [{ n: 1 }]);
    assert.ok(two.log.some(({ msg, deliveryId }) => msg === "function tested" && deliveryId === result.deliveryId));
    environment.stop();
    await Promise.all([one.stop(), two.stop()]);
    await running;
  });

  it("Tests whose router is killed are unknown, call nobody again and become no dead letter", async (t) => {
    const config = `
functions:
  polled: { runtimeApi: {}, timeoutSeconds: 30 }
rules:
  all: { eventPattern: { source: [test] }, targets: { it: { function: polled } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.polled"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const taken = pollOnce(two.runtimeApiPort);
    const asked = test(one, "polled", { n: 1 });
    await taken;
    await two.kill();
    const environment = new PollingEnvironment("polled", [one.runtimeApiPort]);
    const running = environment.run();
    const { result } = await asked;
    assert.equal(result.outcome, "unknown");
    await one.put([{ detail: { n: 2 } }]);
    await eventually("what comes after it is delivered", () => environment.events.length === 1, 30_000);
    assert.deepEqual((environment.events as { detail?: object }[])[0]?.detail, { n: 2 });
    assert.deepEqual(await one.receive("busbar.dead-letter"), []);
    assert.deepEqual(await one.receive("busbar.parked"), []);
    environment.stop();
    await one.stop();
    await running;
  });
});

function urlOf(router: Router, name: string, query = ""): string {
  return `${router.adminUrl}/api/v1/functions/${name}/test${query}`;
}

interface Line {
  readonly state: string;
}

async function test(router: Router, name: string, payload: object, query = "") {
  const response = await fetch(urlOf(router, name, query), { method: "POST", body: JSON.stringify(payload) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  return { lines, result: lines.at(-1) as unknown as FunctionTestAnswer };
}

/** Takes one invocation and never answers it. Resolves when it is in hand. */
function pollOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = "/2018-06-01/runtime/invocation/next";
    const options = { host: "127.0.0.1", port, path, headers: { host: "polled.localhost:9001" }, agent: false };
    const request = http.get(options, (response) => {
      response.resume();
      response.once("end", resolve);
    });
    request.on("error", reject);
  });
}
