import type { Focus, RuleFlow } from "./rule-graph.ts";

/** Sizes in the units of the drawing. */
export const NODE_HEIGHT = 26;
const NODE_STEP = 34;
const COLUMN_X = [0, 345, 690] as const;
export const NODE_WIDTH = 240;
export const GRAPH_WIDTH = COLUMN_X[2] + NODE_WIDTH;
const EDGE_WIDTH_MIN = 1.5;
const EDGE_WIDTH_MAX = 10;

export type FlowState = "busy" | "idle" | "failing";

export interface GraphNode {
  readonly focus: Focus;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly state: FlowState;
}

export interface GraphEdge {
  readonly key: string;
  /** A path of SVG. */
  readonly path: string;
  readonly width: number;
  readonly state: FlowState;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly height: number;
}

/**
 * Three columns: buses, rules, destinations. Rules stand by their buses, and in a bus by where they send, each
 * destination at the mean of its rules: so that few edges cross.
 */
export function layOut(rules: readonly RuleFlow[]): Graph {
  const rows = orderedRules(rules);
  const buses = [...new Set(rows.map(({ bus }) => bus))];
  const destinations = orderedDestinations(rows);
  const tallest = Math.max(rows.length, buses.length, destinations.length);
  const busAt = new Map(buses.map((bus, index) => [bus, yOf(index, buses.length, tallest)]));
  const destinationAt = new Map(destinations.map((name, index) => [name, yOf(index, destinations.length, tallest)]));
  const most = Math.max(1, ...rows.map(({ lastHour }) => lastHour));
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  for (const [index, rule] of rows.entries()) {
    const y = yOf(index, rows.length, tallest);
    const width = widthOf(rule.lastHour, most);
    const own = stateOf(rule);
    nodes.push({
      focus: { kind: "rule", bus: rule.bus, name: rule.name },
      label: rule.name,
      x: COLUMN_X[1],
      y,
      state: own,
    });
    const from = isIdle(rule) ? "idle" : "busy";
    edges.push({ key: `${rule.bus} ${rule.name}`, path: curve(0, busAt.get(rule.bus) ?? 0, y), width, state: from });
    for (const { destination, failed } of rule.sends) {
      const path = curve(1, y, destinationAt.get(destination) ?? 0);
      const state = failed > 0 ? "failing" : from;
      edges.push({ key: `${rule.bus} ${rule.name} ${destination}`, path, width, state });
    }
  }
  for (const [name, y] of busAt) {
    const ofBus = rows.filter(({ bus }) => bus === name);
    nodes.push({ focus: { kind: "bus", name }, label: name, x: COLUMN_X[0], y, state: allState(ofBus.map(stateOf)) });
  }
  for (const [name, y] of destinationAt) {
    const states = rows.flatMap((rule) =>
      rule.sends.filter(({ destination }) => destination === name).map(({ failed }) => sentState(rule, failed)),
    );
    nodes.push({ focus: { kind: "destination", name }, label: name, x: COLUMN_X[2], y, state: allState(states) });
  }
  // In the order in which the keyboard goes through them: column by column, from the top.
  return { nodes: nodes.toSorted((a, b) => a.x - b.x || a.y - b.y), edges, height: Math.max(1, tallest) * NODE_STEP };
}

/** The state of a rule: failing, busy, or idle since nothing matched it for a day. */
export function stateOf(rule: RuleFlow): FlowState {
  if (rule.sends.some(({ failed }) => failed > 0)) return "failing";
  return isIdle(rule) ? "idle" : "busy";
}

function sentState(rule: RuleFlow, failed: number): FlowState {
  if (failed > 0) return "failing";
  return isIdle(rule) ? "idle" : "busy";
}

function isIdle({ lastDay }: RuleFlow): boolean {
  return lastDay === 0;
}

function allState(states: readonly FlowState[]): FlowState {
  if (states.includes("failing")) return "failing";
  return states.includes("busy") ? "busy" : "idle";
}

function orderedRules(rules: readonly RuleFlow[]): readonly RuleFlow[] {
  const first = ({ sends }: RuleFlow) => sends.map(({ destination }) => destination).sort()[0] ?? "";
  return rules.toSorted((a, b) => compare(a.bus, b.bus) || compare(first(a), first(b)) || compare(a.name, b.name));
}

function orderedDestinations(rules: readonly RuleFlow[]): readonly string[] {
  const rows = new Map<string, number[]>();
  for (const [row, { sends }] of rules.entries()) {
    for (const { destination } of sends) rows.set(destination, [...(rows.get(destination) ?? []), row]);
  }
  const mean = (name: string) => {
    const own = rows.get(name) ?? [];
    return own.reduce((sum, row) => sum + row, 0) / Math.max(1, own.length);
  };
  return [...rows.keys()].sort((a, b) => mean(a) - mean(b) || compare(a, b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A shorter column is spread over the height of the tallest. */
function yOf(index: number, count: number, tallest: number): number {
  return ((index + 0.5) * Math.max(1, tallest) * NODE_STEP) / Math.max(1, count);
}

function widthOf(count: number, most: number): number {
  return EDGE_WIDTH_MIN + (EDGE_WIDTH_MAX - EDGE_WIDTH_MIN) * Math.sqrt(count / most);
}

/** From the right side of a node in a column to the left side of one in the next. */
function curve(column: 0 | 1, fromY: number, toY: number): string {
  const from = COLUMN_X[column] + NODE_WIDTH;
  const to = COLUMN_X[column === 0 ? 1 : 2];
  const middle = (from + to) / 2;
  return `M${from} ${round(fromY)}C${middle} ${round(fromY)} ${middle} ${round(toY)} ${to} ${round(toY)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
