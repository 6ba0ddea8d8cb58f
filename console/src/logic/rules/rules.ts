import type { RuleListAnswer } from "../../../../src/admin-api/configuration/rules.ts";

export type ListedRule = RuleListAnswer["rules"][number];
export type ListedTarget = ListedRule["targets"][number];

/** What the list of rules is filtered by. The names are those of the API's query. */
export const RULE_FIELDS = ["bus", "destination", "rule", "gone"] as const;

export type RuleFilter = Readonly<Partial<Record<(typeof RULE_FIELDS)[number], string>>>;

/** Reads a filter from the page's address. Whatever is not known or empty is left out. */
export function ruleFilterOf(query: Readonly<Record<string, string | undefined>>): RuleFilter {
  return Object.fromEntries(
    RULE_FIELDS.flatMap((field) => {
      const text = (query[field] ?? "").trim();
      return text === "" ? [] : [[field, text] as const];
    }),
  );
}

/** The path of the page with the rules that fit a filter. */
export function rulesPath(filter: RuleFilter): string {
  const query = new URLSearchParams(Object.entries(ruleFilterOf(filter))).toString();
  return query === "" ? "rules" : `rules?${query}`;
}

/** The path of the page that changes a rule; of a new one without a rule. */
export function editPath(rule: Partial<Pick<ListedRule, "bus" | "name">> = {}): string {
  const { bus = "", name = "" } = rule;
  const query = new URLSearchParams(Object.entries(ruleFilterOf({ bus, rule: name }))).toString();
  return query === "" ? "rules/edit" : `rules/edit?${query}`;
}

/** The path of the page that shows a target. */
export function targetPath({ kind, name }: Pick<ListedTarget, "kind" | "name">): string {
  switch (kind) {
    case "event-bus":
      return rulesPath({ bus: name });
    case "queue":
      return `queues/${encodeURIComponent(name)}`;
    default:
      return `destinations#${encodeURIComponent(`${kind}/${name}`)}`;
  }
}
