import type { Happening } from "../../../../src/admin-api/history/happenings.ts";
import type { BlockedKeyAnswer } from "../../../../src/admin-api/destinations/blocked-keys.ts";
import type { PausedAnswer } from "../../../../src/admin-api/destinations/paused.ts";
import type { QueueListAnswer } from "../../../../src/admin-api/queues/queues.ts";
import type { DeadLetterQueuesAnswer } from "../../../../src/admin-api/queues/dead-letters.ts";
import type { RouterListAnswer } from "../../../../src/admin-api/configuration/routers.ts";
import type { ConnectionListAnswer } from "../../../../src/admin-api/configuration/connections.ts";
import type { NotInForceAnswer } from "../../../../src/admin-api/configuration/not-in-force.ts";
import type { RuleListAnswer } from "../../../../src/admin-api/configuration/rules.ts";
import { rulesPath, targetPath } from "../rules/rules.ts";
import { connectionPath } from "../destinations/connections.ts";
import { runningAlike } from "../destinations/routers.ts";
import { counted } from "../text/numbers.ts";
import { agoText, momentText } from "../text/times.ts";
import type { Tone } from "../text/words.ts";

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
  readonly blockedKeys?: readonly BlockedKeyAnswer[] | undefined;
  readonly circuits?: readonly Happening<"circuit">[] | undefined;
  readonly reloads?: readonly Happening<"reload">[] | undefined;
  readonly routers?: RouterListAnswer | undefined;
  /** Those that no call can be made with. */
  readonly unusableConnections?: ConnectionListAnswer | undefined;
  readonly notInForce?: NotInForceAnswer | undefined;
  /** Rules with a target that does not exist, the first of them. */
  readonly rulesWithGoneTargets?: RuleListAnswer | undefined;
  readonly nowMs: number;
}

const PARKED_QUEUE = "busbar.parked";

/** What needs somebody, the worst first. */
export function needsOf(sources: NeedSources): readonly Need[] {
  return [
    ...refusedReload(sources),
    ...differentConfigurations(sources),
    ...silentRouters(sources),
    ...leftOut(sources),
    ...goneTargets(sources),
    ...openCircuits(sources),
    ...blockedFunctions(sources),
    ...unusableConnections(sources),
    ...deadLetters(sources),
    ...receivedTooOften(sources),
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

function differentConfigurations({ routers }: NeedSources): readonly Need[] {
  const alike = routers === undefined ? [] : runningAlike(routers);
  if (alike.length < 2) return [];
  return [
    {
      tone: "warn",
      title: "Routers run different configurations",
      detail: alike
        .map(({ digest, routers: each }) => `${digest} on ${each.map(({ id }) => id).join(", ")}`)
        .join("; "),
      href: "routers",
      action: "See the routers",
    },
  ];
}

function silentRouters({ routers }: NeedSources): readonly Need[] {
  return (routers?.routers ?? [])
    .filter(({ silent }) => silent)
    .map(({ id, seenAtMs }) => ({
      tone: "warn",
      title: `Router ${id} is silent`,
      detail: `It last said how it is ${agoText(seenAtMs, routers?.nowMs ?? seenAtMs)}.`,
      href: "routers",
      action: "See the routers",
    }));
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

/** One for each function with blocked keys; those of a function come oldest first. */
function blockedFunctions({ blockedKeys = [], nowMs }: NeedSources): readonly Need[] {
  return [...Map.groupBy(blockedKeys, (each) => each.function)].map(([name, keys]) => ({
    tone: "warn",
    title: `${counted(keys.length, "key")} of function/${name} ${keys.length === 1 ? "is" : "are"} blocked`,
    detail: `Since ${momentText(Date.parse(keys[0]?.since ?? ""), nowMs)}: ${keys[0]?.message ?? ""}`,
    href: `destinations#function/${name}`,
    action: "See the keys",
  }));
}

function leftOut({ notInForce: answer }: NeedSources): readonly Need[] {
  const [first] = answer?.notInForce ?? [];
  if (first === undefined || answer === undefined) return [];
  const others = answer.count - 1;
  return [
    {
      tone: "bad",
      title: `${answer.count} made over the API ${answer.count === 1 ? "is" : "are"} not in force`,
      detail: `${first.name}: ${first.reason}${others > 0 ? `; and ${others} more` : ""}`,
      href: "configuration",
      action: "See what is not in force",
    },
  ];
}

function goneTargets({ rulesWithGoneTargets: answer }: NeedSources): readonly Need[] {
  const [first] = answer?.rules ?? [];
  const gone = first?.targets.find(({ isGone }) => isGone === true);
  if (first === undefined || gone === undefined || answer === undefined) return [];
  const count = `${answer.rules.length}${answer.next === undefined ? "" : "+"}`;
  return [
    {
      tone: "warn",
      title: `${count} ${count === "1" ? "rule has" : "rules have"} a target that does not exist`,
      detail: `${first.bus}/${first.name} sends to ${gone.kind}/${gone.name}: each delivery becomes a dead letter.`,
      href: rulesPath({ gone: "true" }),
      action: "See the rules",
    },
  ];
}

/** One that nobody uses needs nobody. */
function unusableConnections({ unusableConnections: answer }: NeedSources): readonly Need[] {
  const used = (answer?.connections ?? []).filter(({ apiDestinationCount }) => apiDestinationCount > 0);
  return used.map(({ name, unusable = "", stateReason, apiDestinationCount }) => ({
    tone: "bad",
    title: `Calls with the connection ${name} fail`,
    detail: `${stateReason ?? unusable}. ${counted(apiDestinationCount, "API destination")} ${apiDestinationCount === 1 ? "uses" : "use"} it; deliveries are tried again.`,
    href: connectionPath(name),
    action: "See the connection",
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

/** Dead-letter queues of other queues. Those that rules and functions have too are among the dead letters. */
function receivedTooOften({ queues, deadLetters: answer }: NeedSources): readonly Need[] {
  const shown = new Set(answer?.queues.map(({ name }) => name));
  return (queues?.queues ?? []).flatMap((queue): Need[] => {
    const { name, deadLetterSources: sources } = queue;
    if (!("ready" in queue) || queue.ready === 0 || sources === undefined || shown.has(name)) return [];
    return [
      {
        tone: "warn",
        title: `${counted(queue.ready, "message")} in ${name}`,
        detail: `They were received too often from ${sources.join(", ")}. Find out why, mend it, then move them back.`,
        href: targetPath({ kind: "queue", name }),
        action: "See the queue",
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
