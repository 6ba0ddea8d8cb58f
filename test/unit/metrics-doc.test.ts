import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse as parseYaml } from "yaml";
import { observe, scrape } from "../support/observe.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../support/sample.ts";

interface Described {
  readonly type: string;
  readonly labels: readonly string[];
}

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** The rows of the page's tables: name, type, labels. */
function documented(): Map<string, Described> {
  const rows = [...read("docs/metrics.md").matchAll(/^\| `(busbar_\w+)` \| (\w+) \| (.*?) ?\| \S/gm)];
  return new Map(rows.map(([, name = "", type = "", labels = ""]) => [name, { type, labels: names(labels).sort() }]));
}

function names(labels: string): string[] {
  return [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label);
}

/** What a router with one of everything tells, before anything has happened to it. */
async function told(): Promise<Map<string, Described>> {
  const { observation } = observe();
  const target = sampleTarget("stock", { kind: "function", name: "stock" });
  observation.follow(
    sampleConfig({
      functions: [sampleFunction("stock")],
      queues: ["orders"],
      rules: [sampleRule("orders", { source: ["shop"] }, [target])],
    }),
  );
  observation.watchQueues(() => Promise.resolve({ ready: 0, consumers: 0 }));
  const { samples, types } = await scrape(observation);
  const ours = [...types].filter(([name]) => !/^(process|nodejs)_/.test(name));
  return new Map(
    ours.map(([name, type]) => {
      const sample = samples.find((one) => one.name === (type === "histogram" ? `${name}_count` : name));
      assert.ok(sample, `${name} has no series from the start`);
      return [name, { type, labels: Object.keys(sample.labels).sort() }];
    }),
  );
}

/** The metrics that an expression uses; a histogram by any of its three series. */
function used(expression: string, described: ReadonlyMap<string, Described>): string[] {
  return [...expression.matchAll(/busbar_\w+/g)].map(([name]) => {
    const histogram = name.replace(/_(bucket|sum|count)$/, "");
    return described.get(histogram)?.type === "histogram" ? histogram : name;
  });
}

function expressions(): string[] {
  const { groups } = parseYaml(read("k8s/prometheus/alerts.yaml")) as { groups: { rules: { expr: string }[] }[] };
  return groups.flatMap((group) => group.rules.map((rule) => rule.expr));
}

describe("docs/metrics.md", () => {
  it("docs/metrics.md lists exactly the metrics that a router exposes, with their types and labels", async () => {
    const page = [...documented()].sort();
    assert.ok(page.length > 20);
    assert.deepEqual(page, [...(await told())].sort());
  });

  it("docs/metrics.md uses only existing metrics in its queries", async () => {
    const metrics = await told();
    const queries = [...read("docs/metrics.md").matchAll(/^```promql\n([^]*?)^```$/gm)].map(([, query = ""]) => query);
    assert.ok(queries.length > 0);
    for (const query of queries)
      for (const name of used(query, metrics)) assert.ok(metrics.has(name), `${name} in ${query}`);
  });
});

describe("k8s/prometheus/alerts.yaml", () => {
  it("k8s/prometheus/alerts.yaml uses only existing metrics, and only labels that they have", async () => {
    const metrics = await told();
    assert.ok(expressions().length > 0);
    for (const expression of expressions()) {
      const metricNames = used(expression, metrics);
      for (const name of metricNames) assert.ok(metrics.has(name), `${name} in ${expression}`);
      const labels = new Set(["le", "job", ...metricNames.flatMap((name) => metrics.get(name)?.labels ?? [])]);
      for (const label of labelsOf(expression)) assert.ok(labels.has(label), `${label} in ${expression}`);
    }
  });
});

/** The labels that an expression selects or groups by. */
function labelsOf(expression: string): string[] {
  const selected = [...expression.matchAll(/(\w+)=~?"/g)].map(([, label = ""]) => label);
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, ?/));
  return [...selected, ...grouped];
}
