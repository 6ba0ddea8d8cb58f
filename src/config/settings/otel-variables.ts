import { redact } from "../../text/redact.ts";
import { HTTP_URL, urlProblem } from "../../text/url-problem.ts";

/** How spans are sent. Times are milliseconds. */
export interface TraceExportSettings {
  /** Scheme, host and port, for people. The exporter reads the rest by itself. */
  readonly to: string;
  /** The share of what starts here that is recorded; undefined where no variable says. */
  readonly ratio?: number;
  readonly queueMax: number;
  readonly batchMax: number;
  readonly delayMs: number;
}

export type TraceVariables =
  | { readonly kind: "off" }
  | { readonly kind: "wrong"; readonly problem: string }
  | { readonly kind: "on"; readonly settings: TraceExportSettings };

/** The samplers that OpenTelemetry names, as shares. Whom to believe about traces that began elsewhere, policies say. */
const SAMPLERS: Readonly<Record<string, (share: number) => number>> = {
  always_on: () => 1,
  always_off: () => 0,
  traceidratio: (share) => share,
  parentbased_always_on: () => 1,
  parentbased_always_off: () => 0,
  parentbased_traceidratio: (share) => share,
};

const QUEUE_INITIAL = 8_192;
const QUEUE_MAX = 65_536;

/**
 * Reads OpenTelemetry's own variables, as far as they are not the exporter's. Without an endpoint traces are off. What
 * is wrong with them must not keep a router from starting: many platforms set them for every container.
 */
export function readTraceVariables(env: NodeJS.ProcessEnv): TraceVariables {
  const text = (name: string): string => env[name]?.trim() ?? "";
  const endpoint = text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || text("OTEL_EXPORTER_OTLP_ENDPOINT");
  const exporters = text("OTEL_TRACES_EXPORTER");
  const isDisabled = text("OTEL_SDK_DISABLED").toLowerCase() === "true" || exporters === "none";
  if (endpoint === "" || isDisabled) return { kind: "off" };
  const problem = urlProblem(endpoint, HTTP_URL);
  if (problem !== undefined) return wrong(`OTEL_EXPORTER_OTLP_ENDPOINT ${problem}`);
  if (exporters !== "" && exporters !== "otlp") return wrong(`OTEL_TRACES_EXPORTER must be otlp or none`);
  const protocol = text("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") || text("OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol !== "" && !protocol.startsWith("http/"))
    return wrong(
      `OTEL_EXPORTER_OTLP_PROTOCOL must be http/json, got ${redact(protocol)}: name a collector's HTTP port, 4318`,
    );
  const share = Number(text("OTEL_TRACES_SAMPLER_ARG") || "1");
  const sampler = SAMPLERS[text("OTEL_TRACES_SAMPLER")];
  if (sampler !== undefined && !(share >= 0 && share <= 1)) return wrong("OTEL_TRACES_SAMPLER_ARG must be 0..1");
  return {
    kind: "on",
    settings: {
      to: new URL(endpoint).origin,
      ...(sampler === undefined ? {} : { ratio: sampler(share) }),
      queueMax: numberOf(text("OTEL_BSP_MAX_QUEUE_SIZE"), QUEUE_INITIAL, QUEUE_MAX),
      batchMax: numberOf(text("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 512, QUEUE_MAX),
      delayMs: numberOf(text("OTEL_BSP_SCHEDULE_DELAY"), 5_000, 60_000),
    },
  };
}

function wrong(problem: string): TraceVariables {
  return { kind: "wrong", problem };
}

/** A number of 1 or more; `initial` for anything else, as OpenTelemetry wants it. */
function numberOf(text: string, initial: number, max: number): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Math.min(Number(text), max) : initial;
}
