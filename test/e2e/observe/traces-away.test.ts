import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";
import { TraceReceiver } from "../../support/observe/trace-receiver.ts";

const EVENTS = 300;
const DROPPED = 'busbar_trace_spans_total{outcome="dropped"}';
const EXPORTED = 'busbar_trace_spans_total{outcome="exported"}';

const config = (url: string): string => `
functions: { fn: { http: { url: "${url}/" } } }
rules: { all: { eventPattern: { source: [test] }, targets: { fn: { function: fn } } } }
`;

describe("Traces without a trace backend", () => {
  const endings = suiteEndings();

  async function start(endpoint: string, env: Readonly<Record<string, string>> = {}) {
    const fn = await RecordingFunction.start();
    endings.after(() => fn.stop());
    const router = await Router.start({
      config: config(fn.url.replace(/\/$/, "")),
      env: {
        BUSBAR_TRACE_RATIO: "1",
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_BSP_SCHEDULE_DELAY: "50",
        ...env,
      },
    });
    endings.after(() => router.remove());
    return { fn, router };
  }

  async function putAll(router: Router, fn: RecordingFunction): Promise<void> {
    const puts = Array.from({ length: EVENTS / 10 }, () =>
      router.put(Array.from({ length: 10 }, () => ({ detail: {} }))),
    );
    const answers = await Promise.all(puts);
    assert.ok(answers.every(({ status, eventIds }) => status === 200 && eventIds.every((id) => id !== undefined)));
    await eventually("all are delivered", () => fn.eventIds.size === EVENTS);
    assert.equal(fn.calls.length, EVENTS);
    await eventually("all are settled", async () => {
      return (
        (await router.metric('busbar_deliveries_settled_total{destination="function/fn",verdict="done"}')) === EVENTS
      );
    });
  }

  it("One that refuses connections changes nothing for deliveries: its spans are dropped, counted and logged once", async () => {
    const gone = await TraceReceiver.start();
    await gone.stop();
    const { fn, router } = await start(gone.url, { OTEL_EXPORTER_OTLP_TIMEOUT: "500" });
    await putAll(router, fn);
    await eventually("spans were dropped", async () => (await router.metric(DROPPED)) > 0);
    assert.equal(await router.metric(EXPORTED), 0);
    const logged = router.log.filter(({ msg }) => msg.startsWith("the trace backend does not take spans"));
    assert.equal(logged.length, 1);
    assert.equal(await router.stop(), 0);
  });

  it("One that never answers holds so many spans, and not the stop", async () => {
    const receiver = await TraceReceiver.start();
    endings.after(() => receiver.stop());
    receiver.answer = () => undefined;
    const { fn, router } = await start(receiver.url, {
      OTEL_BSP_MAX_QUEUE_SIZE: "100",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "50",
    });
    await putAll(router, fn);
    // Each put: a request, its storing, ten events; each event: an attempt and its call. All but those that are held.
    const spans = (EVENTS / 10) * 12 + EVENTS * 2;
    await eventually("the others were dropped", async () => (await router.metric(DROPPED)) === spans - 100);
    const startedAtMs = performance.now();
    assert.equal(await router.stop(), 0);
    assert.ok(performance.now() - startedAtMs < 15_000);
    assert.ok(!router.log.some(({ msg }) => msg.includes("did not stop in order")), JSON.stringify(router.log));
  });

  it("What is held at a stop is sent first", async () => {
    const receiver = await TraceReceiver.start();
    endings.after(() => receiver.stop());
    const { fn, router } = await start(receiver.url, { OTEL_BSP_SCHEDULE_DELAY: "60000" });
    await router.put([{ detail: {} }]);
    await eventually("it was delivered", () => fn.calls.length === 1);
    assert.equal(await router.stop(), 0);
    assert.deepEqual(receiver.spans.map(({ name }) => name).toSorted(), [
      "POST",
      "POST /",
      "process busbar.function.fn",
      "send default",
    ]);
  });

  it("A variable that is wrong turns traces off, and nothing else", async () => {
    const { fn, router } = await start("http://127.0.0.1:4317", { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" });
    const warning = router.log.find(({ msg }) => msg === "traces are off: a variable is wrong");
    assert.match(String(warning?.["problem"]), /OTEL_EXPORTER_OTLP_PROTOCOL must be http\/json, got grpc/);
    await putAll(router, fn);
    assert.equal(fn.calls[0]?.headers["traceparent"], undefined);
  });
});

describe("Traces of callers that have credentials", () => {
  const endings = suiteEndings();

  it("A caller decides what is recorded only where a policy lets it: any other begins a trace of ours, by our ratio", async () => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-keys-"));
    endings.after(() => rm(folder, { recursive: true }));
    const put = `{ effect: Allow, action: "events:PutEvents", resource: "*" }`;
    await writeFile(
      join(folder, "access.yaml"),
      `bearerTokens:
  trusted:
    tokens: [a-token-of-a-trusted-caller]
    statements: [${put}, { effect: Allow, action: "busbar:ContinueTraces", resource: "*" }]
  stranger: { tokens: [a-token-of-a-stranger], statements: [${put}] }
`,
    );
    const receiver = await TraceReceiver.start();
    endings.after(() => receiver.stop());
    const fn = await RecordingFunction.start();
    endings.after(() => fn.stop());
    const env = {
      BUSBAR_ACCESS_KEYS_FILE: join(folder, "access.yaml"),
      BUSBAR_TRACE_RATIO: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
    const router = await Router.start({ config: config(fn.url.replace(/\/$/, "")), env });
    endings.after(() => router.remove());
    const [ours, theirs] = ["5759e988bd862e3fe1be46a994272793", "6759e988bd862e3fe1be46a994272793"];
    const putBy = async (token: string, id: string, traceId: string): Promise<void> => {
      const response = await fetch(`${router.publicUrl}/events`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/cloudevents+json",
          traceparent: `00-${traceId}-53995c3f42cd8ad8-01`,
        },
        body: JSON.stringify({
          specversion: "1.0",
          type: "T",
          source: "test",
          id,
          traceparent: `00-${traceId}-1111111111111111-01`,
          tracestate: "vendor=1",
        }),
      });
      assert.equal(response.status, 202, await response.text());
      await eventually("it was delivered", () => fn.eventIds.has(id));
    };

    await putBy("a-token-of-a-stranger", "e-1", theirs);
    const first = fn.calls[0]?.headers;
    assert.match(String(first?.["traceparent"]), /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.ok(!String(first?.["traceparent"]).includes(theirs));
    assert.equal(first?.["tracestate"], undefined);

    await putBy("a-token-of-a-trusted-caller", "e-2", ours);
    const spans = await receiver.wait(4, ({ traceId }) => traceId === ours);
    assert.equal(spans.find(({ name }) => name.startsWith("process"))?.parentSpanId, "1111111111111111");
    assert.equal(spans.find(({ name }) => name === "POST /events")?.parentSpanId, "53995c3f42cd8ad8");
    assert.equal(fn.calls[1]?.headers["tracestate"], "vendor=1");
    assert.ok(receiver.spans.every(({ traceId }) => traceId === ours));

    // The same stranger, of whose requests all are recorded: roots, with links to what it claims.
    await router.stop();
    await router.launch({ env: { ...env, BUSBAR_TRACE_RATIO: "1" } });
    await putBy("a-token-of-a-stranger", "e-3", theirs);
    const [request] = await receiver.wait(1, ({ name, traceId }) => name === "POST /events" && traceId !== ours);
    const [send] = await receiver.wait(1, ({ name, traceId }) => name === "send default" && traceId !== ours);
    assert.deepEqual([request?.parentSpanId, request?.links], [undefined, [`${theirs}-53995c3f42cd8ad8`]]);
    assert.deepEqual(send?.links, [`${theirs}-1111111111111111`]);
    assert.ok(receiver.spans.every(({ traceId }) => traceId !== theirs));
  });
});
