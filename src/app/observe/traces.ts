import { hostname } from "node:os";
import { readTraceVariables } from "../../config/settings/otel-variables.ts";
import type { Shared } from "../shared.ts";
import { VERSION } from "../version.ts";

/** How long a stop waits for the last spans. */
const FLUSH_MS_MAX = 2_000;

/** What is recorded of what starts here, unless a setting says otherwise. */
const RATIO_INITIAL = 0.01;

/** Records traces, if OpenTelemetry's variables say where they go. Nothing of it is loaded otherwise. */
export async function startTraces({ settings, identity, observation, lifecycle }: Shared): Promise<void> {
  const { log, tracing, spanCounts } = observation;
  const read = readTraceVariables(process.env);
  if (read.kind === "wrong") log.warn({ problem: read.problem }, "traces are off: a variable is wrong");
  if (read.kind !== "on") return;
  const { to, ratio = RATIO_INITIAL, ...bounds } = read.settings;
  const { SpanExport } = await import("../../edge/trace/span-export.ts");
  const spans = new SpanExport({
    ...bounds,
    ...spanCounts,
    version: VERSION,
    router: `${hostname()}:${process.pid}`,
  });
  lifecycle.onStop("traces", () => spans.stop(FLUSH_MS_MAX));
  const share = settings.traceRatio ?? ratio;
  tracing.writeTo({
    write: (span) => spans.write(span),
    ratio: share,
    identity,
    system: settings.broker === "embedded" ? "busbar" : "rabbitmq",
  });
  log.info({ to, ratio: share }, "traces are recorded");
}
