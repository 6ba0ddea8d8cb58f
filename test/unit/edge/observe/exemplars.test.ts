import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wantsOpenMetrics } from "../../../../src/edge/observe/metrics/exposition.ts";
import { observe, sampleAttempt, stockDelivery } from "../../../support/observe/observe.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

/** What Prometheus 2 and 3 send. */
const PROMETHEUS_2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

const TRACE_ID = "5759e988bd862e3fe1be46a994272793";
const SAMPLED = `00-${TRACE_ID}-53995c3f42cd8ad8-01`;
const EXEMPLAR = new RegExp(` # {trace_id="${TRACE_ID}"} [\\d.]+ [\\d.]+$`);

function observed(...traceparents: readonly string[]) {
  const { observation } = observe();
  const target = sampleTarget("stock", { kind: "function", name: "stock" });
  observation.follow(
    sampleConfig({
      functions: [sampleFunction("stock")],
      rules: [sampleRule("orders", { source: ["shop"] }, [target])],
    }),
  );
  for (const traceparent of traceparents)
    observation.observer.attempt(sampleAttempt({ delivery: stockDelivery({ traceparent }) }));
  return observation;
}

/** The first line of a page that begins like this. */
function lineOf(body: string, start: string): string {
  const line = body.split("\n").find((one) => one.startsWith(start));
  assert.ok(line, start);
  return line;
}

describe("exemplars", () => {
  it("Exemplars lead from attempts and times to a sampled trace", async () => {
    const { contentType, body } = await observed(SAMPLED).metrics(PROMETHEUS_2);
    assert.match(contentType, /^application\/openmetrics-text; version=1.0.0/);
    assert.ok(body.endsWith("\n# EOF\n"));
    for (const start of [
      'busbar_delivery_attempts_total{destination="function/stock",outcome="success"}',
      'busbar_ingest_to_invocation_seconds_bucket{le="0.025"}',
      'busbar_function_invocation_duration_seconds_bucket{le="0.25",function="stock"}',
    ])
      assert.match(lineOf(body, start), EXEMPLAR);
    assert.equal(body.split(TRACE_ID).length, 4);
  });

  it("There are no exemplars of a trace that is not sampled, nor of a malformed one", async () => {
    const { body } = await observed(SAMPLED.replace(/01$/, "00"), "nonsense").metrics(PROMETHEUS_2);
    assert.ok(!body.includes("trace_id"));
    assert.match(lineOf(body, "busbar_delivery_attempts_total"), / 2$/);
  });

  it("There are no exemplars in the text format, which is the same before and after OpenMetrics was asked for", async () => {
    const observation = observed(SAMPLED);
    const ours = async (): Promise<readonly string[]> => {
      const { contentType, body } = await observation.metrics();
      assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
      return body.split("\n").filter((line) => line.includes("busbar_"));
    };
    const before = await ours();
    assert.ok(before.includes("# TYPE busbar_delivery_attempts_total counter"));
    assert.ok(before.includes('busbar_delivery_attempts_total{destination="function/stock",outcome="success"} 1'));
    const { body } = await observation.metrics(PROMETHEUS_2);
    assert.ok(body.includes("# TYPE busbar_delivery_attempts counter\n"));
    assert.deepEqual(await ours(), before);
  });

  it("Both formats have the same series", async () => {
    const observation = observed(SAMPLED);
    const seriesOf = async (accept?: string): Promise<readonly string[]> => {
      const { body } = await observation.metrics(accept);
      return [...body.matchAll(/^busbar_\S+/gm)].map(([series]) => series);
    };
    assert.deepEqual(await seriesOf(PROMETHEUS_3), await seriesOf());
  });

  it("OpenMetrics is for those who want it more than the text format", () => {
    const wanting = [PROMETHEUS_2, PROMETHEUS_3, "Application/OpenMetrics-Text; version=1.0.0"];
    for (const accept of wanting) assert.ok(wantsOpenMetrics(accept), accept);
    const others = [
      undefined,
      "",
      "*/*",
      "text/html,*/*;q=0.8",
      "text/plain;version=0.0.4,application/openmetrics-text;q=0.5",
      "application/openmetrics-text,text/plain",
      "application/openmetrics-text;q=0",
      "application/openmetrics-text;q=much",
    ];
    for (const accept of others) assert.ok(!wantsOpenMetrics(accept), accept);
  });
});
