import type { FunctionConfig } from "../../../src/domain/target/function.ts";
import { countedBefore, promiseOf } from "./call-rules.ts";
import type { Ledger, Story } from "./ledger.ts";
import { DEAD_LETTERS, PARKED, waitAfter } from "./promises.ts";
import type { Expected, Variant } from "../scenario.ts";

/** A put that was answered: what its event must have come to by the configuration that accepted it. */
export interface AcceptedEvent {
  readonly eventId: string;
  readonly expected: readonly Expected[];
  /** The bus does not exist: the event is kept among the dead letters. */
  readonly unknownBus: boolean;
}

/** How often a message must have been left behind by a router before it may be parked. */
const RETURNS_BEFORE_PARKED = 3;

/**
 * What must hold when everything has come to rest.
 *
 * @param changed whether configurations changed or queues were deleted: then a delivery may also have failed because
 * nobody knew where to.
 * @param clocksJump whether ages may be taken for other than they are.
 * @returns what does not hold, in words.
 */
export function finalProblems(
  ledger: Ledger,
  accepted: readonly AcceptedEvent[],
  base: Variant,
  { changed, clocksJump }: { readonly changed: boolean; readonly clocksJump: boolean },
): readonly string[] {
  const stories = [...ledger.stories.values()];
  return [
    ...accepted.flatMap((event) => acceptanceProblems(event, ledger)),
    ...stories.flatMap((story) => endProblems(story, ledger, base, changed)),
    ...(changed || clocksJump ? [] : stories.flatMap((story) => patienceProblems(story, ledger, base))),
  ];
}

/** Every target that the event reaches has a delivery, or as many as there are ways to it, and none has more. */
function acceptanceProblems(event: AcceptedEvent, ledger: Ledger): readonly string[] {
  const { eventId, expected } = event;
  if (event.unknownBus) {
    return ledger.keptEvent(eventId).has(DEAD_LETTERS) ? [] : [`event ${eventId} for an unknown bus is not kept`];
  }
  return expected.flatMap((one) => {
    const { bus, rule, target } = one;
    const ways = expected.filter((other) => other.bus === bus && other.rule === rule && other.target === target).length;
    const ids = ledger.idsOf(eventId, { bus, rule, target }).size;
    if (ids === ways) return [];
    return [`event ${eventId} has ${ids} deliveries for ${bus}/${rule}/${target}, and ${ways} ways lead there`];
  });
}

/** A delivery was a success, with its record; or it is wherever its failures go; or it was parked. */
function endProblems(story: Story, ledger: Ledger, base: Variant, changed: boolean): readonly string[] {
  if (story.destroyed) return [];
  const who = `delivery ${story.key} (${story.label})`;
  const fn = base.functions.find(({ name }) => story.label === `function/${name}`);
  const isExplained = ledger.isExplained(story);
  const successes = successesOf(story, fn, isExplained);
  const failures = failuresOf(story, fn, base, changed);
  const parked = story.kept.get(PARKED) ?? 0;
  const ends = successes + failures + parked;
  const problems: string[] = [];
  if (ends === 0) problems.push(`${who} is lost`);
  if (ends > 1 && !isExplained) {
    problems.push(
      `${who} has ${successes} successes, ${failures} failures and ${parked} parked copies without a fault`,
    );
  }
  if (parked > 0 && !story.isPoison && story.returns < RETURNS_BEFORE_PARKED) {
    problems.push(`${who} was parked after ${story.returns} returns`);
  }
  return problems;
}

/** Nothing is given up that could be tried again: retries are left, and the next would come within the maximum age. */
function patienceProblems(story: Story, ledger: Ledger, base: Variant): readonly string[] {
  const attempts = Math.max(0, ...story.calls.keys());
  const last = story.calls.get(attempts)?.at(-1);
  const { outcome } = last ?? {};
  const { givenUpAtMs } = story;
  if (
    ledger.isExplained(story) ||
    givenUpAtMs === undefined ||
    outcome === undefined ||
    outcome === "gone" ||
    outcome.ok
  )
    return [];
  const promise = promiseOf(story, base);
  const counted = countedBefore(story, attempts + 1, promise);
  const wait = waitAfter(outcome, attempts, promise, undefined);
  if (wait === undefined || counted > promise.maximumRetryAttempts) return [];
  if (givenUpAtMs + wait.longestMs - story.firstAtMs > promise.maximumEventAgeMs) return [];
  return [`delivery ${story.key} (${story.label}) was given up after attempt ${attempts}: ${outcome.reason}`];
}

function successesOf(story: Story, fn: FunctionConfig | undefined, isExplained: boolean): number {
  const calls = [...story.calls.values()].flat();
  const oks = calls.filter(({ outcome }) => outcome !== undefined && outcome !== "gone" && outcome.ok).length;
  if (fn?.onSuccess === undefined) return oks;
  const records = story.records.Success.size;
  // A call may have succeeded for a router that died before it could say so; a record needs a success.
  return isExplained ? Math.min(oks, records) : Math.max(oks, records) * (Math.min(oks, records) > 0 ? 1 : 0);
}

function failuresOf(story: Story, fn: FunctionConfig | undefined, base: Variant, changed: boolean): number {
  const kept = (queue: string): number => story.kept.get(queue) ?? 0;
  const rule = base.rules.find(({ bus, name }) => bus === story.origin?.bus && name === story.origin.rule);
  const target = rule?.targets.find(({ id }) => id === story.origin?.target);
  const places: number[] = [];
  if (fn?.onFailure !== undefined) places.push(story.records.Failure.size);
  if (fn?.deadLetterQueue !== undefined) places.push(kept(fn.deadLetterQueue));
  if (places.length === 0) places.push(kept(target?.deadLetterQueue ?? DEAD_LETTERS));
  const configured = places.includes(0) ? 0 : Math.max(...places);
  if (configured > 0 || !changed) return configured;
  return Math.max(kept(DEAD_LETTERS), kept(target?.deadLetterQueue ?? DEAD_LETTERS));
}
