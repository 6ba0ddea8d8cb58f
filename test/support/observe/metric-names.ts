import assert from "node:assert/strict";
import type { Job } from "../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../src/domain/job/job.ts";
import { observe, scrape } from "./observe.ts";
import { sampleConfig, sampleFunction, sampleMapping, sampleRule, sampleSchedule, sampleTarget } from "../sample.ts";

/** A metric by its type and its labels, in alphabetical order. */
export interface DescribedMetric {
  readonly type: string;
  readonly labels: readonly string[];
}

export type DescribedMetrics = ReadonlyMap<string, DescribedMetric>;

/** Every metric of a router with one of everything, before anything has happened to it; prom-client's own included. */
export async function exposedMetrics(): Promise<DescribedMetrics> {
  const { observation } = observe();
  const target = sampleTarget("stock", { kind: "function", name: "stock" });
  const batched = { ...target, id: "batched", batch: { size: 10, windowSeconds: 0 } };
  const auth = { tokenUrl: "https://crm.test/token", clientId: "a", clientSecret: "b", parameters: {} };
  const crm = {
    name: "crm",
    url: "https://crm.test/",
    method: "POST",
    auth: { kind: "oauth", ...auth, method: "POST", clientAuthentication: "basic", headers: {}, query: {} },
    invocationRateLimitPerSecond: 300,
    concurrency: 10,
  } as const;
  const config = {
    ...sampleConfig({
      functions: [
        sampleFunction("stock", { orderBy: { path: "$.detail.id", whenFailed: "block" } }),
        sampleFunction("local", { run: { kind: "process", command: ["local"] } }),
        sampleFunction("versioned", { versions: new Map([["1", sampleFunction("versioned", { version: "1" })]]) }),
      ],
      queues: ["orders"],
      mappings: [sampleMapping("orders", "orders", "stock")],
      archives: [{ name: "orders", bus: "default", retention: {} }],
      schedules: [sampleSchedule("nightly", "rate(1 day)", { to: { kind: "function", name: "stock" } })],
      rules: [sampleRule("orders", { source: ["shop"] }, [target, batched])],
    }),
    apiDestinations: new Map([["crm", crm]]),
  };
  observation.follow(config);
  const order = { kind: "replay", name: "past", archive: "orders", bus: "default", fromMs: 0, toMs: 0 } as const;
  const catchUp = { order: { ...order, rules: ["orders"], catchesUp: true }, state: "running", progress: NO_PROGRESS };
  observation.permits.watch(() => [{ functionName: "stock", limit: 1, lent: 0, used: 0 }]);
  observation.watchJobs(() => [catchUp as unknown as Job]);
  observation.watchQueues(() => Promise.resolve({ ready: 0, consumers: 0 }));
  const { samples, types } = await scrape(observation);
  return new Map(
    [...types].map(([name, type]) => {
      const sample = samples.find((one) => one.name === (type === "histogram" ? `${name}_count` : name));
      assert.ok(sample !== undefined || !name.startsWith("busbar_"), `${name} has no series from the start`);
      return [name, { type, labels: Object.keys(sample?.labels ?? {}).sort() }];
    }),
  );
}

/** Labels that Prometheus or its scrape configuration adds. */
const TARGET_LABELS = ["job", "namespace", "instance", "pod", "le"];

/**
 * What is wrong about the names in an expression: metrics and recorded series that there are not, and labels that none of
 * those it names has.
 *
 * @param recorded the labels of each recorded series.
 */
export function wrongNames(
  expression: string,
  metrics: DescribedMetrics,
  recorded: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  // Texts in quotes are values; a recorded name has colons.
  const code = expression.replaceAll(/"[^"]*"/g, '""');
  const names = [...code.matchAll(/\b(?:busbar[_:]|process_|nodejs_)[\w:]+/g)].map(([name]) => name);
  const labelsOf = (name: string): readonly string[] | undefined => {
    const histogram = name.replace(/_(bucket|sum|count)$/, "");
    if (metrics.get(histogram)?.type === "histogram") return metrics.get(histogram)?.labels;
    return recorded.get(name) ?? metrics.get(name)?.labels;
  };
  const labels = new Set([...TARGET_LABELS, ...names.flatMap((name) => labelsOf(name) ?? [])]);
  return [
    ...names.filter((name) => labelsOf(name) === undefined),
    ...labelsIn(code).filter((label) => !labels.has(label)),
  ];
}

/** The labels that an expression selects or groups by. */
function labelsIn(code: string): readonly string[] {
  const selected = [...code.matchAll(/(\w+)(?:=|!=|=~|!~)""/g)].map(([, label = ""]) => label);
  const grouped = [...code.matchAll(/(?:by|on|without|ignoring) \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(/, ?/),
  );
  return [...selected, ...grouped];
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}

/** As much of a file of rules as the tests read. */
export interface RuleFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

/** The labels of each recorded series: those that its expression groups by, itself or through another record. */
export function recordedLabels({ groups }: RuleFile): ReadonlyMap<string, readonly string[]> {
  const recorded = new Map<string, readonly string[]>();
  for (const { record, expr } of groups.flatMap(({ rules }) => rules)) {
    if (record === undefined) continue;
    const sources = [...expr.matchAll(/busbar:[\w:]+/g)].flatMap(([name]) => recorded.get(name) ?? []);
    recorded.set(record, [...new Set([...sources, ...labelsIn(expr.replaceAll(/"[^"]*"/g, ""))])]);
  }
  return recorded;
}
