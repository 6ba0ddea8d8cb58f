import { useLocation } from "preact-iso";
import type { Graph, GraphNode } from "../../logic/rules/graph-layout.ts";
import { GRAPH_WIDTH, NODE_HEIGHT, NODE_WIDTH } from "../../logic/rules/graph-layout.ts";
import { graphPath } from "../../logic/rules/rule-graph.ts";
import { pathTo } from "../../shell/paths.ts";

const LABEL_CHARACTERS = 30;
const KINDS = { bus: "bus", rule: "rule", destination: "destination" } as const;
const SIGNS = { failing: "✕ ", idle: "– ", busy: "" } as const;
const MEANINGS = { failing: "something failed in the last hour", idle: "nothing for a day", busy: "busy" } as const;

/** The graph, drawn. Each node is a link to the graph of itself and its neighbours; the table says the same in words. */
export function GraphView({ graph }: { graph: Graph }) {
  return (
    <div class="graph" role="group" aria-label="Graph of rules" tabIndex={0}>
      <svg viewBox={`-4 0 ${GRAPH_WIDTH + 8} ${graph.height}`} width={GRAPH_WIDTH + 8} height={graph.height}>
        <g aria-hidden="true">
          {graph.edges.map(({ key, path, width, state }) => (
            <path key={key} class={`edge ${state}`} d={path} stroke-width={width} />
          ))}
        </g>
        {graph.nodes.map((node) => (
          <NodeLink key={`${node.focus.kind} ${"bus" in node.focus ? node.focus.bus : ""} ${node.label}`} node={node} />
        ))}
      </svg>
    </div>
  );
}

function NodeLink({ node: { focus, label, x, y, state } }: { node: GraphNode }) {
  const { route } = useLocation();
  const path = pathTo(graphPath(focus));
  const shown = label.length > LABEL_CHARACTERS ? `${label.slice(0, LABEL_CHARACTERS - 1)}…` : label;
  return (
    <a
      class={`node ${state}`}
      href={path}
      aria-label={`${KINDS[focus.kind]} ${label}: ${MEANINGS[state]}`}
      onClick={(event: MouseEvent) => {
        // The router looks after links of HTML only.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        route(path);
      }}
    >
      <title>{label}</title>
      <rect x={x} y={y - NODE_HEIGHT / 2} width={NODE_WIDTH} height={NODE_HEIGHT} rx="4" />
      <text x={x + 8} y={y} dominant-baseline="central">
        {SIGNS[state]}
        {shown}
      </text>
    </a>
  );
}
