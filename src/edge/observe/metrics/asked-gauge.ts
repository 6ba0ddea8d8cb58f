import type { Registry } from "prom-client";
import { Gauge } from "prom-client";

export interface AskedGaugeOptions {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Asked at each scrape: the values, by that of the label. */
  readonly ask: () => ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>;
}

/** A gauge whose values are asked for at each scrape; it exposes no others. */
export function askedGauge(registry: Registry, { name, help, label, ask }: AskedGaugeOptions): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect: async () => {
      const values = await ask();
      gauge.reset();
      for (const [of, value] of values) gauge.set({ [label]: of }, value);
    },
  });
}
