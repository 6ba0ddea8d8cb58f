import { FLOW_STEP_MS } from "../../../admin-api/history/flow-step.ts";
import type { Segment } from "./segment.ts";

/** What was counted of a rule set or a target in one step. */
interface FlowCount {
  readonly atMs: number;
  readonly key: readonly number[];
  first: number;
  second: number;
}

/** Collects what rules matched and how their targets' attempts went, until it is written together. */
export class FlowCounts {
  #rules = new Map<string, FlowCount>();
  #targets = new Map<string, FlowCount>();

  /** An event matched the rules of a set, by the number of its name. */
  matched(atMs: number, ruleSet: number): void {
    countIn(this.#rules, atMs, [ruleSet]).first++;
  }

  /** An attempt at a rule's target ended, by the numbers of both names. */
  attempted(atMs: number, origin: number, destination: number, { isDone, hasFailed }: Attempted): void {
    const count = countIn(this.#targets, atMs, [origin, destination]);
    if (isDone) count.first++;
    if (hasFailed) count.second++;
  }

  writeTo(segment: Segment): void {
    const rules = segment.statement(
      `INSERT INTO rule_steps VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET matched = matched + excluded.matched`,
    );
    for (const { atMs, key, first } of this.#rules.values()) rules.run(atMs, ...key, first);
    const targets = segment.statement(
      `INSERT INTO target_steps VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         delivered = delivered + excluded.delivered, failed = failed + excluded.failed`,
    );
    for (const { atMs, key, first, second } of this.#targets.values()) targets.run(atMs, ...key, first, second);
    this.#rules = new Map();
    this.#targets = new Map();
  }
}

interface Attempted {
  readonly isDone: boolean;
  readonly hasFailed: boolean;
}

function countIn(counts: Map<string, FlowCount>, atMs: number, key: readonly number[]): FlowCount {
  const step = Math.floor(atMs / FLOW_STEP_MS) * FLOW_STEP_MS;
  const text = `${step} ${key.join(" ")}`;
  const known = counts.get(text);
  if (known !== undefined) return known;
  const count = { atMs: step, key, first: 0, second: 0 };
  counts.set(text, count);
  return count;
}
