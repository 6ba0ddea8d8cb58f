import type { RuleListAnswer } from "../../src/admin-api/rules.ts";
import { HOSTILE } from "./console-answers.ts";

type ListedRule = RuleListAnswer["rules"][number];

/** Rules as the console's API may list them, the awkward included, for the tests of the page. */
const RULES: readonly ListedRule[] = [
  {
    bus: "audit",
    name: "keep",
    state: "DISABLED",
    eventPattern: '{"source":[{"exists":true}]}',
    hasConditions: false,
    targets: [],
  },
  {
    bus: "default",
    name: "huge-orders",
    description: HOSTILE,
    state: "ENABLED",
    eventPattern: '{"detail":{"total":[{"numeric":[">=",1000]}],"id":[12345678901234567890]}}',
    hasConditions: true,
    targets: [
      { id: "fraud", kind: "function", name: "fraud-check", input: "path" },
      { id: "audit", kind: "event-bus", name: "audit", input: "event" },
      { id: "keep", kind: "queue", name: "failed-orders", input: "event", deadLetterQueue: "failed-orders" },
    ],
  },
  ...Array.from({ length: 250 }, (_, index): ListedRule => ({
    bus: "default",
    name: `of-tenant-${String(index).padStart(3, "0")}`,
    state: "ENABLED",
    eventPattern: `{"detail":{"tenant":["t-${index}"]}}`,
    hasConditions: false,
    targets: [{ id: "crm", kind: "api-destination", name: "crm", input: "event" }],
  })),
];

/** A page of them, as `GET rules` has it. */
export function rulePage(query: URLSearchParams): RuleListAnswer {
  const asked = (name: string, value: string) => !query.has(name) || query.get(name) === value;
  const fitting = RULES.filter(
    ({ bus, name, targets }) =>
      asked("bus", bus) &&
      asked("rule", name) &&
      (!query.has("destination") || targets.some((to) => asked("destination", `${to.kind}/${to.name}`))) &&
      `${bus}/${name}` > (query.get("after") ?? ""),
  );
  const rules = fitting.slice(0, Number(query.get("limit") ?? 1_000));
  const last = rules.at(-1);
  return fitting.length > rules.length && last ? { rules, next: `${last.bus}/${last.name}` } : { rules };
}
