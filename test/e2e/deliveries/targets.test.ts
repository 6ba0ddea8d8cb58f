import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour, Call } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const TRACEPARENT = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
const X_RAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/** Handlers that answer what they were given, and raise for a negative total. */
const PYTHON_HANDLER = `
import os
def handler(event, context):
    if event["total"] < 0:
        raise ValueError("negative")
    return {"total": event["total"], "id": context.aws_request_id, "bucket": os.environ["BUCKET"],
            "memory": context.memory_limit_in_mb, "trace": os.environ.get("_X_AMZN_TRACE_ID")}
`;
const NODE_HANDLER = `
export const handler = async (event, context) => {
  if (event.total < 0) throw new RangeError("negative");
  return { total: event.total, id: context.awsRequestId, name: context.functionName, trace: process.env._X_AMZN_TRACE_ID };
};
`;

/** A CRM that fails the first call for a "flaky" order, every one for a "down" order, and refuses a "bad" one. */
const crmAnswers: Behaviour = (call, response) => {
  const { order } = call.body as { order: string };
  const failing = order === "down" || (order === "flaky" && call.attempt === 1);
  response.writeHead(order === "bad" ? 400 : failing ? 500 : 200).end('{"ok":true}');
};

function config(urls: Record<"crm" | "seen" | "pinged" | "late", string>, folder: string): string {
  const process = (runtime: string, handler: string) => `process: { command: [${runtime}, "${folder}/${handler}"] }`;
  return `
eventBuses: { results: {} }
functions:
  seen: { http: { url: "${urls.seen}" } }
  pinged: { http: { url: "${urls.pinged}" } }
  late: { http: { url: "${urls.late}" } }
  python:
    ${process("python3, runtimes/python/bootstrap.py", "app.handler")}
    timeoutSeconds: 10
    memorySize: 256
    environment: { BUCKET: thumbs }
    maximumRetryAttempts: 0
    onSuccess: { function: seen }
    onFailure: { queue: losses }
  nodejs:
    ${process("node, runtimes/nodejs/bootstrap.mjs", "index.handler")}
    timeoutSeconds: 10
    maximumRetryAttempts: 0
    onSuccess: { eventBus: results }
    onFailure: { function: seen }
queues: { losses: {}, dead: {}, over-limit: {}, lines: {}, results-log: {}, late: {}, soon: {} }
apiDestinations:
  crm:
    url: "${urls.crm}/hooks?v=1"
    method: PUT
    connection: { apiKey: { header: X-Api-Key, value: "\${env:CRM_KEY}" } }
rules:
  crm:
    eventPattern: { source: [crm] }
    targets:
      crm:
        apiDestination: crm
        inputTransformer: { inputPathsMap: { id: $.detail.orderId, all: $.detail }, inputTemplate: '{"order": <id>, "all": <all>}' }
        retryPolicy: { maximumRetryAttempts: 1 }
        deadLetterConfig: { queue: dead }
  limits:
    eventPattern: { source: [limits] }
    conditions:
      all:
        - { fact: detail, path: $.total, operator: greaterThan, value: { fact: detail, path: $.creditLimit } }
    targets: { over: { queue: over-limit, inputPath: $.detail.orderId } }
  ping:
    eventPattern: { source: [ping] }
    targets:
      ping: { function: pinged, input: { command: refresh, pages: [1, 2] } }
      line: { queue: lines, inputTransformer: { inputPathsMap: { who: $.detail.who }, inputTemplate: '"pinged by <who>"' } }
  late:
    eventPattern: { source: [late] }
    targets:
      function: { function: late, delaySeconds: 2, inputTransformer: { inputTemplate: '{"at": <aws.events.event.ingestion-time>}' } }
      queue: { queue: late, delaySeconds: 2 }
      at-once: { queue: soon }
  process:
    eventPattern: { source: [process] }
    targets:
      python: { function: python, inputPath: $.detail }
      nodejs: { function: nodejs, inputPath: $.detail }
  results/keep: { eventPattern: { source: [lambda] }, targets: { log: { queue: results-log } } }
`;
}

interface InvocationRecord {
  readonly requestContext: Record<string, unknown>;
  readonly responsePayload: Record<string, unknown>;
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`Targets, on ${kind}`, () => {
    let crm: RecordingFunction;
    let seen: RecordingFunction;
    let pinged: RecordingFunction;
    let late: RecordingFunction;
    let router: Router;
    const endings = suiteEndings();

    before(async () => {
      const folder = await mkdtemp(join(tmpdir(), "busbar-handlers-"));
      endings.after(() => rm(folder, { recursive: true }));
      await writeFile(join(folder, "app.py"), PYTHON_HANDLER);
      await writeFile(join(folder, "index.mjs"), NODE_HANDLER);
      crm = await RecordingFunction.start(crmAnswers);
      seen = await RecordingFunction.start();
      pinged = await RecordingFunction.start();
      late = await RecordingFunction.start();
      endings.after(() => Promise.all([crm, seen, pinged, late].map((server) => server.stop())));
      const functions = ["seen", "pinged", "late", "python", "nodejs"].map((name) => `busbar.function.${name}`);
      const queues = [
        "losses",
        "dead",
        "over-limit",
        "lines",
        "results-log",
        "late",
        "soon",
        "busbar.api-destination.crm",
      ];
      const broker = kind === "embedded" ? "embedded" : await freshVhost(endings, [...queues, ...functions]);
      const urls = { crm: crm.url, seen: seen.url, pinged: pinged.url, late: late.url };
      router = await Router.start({ config: config(urls, folder), env: { BUSBAR_BROKER: broker, CRM_KEY: "s3cret" } });
      endings.after(() => router.remove());
    });

    /** The one message that comes to a queue. */
    async function only(queue: string) {
      await eventually(`a message is in ${queue}`, async () => (await router.depth(queue)) > 0);
      const [message, ...others] = await router.receive(queue);
      assert.ok(message !== undefined && others.length === 0);
      return message;
    }

    /** The records that `seen` was called with about one function. */
    const recordsOf = (name: string) =>
      seen.calls
        .map((call) => call.body as InvocationRecord)
        .filter((record) => String(record.requestContext["functionArn"]).endsWith(`function:${name}:$LATEST`));

    const ordersOf = (id: string) => crm.calls.filter((call) => (call.body as { order: string }).order === id);

    it("An API destination is called as its connection and the transformer say, and again after a 500", async () => {
      await router.put([{ source: "crm", detail: { orderId: "flaky", price: 1.5 } }]);
      await eventually("it was called twice", () => ordersOf("flaky").length === 2);
      const [first, second] = ordersOf("flaky") as [Call, Call];
      assert.deepEqual(first.body, { order: "flaky", all: { orderId: "flaky", price: 1.5 } });
      assert.deepEqual(second.body, first.body);
      assert.equal(second.headers["x-api-key"], "s3cret");
      assert.equal(second.deliveryId, first.deliveryId);
      assert.ok(second.atMs - first.atMs >= 500, "it waited");
      await eventually("it was settled", async () => {
        return (
          (await router.metric('busbar_deliveries_settled_total{destination="api-destination/crm",verdict="done"}')) ===
          1
        );
      });
    });

    it("A delivery that an API destination refuses is dead-lettered at once, with the reason in its headers", async () => {
      const { eventIds } = await router.put([{ source: "crm", detail: { orderId: "bad" } }]);
      const { body, headers } = await only("dead");
      assert.equal(ordersOf("bad").length, 1);
      assert.equal((JSON.parse(body) as { id: string }).id, eventIds[0]);
      assert.equal(headers["RULE_ARN"], "arn:aws:events:us-east-1:000000000000:rule/crm");
      assert.equal(headers["ERROR_CODE"], "INVALID_PARAMETER");
      assert.match(String(headers["ERROR_MESSAGE"]), /400/);
      assert.equal(headers["RETRY_ATTEMPTS"], 0);
      assert.equal(headers["EXHAUSTED_RETRY_CONDITION"], undefined);
      const series = 'busbar_delivery_attempts_total{destination="api-destination/crm",outcome="client_error"}';
      assert.equal(await router.metric(series), 1);
    });

    it("A delivery to an API destination that stays down is tried as often as the policy says, and then dead-lettered", async () => {
      await router.put([{ source: "crm", detail: { orderId: "down" } }]);
      const { headers } = await only("dead");
      assert.equal(ordersOf("down").length, 2);
      assert.equal(headers["ERROR_CODE"], "ERROR_FROM_TARGET");
      assert.equal(headers["RETRY_ATTEMPTS"], 1);
      assert.equal(headers["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    });

    it("Conditions compare two parts of an event, and take no text for a number", async () => {
      await router.put([
        { source: "limits", detail: { orderId: "under", total: 200, creditLimit: 200 } },
        { source: "limits", detail: { orderId: "text", total: "300", creditLimit: 200 } },
        { source: "limits", detail: { orderId: "no limit", total: 300 } },
        { source: "limits", detail: { orderId: "over", total: 201, creditLimit: 200 } },
      ]);
      assert.equal((await only("over-limit")).body, '"over"');
    });

    it("A constant input reaches the function, and a queue gets the transformer's text", async () => {
      await router.put([{ source: "ping", detail: { who: "Ada" } }]);
      await eventually("the function was called", () => pinged.calls.length === 1);
      assert.deepEqual(pinged.calls[0]?.body, { command: "refresh", pages: [1, 2] });
      const { body, headers } = await only("lines");
      assert.equal(body, '"pinged by Ada"');
      assert.equal(headers["busbar-rule"], "ping");
      assert.equal(headers["busbar-target"], "line");
    });

    it("What a target delays is handed out that much later and not earlier, and other targets have it at once", async () => {
      const putMs = Date.now();
      await router.put([{ source: "late", detail: { n: 1 } }]);
      await only("soon");
      await eventually("the function was called", () => late.calls.length === 1);
      const [call] = late.calls as readonly [Call];
      assert.ok(call.atMs - putMs >= 2_000, `called ${call.atMs - putMs} ms after the put`);
      // To the second: it is the time of the put, and not of the end of the delay.
      const acceptedMs = Date.parse((call.body as { readonly at: string }).at);
      assert.ok(call.atMs - acceptedMs >= 2_000, `called ${call.atMs - acceptedMs} ms after it was accepted`);
      const { headers } = await only("late");
      assert.ok(Date.now() - Number(headers["busbar-first-at"]) >= 2_000, "the queue's message waited too");
      const series = 'busbar_deliveries_settled_total{destination="function/late",verdict="done"}';
      await eventually("it was settled", async () => (await router.metric(series)) === 1);
      assert.equal(late.calls.length, 1);
      const shown = await busbar(["rules", "late", "--admin-url", router.adminUrl]);
      assert.match(shown.stdout, /function\/late \(2 s later\), queue\/late \(2 s later\), queue\/soon /);
    });

    it("A trace is passed on to functions, API destinations, processes and queues, in both formats", async () => {
      const entries = ["ping", "crm", "process"].map((Source) => {
        return { Source, DetailType: "Tested", Detail: '{"orderId":"traced","who":"Bob","total":1}' };
      });
      await fetch(router.publicUrl, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": "AWSEvents.PutEvents",
          "x-amzn-trace-id": X_RAY,
        },
        body: JSON.stringify({ Entries: entries }),
      });
      const traced = () => [pinged.calls[1], ordersOf("traced")[0]];
      await eventually("both were called", () => traced().every((call) => call !== undefined));
      for (const call of traced()) {
        assert.equal(call?.headers["traceparent"], TRACEPARENT);
        assert.equal(call.headers["x-amzn-trace-id"], X_RAY);
      }
      assert.equal((await only("lines")).headers["traceparent"], TRACEPARENT);
      await eventually("the process's record came", () => recordsOf("python").length === 1);
      assert.equal(recordsOf("python")[0]?.responsePayload["trace"], X_RAY);
      const event = JSON.parse((await only("results-log")).body) as { detail: InvocationRecord };
      assert.equal(event.detail.responsePayload["trace"], X_RAY);
    });

    it("Handlers in Python and Node.js get their context, and their records go to a function and to a bus", async () => {
      const before = recordsOf("python").length;
      await router.put([{ source: "process", detail: { total: 7 } }]);
      await eventually("the record reached the function", () => recordsOf("python").length > before);
      const python = recordsOf("python").at(-1);
      assert.equal(python?.requestContext["condition"], "Success");
      const { id, total, bucket, memory } = python.responsePayload;
      assert.deepEqual({ total, bucket, memory: Number(memory) }, { total: 7, bucket: "thumbs", memory: 256 });
      assert.equal(id, python.requestContext["requestId"]);

      const event = JSON.parse((await only("results-log")).body) as Record<string, unknown> & {
        detail: InvocationRecord;
      };
      assert.equal(event["detail-type"], "Lambda Function Invocation Result - Success");
      assert.deepEqual(event["resources"], [
        "arn:aws:events:us-east-1:000000000000:event-bus/results",
        "arn:aws:lambda:us-east-1:000000000000:function:nodejs:$LATEST",
      ]);
      assert.equal(event.detail.responsePayload["name"], "nodejs");
      assert.equal(event.detail.responsePayload["id"], event.detail.requestContext["requestId"]);
    });

    it("What a handler raises is in the failure record, for a queue and for a function", async () => {
      await router.put([{ source: "process", detail: { total: -1 } }]);
      const python = JSON.parse((await only("losses")).body) as InvocationRecord;
      assert.equal(python.requestContext["condition"], "RetriesExhausted");
      assert.equal(python.requestContext["approximateInvokeCount"], 1);
      assert.equal(python.responsePayload["errorType"], "ValueError");
      await eventually("the other's record came", () => recordsOf("nodejs").length === 1);
      const [nodejs] = recordsOf("nodejs");
      assert.equal(nodejs?.requestContext["condition"], "RetriesExhausted");
      assert.equal(nodejs.responsePayload["errorType"], "RangeError");
      assert.equal(nodejs.responsePayload["errorMessage"], "negative");
    });
  });
}
