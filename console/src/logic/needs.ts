import type { Happening } from "../../../src/admin-api/history.ts";
import type { PausedAnswer } from "../../../src/admin-api/paused.ts";
import type { QueueListAnswer } from "../../../src/admin-api/queues.ts";
import type { DeadLetterQueuesAnswer } from "../../../src/admin-api/dead-letters.ts";
import { counted } from "./numbers.ts";
import { agoText, momentText } from "./times.ts";
import type { Tone } from "./words.ts";

/** Something that a person should look at, with the one page that helps. */
export interface Need {
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  /** Relative to the console's base. */
  readonly href: string;
  readonly action: string;
}

export interface NeedSources {
  readonly deadLetters?: DeadLetterQueuesAnswer | undefined;
  readonly queues?: QueueListAnswer | undefined;
  readonly paused?: PausedAnswer | undefined;
  readonly circuits?: readonly Happening<"circuit">[] | undefined;
  readonly reloads?: readonly Happening<"reload">[] | undefined;
  readonly nowMs: number;
}

const PARKED_QUEUE = "busbar.parked";

/** What needs somebody, the worst first. */
export function needsOf(sources: NeedSources): readonly Need[] {
  return [
    ...refusedReload(sources),
    ...openCircuits(sources),
    ...deadLetters(sources),
    ...refusedQueues(sources),
    ...pauses(sources),
  ];
}

function refusedReload({ reloads = [], nowMs }: NeedSources): readonly Need[] {
  const newest = [...newestBy(reloads, ({ router }) => router).values()].filter(({ problems }) => problems.length > 0);
  const [first] = newest;
  if (first === undefined) return [];
  return [
    {
      tone: "bad",
      title: `A configuration was refused ${agoText(first.atMs, nowMs)}`,
      detail: `${counted(first.problems.length, "problem")}: ${first.problems[0] ?? ""}`,
      href: "configuration",
      action: "See the problems",
    },
  ];
}

function openCircuits({ circuits = [], nowMs }: NeedSources): readonly Need[] {
  const newest = newestBy(circuits, ({ router, destination }) => `${router}\n${destination}`);
  const open = Map.groupBy(
    [...newest.values()].filter(({ state }) => state === "open"),
    ({ destination }) => destination,
  );
  return [...open].map(([destination, [first, ...others]]) => ({
    tone: "bad",
    title: `The circuit of ${destination} is open`,
    detail: `Since ${first === undefined ? "" : momentText(first.atMs, nowMs)}${others.length > 0 ? `, on ${others.length + 1} routers` : ""}: ${first?.failure?.message ?? "its calls fail"}`,
    href: `destinations#${destination}`,
    action: "See the destination",
  }));
}

function deadLetters({ deadLetters: answer }: NeedSources): readonly Need[] {
  return (answer?.queues ?? []).flatMap((queue): Need[] => {
    if (!("ready" in queue) || queue.ready === 0) return [];
    const isParked = queue.name === PARKED_QUEUE;
    const noun = isParked ? "parked message" : "dead letter";
    return [
      {
        tone: isParked ? "bad" : "warn",
        title: `${counted(queue.ready, noun)} in ${queue.name}`,
        detail: isParked
          ? "Nobody could read them, or routers died of them."
          : "They failed for good. Find out why, mend it, then redrive them.",
        href: `dead-letters?queue=${encodeURIComponent(queue.name)}`,
        action: isParked ? "See what is parked" : "See the dead letters",
      },
    ];
  });
}

function refusedQueues({ queues }: NeedSources): readonly Need[] {
  return (queues?.queues ?? []).flatMap((queue): Need[] =>
    "problem" in queue
      ? [
          {
            tone: "warn",
            title: `${queue.name} cannot be read`,
            detail: queue.problem,
            href: "queues",
            action: "See the queues",
          },
        ]
      : [],
  );
}

function pauses({ paused, nowMs }: NeedSources): readonly Need[] {
  return (paused?.paused ?? []).map(({ destination, configured, since, by, reason }) => ({
    tone: "idle",
    title: `${destination} is paused`,
    detail: configured
      ? "By the configuration. Its deliveries wait."
      : `${since === undefined ? "" : `Since ${momentText(Date.parse(since), nowMs)}`}${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}. Its deliveries wait.`,
    href: `destinations#${destination}`,
    action: "Resume it",
  }));
}

/** The first of each key, in a list with the newest first. */
function newestBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): ReadonlyMap<string, Row> {
  const newest = new Map<string, Row>();
  for (const row of rows) if (!newest.has(keyOf(row))) newest.set(keyOf(row), row);
  return newest;
}
