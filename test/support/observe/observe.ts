import type { Delivery } from "../../../src/domain/delivery/delivery.ts";
import type { AttemptFacts, EntryFacts } from "../../../src/domain/facts.ts";
import type { Observation, ObservationOptions } from "../../../src/edge/observe/observation.ts";
import { createObservation } from "../../../src/edge/observe/observation.ts";
import { sampleDelivery } from "../sample.ts";

/** An observation with its log lines kept, parsed, and a clock that is set by hand. */
export function observe(options: Partial<ObservationOptions> = {}): {
  readonly observation: Observation;
  readonly lines: readonly Record<string, unknown>[];
  readonly text: () => string;
  readonly clock: { nowMs: number };
} {
  const written: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const clock = { nowMs: 0 };
  const write = (line: string): void => {
    written.push(line);
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  const observation = createObservation({
    logLevel: "debug",
    ruleMetrics: true,
    destination: { write },
    nowMs: () => clock.nowMs,
    epochMs: () => clock.nowMs,
    ...options,
  });
  return { observation, lines, text: () => written.join(""), clock };
}

/** One sample of an exposition text. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the exposition text: the samples, and the type of each metric. */
export async function scrape(
  observation: Observation,
): Promise<{ readonly samples: readonly Sample[]; readonly types: ReadonlyMap<string, string> }> {
  const { body } = await observation.metrics();
  const types = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type] as const);
  const samples = [...body.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = "", labels = "", value]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key = "", text = ""]) => [key, text]),
    ),
    value: Number(value),
  }));
  return { samples, types: new Map(types) };
}

/** The value of the one series with exactly these labels; undefined when there is none. */
export async function valueOf(
  observation: Observation,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const { samples } = await scrape(observation);
  const key = JSON.stringify(Object.entries(labels).sort());
  return samples.find((sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === key)
    ?.value;
}

/** A delivery of the configuration that these tests follow. */
export function stockDelivery(changes: Partial<Delivery> = {}): Delivery {
  return sampleDelivery({
    destination: { kind: "function", name: "stock" },
    origin: { bus: "default", rule: "orders", target: "stock" },
    ...changes,
  });
}

export function sampleAttempt(changes: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    delivery: stockDelivery(),
    outcome: { ok: true, statusCode: 200 },
    verdict: { kind: "done" },
    invoked: true,
    startedAtMs: 1_000,
    decidedAtMs: 1_200,
    waitSeconds: 0.02,
    invocationSeconds: 0.2,
    deadLetters: [],
    records: [],
    routed: [],
    ...changes,
  };
}

export function sampleEntry(changes: Partial<EntryFacts> = {}): EntryFacts {
  return { bus: "default", outcome: "accepted", matched: [], published: [], deadLetters: [], ...changes };
}
