import type { Metric, MetricObject } from "prom-client";
import { Registry } from "prom-client";

/** A page of metrics, as the answer to a scrape. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** A registry renders in one format only, whatever it holds: these two render the metrics of another. */
const TEXT = new Registry(Registry.PROMETHEUS_CONTENT_TYPE);
const OPEN_METRICS = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);

/** Prometheus's text format, which every scraper understands. It has no exemplars. */
export async function textExposition(registry: Registry): Promise<Exposition> {
  const metrics = readable(registry).map((metric) => rendered(TEXT, metric));
  return { contentType: TEXT.contentType, body: `${(await Promise.all(metrics)).join("\n\n")}\n` };
}

/**
 * OpenMetrics, with exemplars. prom-client's own page in this format takes `_total` off the names of counters for good,
 * so that they would be missing from the next page in the text format.
 */
export async function openMetricsExposition(registry: Registry): Promise<Exposition> {
  const metrics = readable(registry).map(async (metric) => rendered(OPEN_METRICS, await renamed(metric)));
  return { contentType: OPEN_METRICS.contentType, body: `${(await Promise.all(metrics)).join("\n")}\n# EOF\n` };
}

/** How prom-client reads a metric to render it. A histogram has a method of its own for that. */
interface Readable {
  get(): Promise<MetricObject>;
  getForPromString?(): Promise<MetricObject>;
}

function readable(registry: Registry): readonly Readable[] {
  return registry.getMetricsAsArray() as unknown as readonly Readable[];
}

function rendered(renderer: Registry, metric: Readable): Promise<string> {
  return renderer.getMetricsAsString(metric as Metric);
}

/** In OpenMetrics a counter is called without the `_total` that its series end in. */
async function renamed(metric: Readable): Promise<Readable> {
  const values = await (metric.getForPromString?.() ?? metric.get());
  const name = values.type === "counter" ? values.name.replace(/_total$/, "") : values.name;
  return { get: () => Promise.resolve({ ...values, name }) };
}

/**
 * Whether an `Accept` header wants OpenMetrics more than the text format. Prometheus asks for it; others' parsers, which
 * do not know it, do not.
 */
export function wantsOpenMetrics(accept = ""): boolean {
  return weightOf("application/openmetrics-text", accept) > weightOf("text/plain", accept);
}

/** The greatest weight of a media type, whatever its other parameters; 0 where it is not named. */
function weightOf(type: string, accept: string): number {
  const weights = accept
    .toLowerCase()
    .split(",")
    .map((range) => range.split(";").map((part) => part.trim()))
    .filter(([named]) => named === type)
    .map(([, ...parameters]) => Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1));
  return Math.max(0, ...weights.filter((weight) => !Number.isNaN(weight)));
}
