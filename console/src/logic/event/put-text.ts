import type { EventExplanationAnswer } from "../../../../src/admin-api/events/explain.ts";

type Put = NonNullable<EventExplanationAnswer["put"]>;

/** Whether whoever looks at the page may put the event on the bus, and what decided that. */
export function putText({ principal, decision, statement }: Put, bus: string): string {
  if (principal === undefined) return `Everybody may put it on ${bus}: the routers ask nobody who they are.`;
  switch (decision) {
    case "allowed":
      return `${principal} may put it on ${bus}, by ${statement ?? "its policies"}.`;
    case "denied":
      return `${principal} may not put it on ${bus}: ${statement ?? "a statement"} denies it.`;
    case "not-allowed":
      return `${principal} may not put it on ${bus}: neither its own policies nor the bus's allow it.`;
  }
}
