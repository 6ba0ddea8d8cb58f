import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse as parseYaml } from "yaml";
import { DASHBOARDS, DASHBOARDS_FOLDER, dashboardFiles } from "../../../support/dashboards/dashboards.ts";
import type { RuleFile } from "../../../support/observe/metric-names.ts";
import { exposedMetrics, recordedLabels, wrongNames } from "../../../support/observe/metric-names.ts";

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

interface Variable {
  readonly name: string;
  readonly query: string | { readonly query: string };
}

/** As much of Grafana's model as the tests read. */
interface Model {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

/** Panels of Grafana itself; all others are plugins. */
const BUILT_IN = ["row", "timeseries", "stat", "bargauge", "heatmap"];

/** What Grafana itself puts in for a variable. */
const GRAFANA_VARIABLES = ["__rate_interval", "__range"];

const RULES = parseYaml(readFileSync("k8s/prometheus/alerts.yaml", "utf8")) as RuleFile;
const models = readdirSync(DASHBOARDS_FOLDER).map(
  (name) => JSON.parse(readFileSync(join(DASHBOARDS_FOLDER, name), "utf8")) as Model,
);
const eachPanel = models.flatMap(({ title, panels }) =>
  panels.filter(({ type }) => type !== "row").map((panel) => ({ ...panel, name: `${title}: ${panel.title}` })),
);

describe("the dashboards", () => {
  it("The dashboards in k8s/ are those that the tables make (`npm run dashboards` writes them)", () => {
    assert.equal(DASHBOARDS.length, 5);
    const written = readdirSync(DASHBOARDS_FOLDER).map((name) => [
      name,
      readFileSync(join(DASHBOARDS_FOLDER, name), "utf8"),
    ]);
    assert.deepEqual(new Map(written as [string, string][]), dashboardFiles());
  });

  it("The dashboards name only metrics and recorded series that there are, with labels that they have", async () => {
    const metrics = await exposedMetrics();
    const recorded = recordedLabels(RULES);
    let named = 0;
    for (const { name, targets = [] } of eachPanel) {
      assert.ok(targets.length > 0, name);
      for (const { expr, legendFormat } of targets) {
        const shown = [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label = ""]) => label);
        assert.deepEqual(wrongNames(`${expr} by (${shown.join(", ")})`, metrics, recorded).filter(Boolean), [], name);
        named += 1;
      }
    }
    assert.ok(named > 60);
    for (const { annotations, templating } of models) {
      for (const { expr } of annotations.list) assert.deepEqual(wrongNames(expr, metrics, recorded), []);
      for (const { query } of templating.list) {
        const [, series = "", label = ""] =
          /^label_values\((.*), (\w+)\)$/.exec(typeof query === "string" ? "" : query.query) ?? [];
        if (typeof query === "object") assert.ok(series !== "" && label !== "", query.query);
        if (series !== "") assert.deepEqual(wrongNames(`${series} by (${label})`, metrics, recorded), []);
      }
    }
  });

  it("The dashboards show every metric of ours", async () => {
    const text = JSON.stringify(models);
    const metrics = [...(await exposedMetrics()).keys()].filter((name) => name.startsWith("busbar_"));
    assert.ok(metrics.length > 40);
    assert.deepEqual(
      metrics.filter((name) => !text.includes(name)),
      [],
    );
  });

  it("The dashboards have a sentence of help, a unit and a name of its own for each panel", () => {
    for (const { name, description, fieldConfig } of eachPanel) {
      assert.match(description ?? "", /^[A-Z0-9][^.]*(\.[^. ][^.]*)*\.$/, name);
      assert.ok(fieldConfig?.defaults.unit, name);
    }
    assert.equal(new Set(eachPanel.map(({ name }) => name)).size, eachPanel.length);
  });

  it("The dashboards need no plugin", () => {
    for (const { panels } of models) for (const { type, title } of panels) assert.ok(BUILT_IN.includes(type), title);
  });

  it("The dashboards use only variables that they have", () => {
    for (const model of models) {
      const known = [...GRAFANA_VARIABLES, ...model.templating.list.map(({ name }) => name)];
      const used = JSON.stringify(model).matchAll(/\$(?:{(\w+)}|(\w+))/g);
      const names = [...used].map(([, braced, plain]) => braced ?? plain ?? "");
      assert.deepEqual(
        names.filter((name) => !known.includes(name) && name !== "__all"),
        [],
        model.title,
      );
      for (const { name } of model.templating.list) assert.ok(names.includes(name), `${model.title}: ${name}`);
    }
  });

  it("The dashboards have no panels that overlap or are wider than the page", () => {
    for (const { title, panels } of models) {
      for (const [index, { gridPos: one }] of panels.entries()) {
        assert.ok(one.x + one.w <= 24, title);
        for (const { gridPos: other } of panels.slice(index + 1)) {
          const apart =
            one.x + one.w <= other.x ||
            other.x + other.w <= one.x ||
            one.y + one.h <= other.y ||
            other.y + other.h <= one.y;
          assert.ok(apart, `${title}: ${JSON.stringify([one, other])}`);
        }
      }
    }
  });

  it("Each dashboard fits into a ConfigMap that kubectl can apply", () => {
    for (const [name, text] of dashboardFiles()) {
      // kubectl keeps what it applied in an annotation, of 256 KiB at most.
      assert.ok(JSON.stringify({ [name]: text }).length < 250_000, name);
    }
  });
});
