import { FLOW_STEP_MS } from "../../../admin-api/history/flow-step.ts";
import type { Flows } from "../../../admin-api/history/flows.ts";
import type { Segment } from "../segments/segment.ts";
import { nameIn, originIn } from "./reading.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Rules, and targets, of one answer. */
const LISTED_MAX = 5_000;

/**
 * How many events each rule matched in the hour and the day before `atMs`, and how attempts at their targets went in that
 * hour. Counted in steps of 10 minutes, the one that holds `atMs` included.
 */
export function flowsOf(segments: readonly Segment[], atMs: number): Flows {
  const rules = new Map<string, Flows["rules"][number]>();
  const targets = new Map<string, Flows["targets"][number]>();
  const hourMs = firstStepMs(atMs - HOUR_MS);
  for (const segment of segments) {
    addRules(segment, rules, { hourMs, dayMs: firstStepMs(atMs - DAY_MS), atMs });
    addTargets(segment, targets, { hourMs, atMs });
  }
  return {
    rules: [...rules.values()].slice(0, LISTED_MAX),
    targets: [...targets.values()].slice(0, LISTED_MAX),
    isMore: rules.size > LISTED_MAX || targets.size > LISTED_MAX,
  };
}

/** The first step that begins within the time. */
function firstStepMs(fromMs: number): number {
  return Math.ceil(fromMs / FLOW_STEP_MS) * FLOW_STEP_MS;
}

function addRules(
  segment: Segment,
  rules: Map<string, Flows["rules"][number]>,
  { hourMs, dayMs, atMs }: { readonly hourMs: number; readonly dayMs: number; readonly atMs: number },
): void {
  const rows = segment.iterate(
    `SELECT rules, sum(matched) AS day, sum(iif(at >= ?, matched, 0)) AS hour FROM rule_steps
     WHERE at >= ? AND at <= ? GROUP BY rules`,
    hourMs,
    dayMs,
    atMs,
  );
  for (const { rules: ruleSet, day, hour } of rows) {
    for (const [bus = "", rule = ""] of JSON.parse(nameIn(segment, ruleSet)) as string[][]) {
      const key = `${bus}/${rule}`;
      const before = rules.get(key) ?? { bus, rule, lastHour: 0, lastDay: 0 };
      const lastHour = before.lastHour + Number(hour);
      rules.set(key, { bus, rule, lastHour, lastDay: before.lastDay + Number(day) });
    }
  }
}

function addTargets(
  segment: Segment,
  targets: Map<string, Flows["targets"][number]>,
  { hourMs, atMs }: { readonly hourMs: number; readonly atMs: number },
): void {
  const rows = segment.iterate(
    `SELECT origin, destination, sum(delivered) AS delivered, sum(failed) AS failed FROM target_steps
     WHERE at >= ? AND at <= ? GROUP BY origin, destination`,
    hourMs,
    atMs,
  );
  for (const { origin, destination, delivered, failed } of rows) {
    const of = originIn(segment, origin);
    if (of === undefined) continue;
    const to = nameIn(segment, destination);
    const key = JSON.stringify([of.bus, of.rule, to]);
    const before = targets.get(key) ?? { bus: of.bus, rule: of.rule, destination: to, delivered: 0, failed: 0 };
    targets.set(key, {
      ...before,
      delivered: before.delivered + Number(delivered),
      failed: before.failed + Number(failed),
    });
  }
}
