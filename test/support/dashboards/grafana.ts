import type { Dashboard, Panel, Section } from "./panel.ts";

/** The data source that is chosen at the top of a dashboard. */
const SOURCE = { type: "prometheus", uid: "${datasource}" };

/** Grafana's grid is 24 wide. */
const GRID_WIDTH = 24;
const HEIGHT = { timeseries: 8, heatmap: 8, bargauge: 8, stat: 4 };
const WIDTH = { timeseries: 8, heatmap: 8, bargauge: 8, stat: 4 };

/** What takes the place of "All": it fits a series without the label, too. */
const ANYTHING = ".*";

/** The dashboard in Grafana's model, which needs no plugin. */
export function grafanaDashboard({ uid, title, description, hasDestination, from, sections }: Dashboard): object {
  return {
    uid,
    title,
    description,
    tags: ["busbar"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    timezone: "browser",
    time: { from, to: "now" },
    links: [{ title: "Busbar", type: "dashboards", tags: ["busbar"], includeVars: true, keepTime: true }],
    annotations: { list: [CONFIGURATION_CHANGES] },
    templating: { list: [...VARIABLES, ...(hasDestination ? DESTINATION_VARIABLES : [])] },
    panels: panelsOf(sections),
  };
}

const CONFIGURATION_CHANGES = {
  name: "Configuration taken over",
  datasource: SOURCE,
  enable: true,
  iconColor: "blue",
  expr: 'changes(busbar_config_last_reload_timestamp_seconds{job=~"$job", namespace=~"$namespace"}[1m]) > 0',
  titleFormat: "Configuration taken over by {{instance}}",
};

const SCOPE = '{job=~"$job", namespace=~"$namespace"}';

const VARIABLES = [
  { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
  choice("job", "Job", "label_values(busbar_broker_connected, job)"),
  choice("namespace", "Namespace", 'label_values(busbar_broker_connected{job=~"$job"}, namespace)'),
];

/** Functions and API destinations are those of the chosen destinations; they are not shown. */
const DESTINATION_VARIABLES = [
  choice("destination", "Destination", `label_values(busbar_circuit_open${SCOPE}, destination)`),
  partOfDestination("function"),
  partOfDestination("api_destination"),
];

function choice(name: string, label: string, query: string) {
  return {
    name,
    label,
    type: "query",
    datasource: SOURCE,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ANYTHING,
    current: { text: ["All"], value: ["$__all"] },
  };
}

function partOfDestination(name: "function" | "api_destination") {
  const query =
    'label_values(busbar_circuit_open{job=~"$job", namespace=~"$namespace", destination=~"$destination"}, destination)';
  const { allValue: _, ...all } = choice(name, name, query);
  return { ...all, hide: 2, regex: `/^${name.replace("_", "-")}\\/(.*)$/` };
}

/** Places sections under each other, and the panels of each from left to right. */
function panelsOf(sections: readonly Section[]): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of sections) {
    placed.push({
      id: placed.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: GRID_WIDTH, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let rowHeight = 0;
    for (const panel of panels) {
      const kind = panel.kind ?? "timeseries";
      const w = panel.width ?? WIDTH[kind];
      if (x + w > GRID_WIDTH) [x, y, rowHeight] = [0, y + rowHeight, 0];
      placed.push(panelOf(panel, placed.length + 1, { x, y, w, h: HEIGHT[kind] }));
      x += w;
      rowHeight = Math.max(rowHeight, HEIGHT[kind]);
    }
    y += rowHeight;
  }
  return placed;
}

function panelOf(panel: Panel, id: number, gridPos: object): object {
  const { title, help, unit, kind = "timeseries", queries, thresholds, stacked = false, exemplars = false } = panel;
  const { from = "green", steps = [] } = thresholds ?? {};
  return {
    id,
    type: kind,
    title,
    description: help,
    datasource: SOURCE,
    gridPos,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: "ABCDEFGH".charAt(index),
      datasource: SOURCE,
      expr,
      legendFormat,
      ...(exemplars ? { exemplar: true } : {}),
      ...(kind === "heatmap" ? { format: "heatmap" } : {}),
      ...(kind === "bargauge" ? { instant: true } : {}),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: unit === "percentunit" && from === "red" ? null : 0,
        thresholds: {
          mode: "absolute",
          steps: [{ value: null, color: from }, ...steps.map(([value, color]) => ({ value, color }))],
        },
        ...(kind === "timeseries" ? { custom: lines(stacked, steps.length > 0) } : { color: { mode: "thresholds" } }),
      },
      overrides: [],
    },
    options: OPTIONS[kind],
  };
}

function lines(stacked: boolean, hasThreshold: boolean): object {
  return {
    drawStyle: "line",
    lineWidth: 1,
    fillOpacity: stacked ? 20 : 0,
    showPoints: "never",
    stacking: { mode: stacked ? "normal" : "none", group: "A" },
    thresholdsStyle: { mode: hasThreshold ? "dashed" : "off" },
  };
}

const LAST = { calcs: ["lastNotNull"], fields: "", values: false };

const OPTIONS = {
  timeseries: {
    legend: { displayMode: "list", placement: "bottom", showLegend: true },
    tooltip: { mode: "multi", sort: "desc" },
  },
  stat: { reduceOptions: LAST, colorMode: "value", graphMode: "area", textMode: "value" },
  bargauge: { reduceOptions: LAST, displayMode: "basic", orientation: "horizontal" },
  heatmap: { calculate: false, yAxis: { unit: "s" }, color: { mode: "scheme", scheme: "Oranges", steps: 64 } },
};
