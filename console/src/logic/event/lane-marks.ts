import type { AttemptWay, DeliveryWay } from "../../../../src/admin-api/history/history.ts";
import { stretchOf } from "./lanes.ts";
import { counted } from "../text/numbers.ts";
import { durationText } from "../text/times.ts";
import { reasonText, STATES, type Tone } from "../text/words.ts";

/** Something that is drawn in a delivery's lane. Times are epoch milliseconds. */
export interface LaneMark {
  readonly kind: "wait" | "attempt" | "point";
  readonly tone: Tone;
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

/** What happened to a delivery, in the order of drawing: waits, then attempts, then what came of them. */
export function laneMarks(delivery: DeliveryWay, acceptedAtMs: number | undefined, nowMs: number): readonly LaneMark[] {
  const { attempts, letters, parked, redrives, records, parent, destination } = delivery;
  const storedAtMs = parent?.atMs ?? acceptedAtMs;
  const isQueue = destination?.startsWith("queue/") === true;
  const points: readonly (readonly [Tone, number, string])[] = [
    ...(isQueue && storedAtMs !== undefined ? [["good", storedAtMs, "stored in the queue"] as const] : []),
    ...letters.map(
      ({ atMs, queue, reason }) => ["bad", atMs, `dead letter in ${queue}: ${reasonText(reason)}`] as const,
    ),
    ...parked.map(({ atMs, queue, reason }) => ["bad", atMs, `parked in ${queue}: ${reasonText(reason)}`] as const),
    ...redrives.map(({ atMs, to }) => ["idle", atMs, `redriven to its ${to}`] as const),
    ...records.map(({ atMs, condition, to }) => ["idle", atMs, `${condition} record to ${to}`] as const),
  ];
  return [
    ...waitMarks(delivery, acceptedAtMs, nowMs),
    ...attempts.map(attemptMark),
    ...points.map(([tone, atMs, text]): LaneMark => ({ kind: "point", tone, fromMs: atMs, toMs: atMs, text })),
  ];
}

function attemptMark(attempt: AttemptWay): LaneMark {
  const tone = attempt.failure === undefined ? "good" : attempt.verdict === "failed" ? "bad" : "warn";
  return { kind: "attempt", tone, ...stretchOf(attempt), text: attemptText(attempt) };
}

/** An attempt in a few words: `attempt 2: failed after 12 ms with 503, no connection to the target`. */
export function attemptText({ attempt, failure, callMs, statusCode }: AttemptWay): string {
  const status = statusCode === undefined ? "" : ` with ${statusCode}`;
  const result = failure === undefined ? "succeeded" : "failed";
  return `attempt ${attempt}: ${result} after ${durationText(callMs)}${status}${failure === undefined ? "" : `, ${reasonText(failure.reason)}`}`;
}

/** From the acceptance, or the end of an attempt, to the beginning of the next one. */
function waitMarks(
  { attempts, state, parent }: DeliveryWay,
  acceptedAtMs: number | undefined,
  nowMs: number,
): LaneMark[] {
  const marks: LaneMark[] = [];
  let fromMs = parent?.atMs ?? acceptedAtMs ?? attempts[0]?.firstAtMs;
  let name = "waited for its first attempt";
  const add = (untilMs: number) => {
    if (fromMs === undefined || untilMs <= fromMs) return;
    marks.push({
      kind: "wait",
      tone: "idle",
      fromMs,
      toMs: untilMs,
      text: `${name} for ${durationText(untilMs - fromMs)}`,
    });
  };
  for (const attempt of attempts) {
    add(attempt.startedAtMs);
    fromMs = stretchOf(attempt).toMs;
    name = attempt.verdict === "retry" ? `waited after attempt ${attempt.attempt}` : "rested";
    if (attempt.verdict !== "retry") fromMs = undefined;
  }
  if (state === "failing" || state === "waiting") add(Math.max(nowMs, attempts.at(-1)?.nextAtMs ?? nowMs));
  return marks;
}

/** A lane as one sentence, for those who do not see it. */
export function laneText({ destination, state, attempts, letters }: DeliveryWay): string {
  const last = attempts.at(-1);
  const parts = [
    `${destination ?? "unknown target"}: ${STATES[state].word}`,
    counted(attempts.length, "attempt"),
    ...(last === undefined ? [] : [attemptText(last)]),
    ...letters.map(({ queue }) => `dead letter in ${queue}`),
  ];
  return parts.join(", ");
}
