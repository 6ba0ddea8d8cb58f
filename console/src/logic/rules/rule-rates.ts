import { FLOW_STEP_MS } from "../../../../src/admin-api/history/flow-step.ts";
import type { Flows } from "../../../../src/admin-api/history/flows.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A time of an hour or less in whole steps of what is counted. */
export interface RateWindow {
  /** The moment whose last hour it is, as `GET /flows` is asked. */
  readonly atMs: number;
  /** How much of it has passed. */
  readonly minutes: number;
}

/**
 * The hour before a change, and the hour after it as far as it has passed. The step in which the change came is neither: what
 * routers matched before it and after it stands there together.
 */
export function windowsAround(
  changedMs: number,
  nowMs: number,
): { readonly before: RateWindow; readonly after: RateWindow } {
  const stepMs = Math.floor(changedMs / FLOW_STEP_MS) * FLOW_STEP_MS;
  const afterMs = stepMs + FLOW_STEP_MS;
  return {
    before: { atMs: stepMs - 1, minutes: HOUR_MS / MINUTE_MS },
    after: {
      atMs: afterMs + HOUR_MS - 1,
      minutes: Math.max(0, Math.min(HOUR_MS, nowMs - afterMs) / MINUTE_MS),
    },
  };
}

/** What a rule matched in each minute of a time: `42`, `0.3`; undefined where that is not known. */
export function matchedPerMinute(flows: Flows | undefined, { minutes }: RateWindow, rule: string): string | undefined {
  // Of less than a minute a rate says nothing.
  if (flows === undefined || minutes < 1) return undefined;
  const found = flows.rules.find((one) => `${one.bus}/${one.rule}` === rule);
  if (found === undefined && flows.isMore) return undefined;
  const rate = (found?.lastHour ?? 0) / minutes;
  return rate < 10 ? String(Math.round(rate * 10) / 10) : String(Math.round(rate));
}
