import type { Counter, Gauge, Histogram, LabelValues as Labels } from "prom-client";

export function counterFollower<T extends string>(counter: Counter<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({ start: (labels) => counter.inc(labels, 0), remove: (labels) => counter.remove(labels) });
}

/** A counter with exemplars takes its labels in another form. */
export function exemplarCounterFollower<T extends string>(counter: Counter<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({
    start: (labels) => counter.inc({ labels, value: 0 }),
    remove: (labels) => counter.remove(labels),
  });
}

export function gaugeFollower<T extends string>(gauge: Gauge<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({ start: (labels) => gauge.set(labels, 0), remove: (labels) => gauge.remove(labels) });
}

export function histogramFollower<T extends string>(histogram: Histogram<T>): (wanted: readonly Labels<T>[]) => void {
  return follower({ start: (labels) => histogram.zero(labels), remove: (labels) => histogram.remove(labels) });
}

function follower<L>(metric: { start(labels: L): void; remove(labels: L): void }): (wanted: readonly L[]) => void {
  let present = new Map<string, L>();
  return (wanted) => {
    const next = new Map(wanted.map((labels) => [JSON.stringify(labels), labels]));
    for (const [key, labels] of present) if (!next.has(key)) metric.remove(labels);
    for (const [key, labels] of next) if (!present.has(key)) metric.start(labels);
    present = next;
  };
}
