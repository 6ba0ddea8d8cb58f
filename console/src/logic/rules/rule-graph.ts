import type { Flows } from "../../../../src/admin-api/history/flows.ts";
import type { ListedRule } from "./rules.ts";

/** More rules than that are a list first, and a graph of what is chosen. */
export const GRAPH_RULES_MAX = 150;

/** A rule with what it did of late. */
export interface RuleFlow {
  readonly bus: string;
  readonly name: string;
  readonly isEnabled: boolean;
  /** Events that it matched. */
  readonly lastHour: number;
  readonly lastDay: number;
  readonly sends: readonly SentTo[];
}

/** A destination of a rule, and how attempts at it went in the last hour. A queue and a bus have none. */
export interface SentTo {
  readonly destination: string;
  readonly delivered: number;
  readonly failed: number;
}

/** What one looks at: a bus, a rule or a destination with its neighbours. */
export type Focus =
  | { readonly kind: "bus"; readonly name: string }
  | { readonly kind: "rule"; readonly bus: string; readonly name: string }
  | { readonly kind: "destination"; readonly name: string };

/** Joins the rules of the configuration with what the console counted. */
export function ruleFlows(rules: readonly ListedRule[], { rules: counts, targets }: Flows): readonly RuleFlow[] {
  const countOf = new Map(counts.map((one) => [`${one.bus}/${one.rule}`, one]));
  const attemptsOf = new Map(targets.map((one) => [JSON.stringify([one.bus, one.rule, one.destination]), one]));
  return rules.map(({ bus, name, state, targets: own }) => {
    const { lastHour = 0, lastDay = 0 } = countOf.get(`${bus}/${name}`) ?? {};
    const destinations = [...new Set(own.map((target) => `${target.kind}/${target.name}`))];
    const sends = destinations.map((destination) => {
      const { delivered = 0, failed = 0 } = attemptsOf.get(JSON.stringify([bus, name, destination])) ?? {};
      return { destination, delivered, failed };
    });
    return { bus, name, isEnabled: state === "ENABLED", lastHour, lastDay, sends };
  });
}

/** The rules that are about the focus: of a bus its own and those that send to it. */
export function rulesInFocus(rules: readonly RuleFlow[], focus: Focus | undefined): readonly RuleFlow[] {
  if (focus === undefined) return rules;
  switch (focus.kind) {
    case "rule":
      return rules.filter(({ bus, name }) => bus === focus.bus && name === focus.name);
    case "destination":
      return rules.filter(({ sends }) => sends.some(({ destination }) => destination === focus.name));
    case "bus": {
      const asDestination = `event-bus/${focus.name}`;
      return rules.filter(
        ({ bus, sends }) => bus === focus.name || sends.some(({ destination }) => destination === asDestination),
      );
    }
  }
}

/** The busiest rules first, so many at most. */
export function busiest(rules: readonly RuleFlow[]): readonly RuleFlow[] {
  if (rules.length <= GRAPH_RULES_MAX) return rules;
  return rules.toSorted((a, b) => b.lastHour - a.lastHour || b.lastDay - a.lastDay).slice(0, GRAPH_RULES_MAX);
}

/** Whether something of the rule failed in the last hour. */
export function isFailing({ sends }: RuleFlow): boolean {
  return sends.some(({ failed }) => failed > 0);
}

/** Reads a focus from the page's address: `bus/default`, `rule/default/big-orders`, `destination/function/crm`. */
export function focusOf(text: string | undefined): Focus | undefined {
  const [kind, first, ...rest] = (text ?? "").split("/");
  if (first === undefined || first === "") return undefined;
  if (kind === "bus") return { kind, name: first };
  if (rest.length === 0) return undefined;
  if (kind === "rule") return { kind, bus: first, name: rest.join("/") };
  return kind === "destination" ? { kind, name: [first, ...rest].join("/") } : undefined;
}

export function focusText(focus: Focus): string {
  return focus.kind === "rule" ? `rule/${focus.bus}/${focus.name}` : `${focus.kind}/${focus.name}`;
}

/** The path of the graph of one thing and its neighbours, or of everything. */
export function graphPath(focus?: Focus): string {
  return focus === undefined ? "rules/graph" : `rules/graph?focus=${encodeURIComponent(focusText(focus))}`;
}
