import type { Flows } from "../../../src/admin-api/history/flows.ts";
import type { NotInForceAnswer } from "../../../src/admin-api/configuration/not-in-force.ts";
import type { RuleListAnswer } from "../../../src/admin-api/configuration/rules.ts";
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
    past: { archive: "orders", state: "running", replay: "catch-up.huge-orders.1", left: 1_204 },
    hasConditions: true,
    targets: [
      { id: "fraud", kind: "function", name: "fraud-check", input: "path" },
      { id: "audit", kind: "event-bus", name: "audit", input: "event" },
      {
        id: "keep",
        kind: "queue",
        name: "failed-orders",
        input: "event",
        delaySeconds: 600,
        deadLetterQueue: "failed-orders",
      },
      { id: "later", kind: "function", name: "not-here", isGone: true, input: "event" },
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
      asked("gone", String(targets.some(({ isGone }) => isGone === true))) &&
      (!query.has("destination") || targets.some((to) => asked("destination", `${to.kind}/${to.name}`))) &&
      `${bus}/${name}` > (query.get("after") ?? ""),
  );
  const rules = fitting.slice(0, Number(query.get("limit") ?? 1_000));
  const last = rules.at(-1);
  return fitting.length > rules.length && last ? { rules, next: `${last.bus}/${last.name}` } : { rules };
}

/** What is not in force besides them. */
export const NOT_IN_FORCE: NotInForceAnswer = {
  notInForce: [{ name: `rule orders/${HOSTILE}`, reason: 'there is no event bus "orders"' }],
  count: 101,
};

/** What they did of late: one fails, most were never matched. */
export const FLOWS: Flows = {
  rules: [
    { bus: "default", rule: "huge-orders", lastHour: 1_234, lastDay: 20_000 },
    { bus: "default", rule: "big-orders", lastHour: 138, lastDay: 138 },
    { bus: "default", rule: "of-tenant-000", lastHour: 0, lastDay: 3 },
  ],
  targets: [
    { bus: "default", rule: "huge-orders", destination: "function/fraud-check", delivered: 1_200, failed: 34 },
    { bus: "gone", rule: "gone", destination: "function/gone", delivered: 1, failed: 1 },
  ],
  isMore: false,
};
