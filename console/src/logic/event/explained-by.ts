import type { EventWay } from "../../../../src/admin-api/history/history.ts";
import type { EventExplanationAnswer } from "../../../../src/admin-api/events/explain.ts";

/** By which configuration an event is explained. */
export type ExplainedBy =
  | { readonly is: "now" }
  /** The one of the event's moment is still in force. */
  | { readonly is: "then and now" }
  /** The one of the event's moment is not known any more. */
  | { readonly is: "now, then unknown" }
  | {
      readonly is: "then";
      readonly digest: string;
      /** When it came into force, epoch milliseconds. */
      readonly sinceMs: number;
      /** What the rules in force now make of the event; undefined where its bus is gone. */
      readonly today: EventExplanationAnswer | undefined;
    };

/** What would be different today: `Today late would match it too, and paid would not.` Undefined for nothing. */
export function todayText(then: EventExplanationAnswer, today: EventExplanationAnswer | undefined): string | undefined {
  if (today === undefined) return `The bus ${then.bus} is not there any more.`;
  const more = namesOnlyIn(today, then);
  const less = namesOnlyIn(then, today);
  const parts = [
    ...(more.length === 0 ? [] : [`${more.join(", ")} would match it too`]),
    ...(less.length === 0 ? [] : [`${less.join(", ")} would not`]),
  ];
  return parts.length === 0 ? undefined : `Today ${parts.join(", and ")}.`;
}

function namesOnlyIn(one: EventExplanationAnswer, other: EventExplanationAnswer): readonly string[] {
  const others = new Set(other.matched.map(({ rule }) => rule));
  return one.matched.map(({ rule }) => rule).filter((rule) => !others.has(rule));
}

/** The rules that an event is known to have reached, as `bus/name`: when it was put, and when it was redriven later. */
export function rulesReached({ event, deliveries }: EventWay): ReadonlySet<string> {
  const origins = deliveries.flatMap(({ origin }) => origin ?? []);
  return new Set([...(event?.rules ?? []), ...origins].map(({ bus, rule }) => `${bus}/${rule}`));
}
