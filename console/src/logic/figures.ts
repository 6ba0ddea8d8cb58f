import type { Summary, SummaryStep } from "../../../src/admin-api/history.ts";

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

/** The six numbers of the overview. */
export function figuresOf(summary: Summary | undefined): readonly Figure[] {
  return FIGURES.map(({ of, ...kind }) => {
    const values = summary?.steps.map(of) ?? [];
    const total = summary && values.reduce((sum, value) => sum + value, 0);
    return { ...kind, total, values };
  });
}
