import type { Dashboard, Panel, Section } from "./panel.ts";
import { of } from "./panel.ts";

/** A service level indicator, as the recording rules have it. */
interface Indicator {
  readonly title: string;
  readonly ratio: string;
  /** The share of bad ones that the objective allows. */
  readonly budget: number;
  readonly bad: string;
  /** Where there is one series for each destination, the worst counts. */
  readonly byDestination: boolean;
}

const INDICATORS: readonly Indicator[] = [
  {
    title: "Puts taken",
    ratio: "busbar:put_errors:ratio_rate",
    budget: 0.001,
    bad: "put requests that were refused for want of room",
    byDestination: false,
  },
  {
    title: "Delivered in the end",
    ratio: "busbar:delivery_failures:ratio_rate",
    budget: 0.01,
    bad: "deliveries that failed for good, at the worst destination",
    byDestination: true,
  },
  {
    title: "In time",
    ratio: "busbar:late_calls:ratio_rate",
    budget: 0.01,
    bad: "first calls more than 5 s after their event",
    byDestination: false,
  },
];

const WINDOWS = ["1h", "6h", "3d", "30d"];

/** What is left of each error budget, for the overview as well. */
export const BUDGETS_LEFT: readonly Panel[] = INDICATORS.map((indicator) => ({
  title: `Budget left: ${indicator.title.toLowerCase()}`,
  help: `What is left of the budget of 30 days for ${indicator.bad}.`,
  unit: "percentunit",
  kind: "stat",
  queries: [[`1 - ${worst(indicator, "30d")} / ${indicator.budget}`, "left"]],
  thresholds: {
    from: "red",
    steps: [
      [0, "orange"],
      [0.25, "green"],
    ],
  },
}));

export const SLO: Dashboard = {
  uid: "busbar-slo",
  title: "Busbar / Service levels",
  description: "Whether the objectives are met over 30 days, how fast their budgets burn, and who spends them.",
  hasDestination: false,
  from: "now-24h",
  sections: [
    { title: "Budget left of 30 days", panels: BUDGETS_LEFT.map((panel) => ({ ...panel, width: 8 })) },
    ...INDICATORS.map(sectionOf),
    {
      title: "Who spent it",
      panels: [
        {
          title: "Failed for good, by destination",
          help: "Deliveries that failed for good in the time that is shown, at the ten destinations with the most.",
          unit: "short",
          kind: "bargauge",
          width: 12,
          queries: [
            [
              `topk(10, sum by (destination) (increase(${of("busbar_deliveries_settled_total", 'verdict="failed"')}[$__range])) > 0)`,
              "{{destination}}",
            ],
          ],
        },
        {
          title: "Dead letters, by reason",
          help: "Messages stored in dead-letter queues in the time that is shown, by why they failed.",
          unit: "short",
          kind: "bargauge",
          width: 12,
          queries: [[`sum by (reason) (increase(${of("busbar_dead_letters_total")}[$__range])) > 0`, "{{reason}}"]],
        },
      ],
    },
  ],
};

function sectionOf(indicator: Indicator): Section {
  const { title, ratio, budget, bad, byDestination } = indicator;
  return {
    title,
    panels: [
      {
        title: `${title}: share of bad ones`,
        help: `The share of ${bad}, over four windows.`,
        unit: "percentunit",
        kind: "bargauge",
        width: 8,
        queries: WINDOWS.map((window) => [worst(indicator, window), window]),
        thresholds: { steps: [[budget, "red"]] },
      },
      {
        title: `${title}: burn now`,
        help: "How many times faster than it may the budget burns, over an hour and over 6 hours: a page comes at 14.4 and 6.",
        unit: "short",
        width: 16,
        queries: ["1h", "6h"].map((window) => [
          `${of(ratio + window)} / ${budget}`,
          byDestination ? `{{destination}} over ${window}` : `over ${window}`,
        ]),
        thresholds: {
          steps: [
            [1, "yellow"],
            [6, "orange"],
            [14.4, "red"],
          ],
        },
      },
    ],
  };
}

function worst({ ratio }: Indicator, window: string): string {
  return `max(${of(ratio + window)})`;
}
