import type { Unredrivable } from "../../../src/domain/failure/unredrivable.ts";
import type { Redriven } from "../../../src/ports/admin/dead-letters.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import type { Expected, Variant } from "../scenario.ts";
import type { Redrive } from "./redrive.ts";
import { isSelected, lettersOf } from "./redrive.ts";
import { originOf } from "./ledger.ts";

export interface ResultContext {
  readonly nowMs: number;
  readonly faultless: boolean;
  readonly expectedOf: (variant: Variant, bus: string, type: string) => readonly Expected[];
}

/** docs/dead-letters.md, "API": after so long without a removal it ends as `time`. */
const IDLE_MS = 20 * 60_000;
/** A redrive may wait for each of its requests and confirms to be given up, and for what it gives back. */
const LONGEST_MS = 120_000;

/** What is wrong with the end of a redrive, in words. */
export function resultProblems(redrive: Redrive, result: Redriven, context: ResultContext): readonly string[] {
  return [
    ...endProblems(redrive, result, context),
    ...durationProblems(redrive, result, context),
    ...(result.end === "failed" ? [] : countProblems(redrive, result)),
    ...(result.end === "finished" ? completenessProblems(redrive, result) : []),
    ...result.examples.flatMap((example) => exampleProblems(redrive, example, context)),
  ];
}

/** It ends, or says why not; and whatever its end, it holds nothing any more. */
function endProblems(redrive: Redrive, result: Redriven, { nowMs, faultless }: ResultContext): readonly string[] {
  const { met, leftAtMs, givenBackSent, startedAtMs, order } = redrive;
  const problems: string[] = [];
  const held = [...met.keys()].filter((handOut) => handOut.queue.unacked.has(handOut)).length;
  if (held > 0) problems.push(`has ended and holds ${held} messages`);
  if (result.end === "failed") {
    if ((result.problem ?? "") === "") problems.push("has failed and does not say why");
    if (faultless && leftAtMs === undefined) problems.push(`has failed: ${result.problem}`);
    return problems;
  }
  if (givenBackSent > 0) problems.push(`has sent ${givenBackSent} dead letters and left them, and says ${result.end}`);
  if (result.end === "limit" && result.redriven !== order.limit)
    problems.push(`says that ${result.redriven} are the limit of ${order.limit}`);
  if (result.end === "time" && nowMs - startedAtMs < IDLE_MS) problems.push("says that its time is up");
  return problems;
}

function durationProblems(redrive: Redrive, { end }: Redriven, { nowMs }: ResultContext): readonly string[] {
  const { startedAtMs, leftAtMs, order } = redrive;
  const pacedMs = order.ratePerSecond === undefined ? 0 : (lettersOf(redrive).length * 1_000) / order.ratePerSecond;
  if (leftAtMs !== undefined && nowMs - leftAtMs > LONGEST_MS) return ["goes on long after its caller has gone"];
  return nowMs - startedAtMs > LONGEST_MS + pacedMs && end !== "time"
    ? ["takes longer than anything it waits for"]
    : [];
}

/** What it says is what it did. Acks that were lost with a connection it cannot know of. */
function countProblems(redrive: Redrive, { redriven, looked }: Redriven): readonly string[] {
  const { met, removed, order } = redrive;
  const problems: string[] = [];
  const isLost = [...met.keys()].some(({ orphanedBy }) => orphanedBy !== undefined);
  if (isLost ? redriven < removed.size : redriven !== removed.size)
    problems.push(`says that ${redriven} were redriven, and ${removed.size} were`);
  if (redriven > (order.limit ?? Infinity)) problems.push(`says that ${redriven} were redriven, beyond its limit`);
  const were = lettersOf(redrive).length;
  if (looked !== were) problems.push(`says that ${looked} were looked at, and ${were} were`);
  return problems;
}

/** It has met everything that was there, and what it leaves of the selected is counted. */
function completenessProblems(redrive: Redrive, { redriven, unredrivable }: Redriven): readonly string[] {
  const { met, waiting, isReady, order, isShared, startedByClockMs } = redrive;
  const problems: string[] = [];
  const metStored = new Set([...met.keys()].map(({ stored }) => stored));
  const missed = waiting.filter((stored) => !metStored.has(stored) && isReady(stored));
  if (missed.length > 0 && !isShared) problems.push(`has finished and did not meet ${missed.length} that were there`);
  const selected = lettersOf(redrive).filter((message) => {
    const { "busbar-redriven": before = 0, "busbar-first-at": firstAtMs } = message.headers;
    return isSelected(order, message) && (before === 0 || Number(firstAtMs) < startedByClockMs);
  }).length;
  const left = Object.values(unredrivable).reduce((sum, count) => sum + count, 0);
  if (redriven + left !== selected)
    problems.push(`was about ${selected}, and says that ${redriven} were redriven and ${left} cannot be`);
  return problems;
}

/** A dead letter is only left for a reason that there is. */
function exampleProblems(
  redrive: Redrive,
  { id, reason }: Unredrivable,
  { expectedOf }: ResultContext,
): readonly string[] {
  const { order, variants } = redrive;
  const messages = lettersOf(redrive).filter((message) => message.id === id);
  const holds = messages.some((message) => {
    if (reason === "no_target") return isWithoutTarget(message, order.to);
    if (reason === "unreadable") return isNoEvent(message, order.to);
    const type = /"detail-type":"([^"]*)"/.exec(message.body.toString())?.[1] ?? "";
    const bus = String(message.headers["busbar-bus"]);
    return variants().some((variant) => {
      if (reason === "unmatched") return order.to === "bus" && expectedOf(variant, bus, type).length === 0;
      return order.to === "bus" ? !variant.config.eventBuses.has(bus) : isGone(message, variant);
    });
  });
  return holds ? [] : [`leaves ${id} as ${reason}, which it is not`];
}

function isWithoutTarget(message: Message, to: "target" | "bus"): boolean {
  if (to === "bus") return message.headers["busbar-bus"] === undefined;
  return message.headers["busbar-destination"] === undefined && originOf(message) === undefined;
}

/** A record is no event, nor is what waits for a queue a delivery. */
function isNoEvent({ headers, body }: Message, to: "target" | "bus"): boolean {
  if (headers["busbar-kept-for"] !== undefined) return true;
  return to === "bus" && !/^\{.*"source":/.test(body.toString());
}

function isGone(message: Message, { functions, apiDestinations, rules }: Variant): boolean {
  const label = message.headers["busbar-destination"];
  const labels = [
    ...functions.map(({ name }) => `function/${name}`),
    ...apiDestinations.map(({ name }) => `api-destination/${name}`),
  ];
  if (label !== undefined && !labels.includes(String(label))) return true;
  const origin = originOf(message);
  if (origin === undefined) return false;
  const rule = rules.find(({ bus, name }) => bus === origin.bus && name === origin.rule);
  return rule?.targets.every(({ id }) => id !== origin.target) ?? true;
}
