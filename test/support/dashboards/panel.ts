/** Grafana's units that the dashboards use. */
export type Unit = "ops" | "s" | "short" | "percentunit" | "bytes" | "Bps" | "bool_yes_no" | "none";

/** From this value on, the panel has this colour. The first colour, green, needs no value. */
export type Threshold = readonly [value: number, color: "green" | "yellow" | "orange" | "red"];

/** An expression, and the name of the series it gives, with labels in double braces. */
export type Query = readonly [expression: string, legend: string];

/** One panel: a row of a dashboard's table. */
export interface Panel {
  readonly title: string;
  /** One sentence that says how to read it. */
  readonly help: string;
  readonly unit: Unit;
  /** A line over time unless said otherwise. */
  readonly kind?: "timeseries" | "stat" | "bargauge" | "heatmap";
  /** Of 24; a third by default, and a sixth for a stat. */
  readonly width?: number;
  readonly queries: readonly Query[];
  /** A value that is better the greater it is begins red. */
  readonly thresholds?: { readonly from?: "green" | "red"; readonly steps: readonly Threshold[] };
  /** Whether series are stacked. */
  readonly stacked?: boolean;
  /** Whether points lead to traces, where Prometheus stores exemplars. */
  readonly exemplars?: boolean;
}

/** Panels under a heading. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Fixed: links to the dashboard have it. It is the name of the file, too. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Whether a destination can be chosen. */
  readonly hasDestination: boolean;
  /** How far back it begins. */
  readonly from: string;
  readonly sections: readonly Section[];
}

/** A metric of the chosen installation. */
export function of(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['job=~"$job"', 'namespace=~"$namespace"', ...matchers].join(", ")}}`;
}

/** How much a counter grows a second, summed by some labels. */
export function rate(by: string, metric: string, ...matchers: readonly string[]): string {
  return `sum by (${by}) (rate(${of(metric, ...matchers)}[$__rate_interval]))`;
}

/** Queries for quantiles of a histogram, each named after its own. */
export function quantiles(shares: readonly number[], metric: string, ...matchers: readonly string[]): Query[] {
  return shares.map((share) => [
    `histogram_quantile(${share}, ${rate("le", `${metric}_bucket`, ...matchers)})`,
    `p${share * 100}`,
  ]);
}
