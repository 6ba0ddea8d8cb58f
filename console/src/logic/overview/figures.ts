import type { RouterHistoryAnswer } from "../../../../src/admin-api/configuration/routers.ts";
import type { Summary, SummaryStep } from "../../../../src/admin-api/history/history.ts";

/** A number of the overview, with its value in each step. */
export interface Figure {
  readonly name: string;
  /** Undefined until it is known. */
  readonly total: number | undefined;
  readonly values: readonly number[];
  readonly meaning: string;
  /** Where more of it is shown, relative to the base. */
  readonly href?: string;
}

interface FigureKind extends Pick<Figure, "name" | "meaning" | "href"> {
  readonly of: (step: SummaryStep) => number;
}

const FIGURES: readonly FigureKind[] = [
  { name: "Accepted", meaning: "Events that were put", href: "events", of: ({ accepted }) => accepted },
  { name: "Matched", meaning: "Events that a rule matched", of: ({ accepted, unmatched }) => accepted - unmatched },
  {
    name: "Unmatched",
    meaning: "Events that no rule matched",
    href: "events?outcome=unmatched",
    of: ({ unmatched }) => unmatched,
  },
  {
    name: "Delivered",
    meaning: "Attempts that ended well",
    href: "events?outcome=delivered",
    of: ({ delivered }) => delivered,
  },
  {
    name: "Failed attempts",
    meaning: "Attempts that failed",
    href: "events?outcome=failing",
    of: ({ failed }) => failed,
  },
  {
    name: "Dead letters",
    meaning: "Deliveries that failed for good",
    href: "dead-letters",
    of: ({ letters }) => letters,
  },
];

/** Times as many events as the journal has, so that two ways of counting do not take turns. */
const MORE = 1.1;

/** The six numbers of the overview. */
export function figuresOf(summary: Summary | undefined): readonly Figure[] {
  return FIGURES.map(({ of, ...kind }) => {
    const values = summary?.steps.map(of) ?? [];
    const total = summary && sum(values);
    return { ...kind, total, values };
  });
}

/**
 * The last hour as routers counted it, where they know of more events than the journal: it may be off, or leave out some of
 * those that succeed. A router knows of the time since it started. Dead letters are in the journal alone. Undefined where the
 * journal knows as much.
 */
export function summaryByRouters(
  summary: Summary | undefined,
  history: RouterHistoryAnswer | undefined,
): Summary | undefined {
  if (summary === undefined || history === undefined) return undefined;
  const heard = Map.groupBy(history.steps, ({ atMs }) => Math.floor(atMs / summary.stepMs) * summary.stepMs);
  const steps = summary.steps.map(({ atMs, letters }) => {
    const counts = heard.get(atMs) ?? [];
    const of = (name: "accepted" | "unmatched" | "delivered" | "failing") => sum(counts.map((count) => count[name]));
    const attempts = { delivered: of("delivered"), failed: of("failing") };
    return { atMs, accepted: of("accepted"), unmatched: of("unmatched"), ...attempts, letters };
  });
  const accepted = (known: Summary["steps"]) => sum(known.map((step) => step.accepted));
  // Routers are heard up to 10 s later: what they say in the second step may be of the first.
  const isMore = accepted(steps.slice(2)) > accepted(summary.steps.slice(1)) * MORE;
  return isMore ? { stepMs: summary.stepMs, steps } : undefined;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
