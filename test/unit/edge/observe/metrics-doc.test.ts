import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse as parseYaml } from "yaml";
import type { DescribedMetric, RuleFile } from "../../../support/observe/metric-names.ts";
import { exposedMetrics, recordedLabels, wrongNames } from "../../../support/observe/metric-names.ts";

function read(path: string): string {
  return readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
}

/** The rows of the page's tables: name, type, labels. */
function documented(): Map<string, DescribedMetric> {
  const rows = [...read("docs/metrics.md").matchAll(/^\| `(busbar_\w+)` \| (\w+) \| (.*?) ?\| \S/gm)];
  return new Map(rows.map(([, name = "", type = "", labels = ""]) => [name, { type, labels: names(labels).sort() }]));
}

function names(labels: string): string[] {
  return [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label);
}

const RULES = parseYaml(read("k8s/prometheus/alerts.yaml")) as RuleFile;
const EACH_RULE = RULES.groups.flatMap(({ rules }) => rules);
const ALERTS = EACH_RULE.filter(({ alert }) => alert !== undefined);

describe("docs/metrics.md", () => {
  it("docs/metrics.md lists exactly the metrics that a router exposes, with their types and labels", async () => {
    const page = [...documented()].sort();
    assert.ok(page.length > 20);
    const ours = [...(await exposedMetrics())].filter(([name]) => !/^(process|nodejs)_/.test(name));
    assert.deepEqual(page, ours.sort());
  });

  it("docs/metrics.md uses only existing metrics in its queries", async () => {
    const metrics = await exposedMetrics();
    const queries = [...read("docs/metrics.md").matchAll(/^```promql\n([^]*?)^```$/gm)].map(([, query = ""]) => query);
    assert.ok(queries.length > 0);
    for (const query of queries) assert.deepEqual(wrongNames(query, metrics, recordedLabels(RULES)), [], query);
  });

  it("docs/metrics.md names the series that are recorded for the service levels", () => {
    const named = [...read("docs/metrics.md").matchAll(/`(busbar:\w+:ratio_rate)`/g)].map(([, name = ""]) => name);
    assert.equal(named.length, 3);
    const windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"];
    const wanted = named.flatMap((name) => windows.map((window) => name + window));
    const recorded = EACH_RULE.flatMap(({ record }) => (record?.includes(":ratio_rate") ? record : []));
    assert.deepEqual(recorded.sort(), wanted.sort());
  });
});

describe("k8s/prometheus/alerts.yaml", () => {
  it("k8s/prometheus/alerts.yaml uses only existing metrics, and only labels that they have", async () => {
    const metrics = await exposedMetrics();
    const ofPrometheus = new Map([...recordedLabels(RULES), ["up", []]]);
    assert.ok(EACH_RULE.length > 20);
    for (const { expr } of EACH_RULE) assert.deepEqual(wrongNames(expr, metrics, ofPrometheus), [], expr);
  });

  it("k8s/prometheus/alerts.yaml has a summary for each alert, and leads to what docs/alerts.md says of it", () => {
    const sections = [...read("docs/alerts.md").matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name);
    assert.deepEqual(sections.sort(), [...new Set(ALERTS.map(({ alert = "" }) => alert))].sort());
    for (const { alert = "", annotations } of ALERTS) {
      assert.equal(annotations?.runbook, `docs/alerts.md#${alert.toLowerCase()}`);
      assert.ok(annotations.summary, alert);
    }
  });
});

describe("the check of names in expressions", () => {
  it("The check of names finds metrics, recorded series and labels that there are not", async () => {
    const metrics = await exposedMetrics();
    const recorded = recordedLabels(RULES);
    const wrong = {
      "sum(rate(busbar_puts_total[5m]))": ["busbar_puts_total"],
      "busbar:put_errors:ratio_rate7m": ["busbar:put_errors:ratio_rate7m"],
      'busbar:deliveries_failed:rate5m{destination="x", bus="y"}': ["bus"],
      "sum by (destination) (busbar_broker_connected)": ["destination"],
      'busbar_circuit_open{destinations!~"x"}': ["destinations"],
      "rate(busbar_broker_reconnects_total_bucket[5m])": ["busbar_broker_reconnects_total_bucket"],
    };
    for (const [expression, names] of Object.entries(wrong))
      assert.deepEqual(wrongNames(expression, metrics, recorded), names, expression);
  });
});
