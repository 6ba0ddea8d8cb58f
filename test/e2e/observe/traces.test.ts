import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";
import type { ReceivedSpan } from "../../support/observe/trace-receiver.ts";
import { TraceReceiver } from "../../support/observe/trace-receiver.ts";

const TRACE_ID = "5759e988bd862e3fe1be46a99427279";
/** A trace of its own for each test, by a digit. */
const traceOf = (digit: string): string => `${TRACE_ID}${digit}`;
const callers = (digit: string): string => `00-${traceOf(digit)}-53995c3f42cd8ad8-01`;

/** What must be in no span, wherever it stood: a payload, a header, a key in a path, a query, a name of a user's. */
const SECRETS = ["s3cret-key", "s3cret-path", "s3cret-query", "s3cret-detail", "s3cret-header", "s3cret-answer"];

/** Fails the first attempt of a "flaky" event, and refuses a "bad" one until it is redriven. */
const answers: Behaviour = ({ body, attempt, headers }, response) => {
  const { source } = body as { source?: string };
  const isBad = source === "bad" && headers["busbar-redriven"] === undefined;
  response.writeHead(isBad ? 400 : source === "flaky" && attempt === 1 ? 500 : 200);
  response.end('{"said":"s3cret-answer"}');
};

function config(url: string): string {
  return `
eventBuses: { results: {} }
functions:
  plain: { http: { url: "${url}/" }, retryIntervalsSeconds: [1], maximumRetryAttempts: 1, deadLetterConfig: { queue: dead } }
  recorded: { http: { url: "${url}/" }, onSuccess: { eventBus: results } }
  after: { http: { url: "${url}/after" } }
queues: { dead: {} }
apiDestinations:
  hook:
    url: "${url}/s3cret-path?key=s3cret-query"
    method: PUT
    connection: { apiKey: { header: X-Api-Key, value: s3cret-key } }
rules:
  plain: { eventPattern: { source: [one, several, flaky, bad] }, targets: { plain: { function: plain } } }
  recorded: { eventPattern: { source: [recorded] }, targets: { recorded: { function: recorded } } }
  results/after: { eventPattern: { source: [lambda] }, targets: { after: { function: after } } }
  hook: { eventPattern: { source: [hook] }, targets: { hook: { apiDestination: hook } } }
`;
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`Traces, on ${kind}`, () => {
    const system = kind === "embedded" ? "busbar" : "rabbitmq";
    let fn: RecordingFunction;
    let receiver: TraceReceiver;
    let router: Router;
    const endings = suiteEndings();

    before(async () => {
      receiver = await TraceReceiver.start();
      endings.after(() => receiver.stop());
      fn = await RecordingFunction.start(answers);
      endings.after(() => fn.stop());
      const names = ["plain", "recorded", "after"].map((name) => `busbar.function.${name}`);
      const broker =
        kind === "embedded" ? "embedded" : await freshVhost(endings, ["dead", "busbar.api-destination.hook", ...names]);
      router = await Router.start({
        config: config(fn.url.replace(/\/$/, "")),
        env: {
          BUSBAR_BROKER: broker,
          // Nothing is recorded but what a caller wants, and what fails.
          BUSBAR_TRACE_RATIO: "0",
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_BSP_SCHEDULE_DELAY: "50",
          OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
        },
      });
      endings.after(() => router.remove());
    });

    /** Puts entries of these sources; resolves with their ids. */
    async function put(sources: readonly string[], headers: Record<string, string>, traceHeader?: string) {
      const response = await fetch(router.publicUrl, {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": "AWSEvents.PutEvents",
          "x-custom": "s3cret-header",
          ...headers,
        },
        body: JSON.stringify({
          Entries: sources.map((Source) => ({
            Source,
            DetailType: "Tested",
            Detail: '{"token":"s3cret-detail"}',
            ...(traceHeader === undefined ? {} : { TraceHeader: traceHeader }),
          })),
        }),
      });
      const { Entries } = (await response.json()) as { Entries: { EventId: string }[] };
      return Entries.map(({ EventId }) => EventId);
    }

    const inTrace = (traceId: string) => (span: ReceivedSpan) => span.traceId === traceId;
    const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
      const found = spans.filter((span) => span.name === name);
      assert.equal(found.length, 1, `${name} in ${spans.map((span) => span.name).join(", ")}`);
      return found[0]!;
    };
    const callOf = (eventId: string | undefined, attempt = 1) =>
      fn.calls.find((call) => call.eventId === eventId && call.attempt === attempt) ?? assert.fail("no such call");

    it("An event has a span for its request, its storing, its attempt and the call, and the function is given the call's", async () => {
      const [eventId] = await put(["one"], { traceparent: callers("a"), tracestate: "vendor=x,other=y" });
      const spans = await receiver.wait(4, inTrace(traceOf("a")));
      const request = named(spans, "POST /");
      const send = named(spans, "send default");
      const attempt = named(spans, "process busbar.function.plain");
      const call = named(spans, "POST");
      assert.deepEqual(
        [request, send, attempt, call].map((span) => [span.kind, span.parentSpanId, span.isError]),
        [
          ["server", "53995c3f42cd8ad8", false],
          ["producer", request.spanId, false],
          ["consumer", send.spanId, false],
          ["client", attempt.spanId, false],
        ],
      );
      assert.deepEqual(request.attributes, {
        "http.request.method": "POST",
        "url.path": "/",
        "http.route": "/",
        "url.scheme": "http",
        "http.response.status_code": 200,
        "busbar.operation": "PutEvents",
      });
      assert.deepEqual(send.attributes, {
        "messaging.system": system,
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "default",
        "cloudevents.event_id": eventId,
        "cloudevents.event_type": "Tested",
        "cloudevents.event_source": "one",
        "busbar.event.id": eventId,
        "busbar.rules": 1,
        "busbar.deliveries": 1,
      });
      const { headers, deliveryId } = callOf(eventId);
      const { "busbar.wait_seconds": wait, ...attributes } = attempt.attributes;
      assert.ok(typeof wait === "number" && wait >= 0);
      assert.deepEqual(attributes, {
        "messaging.system": system,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "busbar.function.plain",
        "messaging.message.id": deliveryId,
        "busbar.event.id": eventId,
        "busbar.bus": "default",
        "busbar.rule": "plain",
        "busbar.target": "plain",
        "busbar.attempt": 1,
        "busbar.verdict": "done",
      });
      assert.deepEqual(attempt.links, [`${traceOf("a")}-${send.spanId}`]);
      assert.deepEqual(call.attributes, {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "server.port": Number(new URL(fn.url).port),
        "url.scheme": "http",
        "http.response.status_code": 200,
        "faas.invoked_name": "plain",
        "faas.invoked_provider": "busbar",
        "faas.invoked_region": "us-east-1",
        "aws.lambda.invoked_arn": "arn:aws:lambda:us-east-1:000000000000:function:plain",
      });
      assert.equal(headers["traceparent"], `00-${traceOf("a")}-${call.spanId}-01`);
      assert.equal(headers["tracestate"], "vendor=x,other=y");
      assert.match(String(headers["x-amzn-trace-id"]), new RegExp(`;Parent=${call.spanId};Sampled=1$`));
      assert.ok(spans.every((span) => span.traceState === "vendor=x,other=y"));
      assert.ok(spans.every((span) => span.service === "busbar" && span.scope === "busbar"));
      assert.ok(spans.every((span) => span.schemaUrl === "https://opentelemetry.io/schemas/1.44.0"));
    });

    it("Each of several events has a span of its own, which its attempt is a part of", async () => {
      const ids = await put(["several", "several", "nobody"], { traceparent: callers("b") });
      const spans = await receiver.wait(9, inTrace(traceOf("b")));
      const request = named(spans, "POST /");
      const send = named(spans, "send default");
      assert.deepEqual([send.kind, send.parentSpanId], ["client", request.spanId]);
      assert.equal(send.attributes["messaging.batch.message_count"], 3);
      const created = spans.filter(({ name }) => name === "create default");
      assert.deepEqual(
        created.map((span) => [span.kind, span.parentSpanId, span.attributes["busbar.rules"]]).toSorted(),
        [
          ["producer", request.spanId, 0],
          ["producer", request.spanId, 1],
          ["producer", request.spanId, 1],
        ],
      );
      assert.deepEqual(new Set(send.links), new Set(created.map((span) => `${span.traceId}-${span.spanId}`)));
      const attempts = spans.filter(({ name }) => name.startsWith("process"));
      for (const attempt of attempts) {
        const parent = created.find(
          (span) => span.attributes["busbar.event.id"] === attempt.attributes["busbar.event.id"],
        );
        assert.equal(attempt.parentSpanId, parent?.spanId);
      }
      assert.deepEqual(new Set(attempts.map((span) => span.attributes["busbar.event.id"])), new Set(ids.slice(0, 2)));
    });

    it("An entry's own context is passed on as it is, and the attempt is a part of that trace", async () => {
      await put(["one"], { traceparent: callers("c") }, callers("d"));
      const [attempt] = await receiver.wait(2, inTrace(traceOf("d")));
      const own = await receiver.wait(2, inTrace(traceOf("c")));
      assert.deepEqual(own.map(({ name }) => name).toSorted(), ["POST /", "send default"]);
      assert.deepEqual(named(own, "send default").links, [`${traceOf("d")}-53995c3f42cd8ad8`]);
      assert.equal(attempt?.parentSpanId, "53995c3f42cd8ad8");
    });

    it("A failed attempt is recorded although nobody wanted it, and the next one that succeeds is not", async () => {
      const [eventId = ""] = await put(["flaky"], {});
      const traceId = eventId.replaceAll("-", "");
      await eventually("it was called twice", () => fn.calls.filter((call) => call.eventId === eventId).length === 2);
      const spans = await receiver.wait(2, inTrace(traceId));
      const attempt = named(spans, "process busbar.function.plain");
      const call = named(spans, "POST");
      assert.deepEqual([attempt.parentSpanId, attempt.links, attempt.isError], [undefined, [], true]);
      assert.equal(attempt.attributes["busbar.sampled.by"], "failure");
      assert.equal(attempt.attributes["busbar.verdict"], "retry");
      assert.equal(attempt.attributes["error.type"], "server_error");
      assert.equal(call.attributes["http.response.status_code"], 500);
      assert.equal(call.parentSpanId, attempt.spanId);
      // Drawn before it was known that it would fail, and so not sampled.
      assert.equal(callOf(eventId).headers["traceparent"], `00-${traceId}-${call.spanId}-00`);
      assert.match(String(callOf(eventId, 2).headers["traceparent"]), new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    });

    it("Further attempts of a recorded event are parts of its trace, each linked with the one before", async () => {
      await put(["flaky"], { traceparent: callers("e") });
      const spans = await receiver.wait(6, inTrace(traceOf("e")));
      const [first, second] = spans.filter(({ name }) => name.startsWith("process"));
      const send = named(spans, "send default");
      assert.ok(first !== undefined && second !== undefined);
      assert.equal(second.parentSpanId, send.spanId);
      assert.deepEqual(second.links, [`${traceOf("e")}-${send.spanId}`, `${traceOf("e")}-${first.spanId}`]);
      const again = spans.find((span) => span.parentSpanId === second.spanId);
      assert.equal(again?.attributes["http.request.resend_count"], 1);
    });

    it("A function's record is sent within the attempt, and what comes of it is a part of that", async () => {
      await put(["recorded"], { traceparent: callers("f") });
      const spans = await receiver.wait(7, inTrace(traceOf("f")));
      const attempt = named(spans, "process busbar.function.recorded");
      const record = named(spans, "send results");
      const next = named(spans, "process busbar.function.after");
      assert.deepEqual([record.kind, record.parentSpanId], ["producer", attempt.spanId]);
      assert.equal(record.attributes["busbar.record"], "success");
      assert.equal(next.parentSpanId, record.spanId);
    });

    it("A redriven delivery begins a trace of its own, with links to what it is about", async () => {
      const [eventId] = await put(["bad"], { traceparent: callers("0") });
      await eventually("it is a dead letter", async () => (await router.depth("dead")) === 1);
      const before = await receiver.wait(4, inTrace(traceOf("0")));
      const last = before.find(({ name }) => name.startsWith("process"));
      const url = `${router.adminUrl}/api/v1/dead-letters/dead/redrive`;
      const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
      assert.equal(answer.status, 202, await answer.text());
      const [attempt] = await receiver.wait(
        1,
        ({ attributes }) => attributes["busbar.event.id"] === eventId && attributes["busbar.delivery.redriven"] === 1,
      );
      assert.ok(attempt !== undefined && last !== undefined);
      assert.notEqual(attempt.traceId, traceOf("0"));
      assert.equal(attempt.parentSpanId, undefined);
      const send = named(before, "send default");
      assert.deepEqual(attempt.links, [`${traceOf("0")}-${send.spanId}`, `${traceOf("0")}-${last.spanId}`]);
    });

    it("No span holds a payload, a header, a query or a part of an address that may be a key", async () => {
      await put(["hook", "one"], { traceparent: callers("1") });
      const spans = await receiver.wait(8, inTrace(traceOf("1")));
      const call = named(spans, "PUT");
      assert.deepEqual([call.attributes["server.address"], call.kind], ["127.0.0.1", "client"]);
      const all = receiver.bodies.join();
      assert.deepEqual(
        SECRETS.filter((secret) => all.includes(secret)),
        [],
      );
      assert.ok(fn.calls.some(({ headers }) => headers["x-api-key"] === "s3cret-key"));
    });

    // Where there is a Python that has OpenTelemetry's definitions: no package of Debian's or npm's has them.
    const python = process.env["BUSBAR_TEST_OTLP_PYTHON"];
    it("OpenTelemetry's own definitions read every request", { skip: python === undefined }, async () => {
      const check = spawn(python ?? "", ["test/support/observe/check-otlp.py"], { stdio: ["pipe", "pipe", "inherit"] });
      const bodies = [...receiver.bodies];
      check.stdin.end(bodies.join("\n"));
      let printed = "";
      check.stdout.on("data", (text: Buffer) => (printed += text.toString()));
      assert.deepEqual(await once(check, "close"), [0, null]);
      assert.ok(Number(printed) > 20, printed);
    });

    it("Spans that were taken are counted, and the log line of an attempt leads to its trace", async () => {
      await eventually("all are counted", async () => {
        return (await router.metric('busbar_trace_spans_total{outcome="exported"}')) === receiver.spans.length;
      });
      assert.equal(await router.metric('busbar_trace_spans_total{outcome="dropped"}'), 0);
      const line = router.log.find(({ msg }) => msg === "delivery to be retried");
      const attempt = receiver.spans.find(({ spanId }) => spanId === line?.["span_id"]);
      assert.equal(attempt?.traceId, line?.["trace_id"]);
    });
  });
}

describe("Functions whose own spans join", () => {
  const endings = suiteEndings();
  it("Spans of a Node.js function and of a Python function are parts of the call's", async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-traced-"));
    endings.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "index.mjs"), NODE_HANDLER);
    await writeFile(join(folder, "app.py"), PYTHON_HANDLER);
    const receiver = await TraceReceiver.start();
    endings.after(() => receiver.stop());
    const environment = `environment: { COLLECTOR: "${receiver.url}/v1/traces" }`;
    const router = await Router.start({
      config: `
functions:
  nodejs: { process: { command: [node, runtimes/nodejs/bootstrap.mjs, "${folder}/index.handler"] }, timeoutSeconds: 30, ${environment} }
  python: { process: { command: [python3, runtimes/python/bootstrap.py, "${folder}/app.handler"] }, timeoutSeconds: 30, ${environment} }
rules:
  all: { eventPattern: { source: [test] }, targets: { nodejs: { function: nodejs }, python: { function: python } } }
`,
      env: {
        BUSBAR_TRACE_RATIO: "1",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces`,
        OTEL_BSP_SCHEDULE_DELAY: "50",
      },
    });
    endings.after(() => router.remove());
    await router.put([{ detail: {} }]);
    const spans = await receiver.wait(8, () => true);
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
    for (const name of ["nodejs", "python"]) {
      const call = spans.find((span) => span.name === `invoke ${name}`);
      const own = spans.find((span) => span.service === `${name}-function`);
      assert.ok(call !== undefined && own !== undefined, name);
      assert.equal(own.parentSpanId, call.spanId);
      assert.ok(own.startMs >= call.startMs && own.endMs <= call.endMs);
    }
  });
});

/** A handler with OpenTelemetry's SDK. It reads X-Ray's header, as OpenTelemetry's propagator for Lambda does. */
const NODE_HANDLER = `
import { ROOT_CONTEXT, trace } from "${import.meta.resolve("@opentelemetry/api")}";
import { OTLPTraceExporter } from "${import.meta.resolve("@opentelemetry/exporter-trace-otlp-http")}";
import { resourceFromAttributes } from "${import.meta.resolve("@opentelemetry/resources")}";
import { SimpleSpanProcessor, TracerProvider } from "${import.meta.resolve("@opentelemetry/sdk-trace")}";

const processor = new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: process.env.COLLECTOR }) });
const provider = new TracerProvider({
  resource: resourceFromAttributes({ "service.name": "nodejs-function" }),
  spanProcessors: [processor],
});
const tracer = provider.getTracer("test");

export const handler = async () => {
  const header = process.env._X_AMZN_TRACE_ID;
  const [, epoch, unique, spanId, sampled] = /^Root=1-(.{8})-(.{24});Parent=(.{16});Sampled=(.)$/.exec(header);
  const parent = { traceId: epoch + unique, spanId, traceFlags: Number(sampled), isRemote: true };
  const span = tracer.startSpan("handle", {}, trace.setSpanContext(ROOT_CONTEXT, parent));
  span.end();
  await provider.forceFlush();
};
`;

/** A handler that writes its span by hand: Debian has no SDK for Python. */
const PYTHON_HANDLER = `
import json, os, re, secrets, time, urllib.request
def handler(event, context):
    started = time.time_ns()
    header = os.environ["_X_AMZN_TRACE_ID"]
    epoch, unique, parent = re.match(r"Root=1-(.{8})-(.{24});Parent=(.{16});Sampled=1$", header).groups()
    span = {"traceId": epoch + unique, "spanId": secrets.token_hex(8), "parentSpanId": parent, "flags": 1,
            "name": "handle", "kind": 1, "attributes": [], "events": [], "links": [], "status": {"code": 0},
            "startTimeUnixNano": str(started), "endTimeUnixNano": str(time.time_ns())}
    service = {"key": "service.name", "value": {"stringValue": "python-function"}}
    body = {"resourceSpans": [{"resource": {"attributes": [service]},
                               "scopeSpans": [{"scope": {"name": "test"}, "spans": [span]}]}]}
    request = urllib.request.Request(os.environ["COLLECTOR"], json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).read()
`;
