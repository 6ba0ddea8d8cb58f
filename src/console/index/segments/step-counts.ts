import { SUMMARY_STEP_MS } from "./schema.ts";
import type { Segment } from "./segment.ts";

/** What is counted for each step of time. */
export interface Counts {
  accepted: number;
  unmatched: number;
  delivered: number;
  failed: number;
  letters: number;
}

/** Collects counts until they are written together. */
export class StepCounts {
  #steps = new Map<number, Counts>();

  at(atMs: number): Counts {
    const step = Math.floor(atMs / SUMMARY_STEP_MS) * SUMMARY_STEP_MS;
    const known = this.#steps.get(step);
    if (known !== undefined) return known;
    const counts = { accepted: 0, unmatched: 0, delivered: 0, failed: 0, letters: 0 };
    this.#steps.set(step, counts);
    return counts;
  }

  writeTo(segment: Segment): void {
    const add = segment.statement(
      `INSERT INTO steps (at, accepted, unmatched, delivered, failed, letters) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (at) DO UPDATE SET accepted = accepted + excluded.accepted, unmatched = unmatched + excluded.unmatched,
         delivered = delivered + excluded.delivered, failed = failed + excluded.failed,
         letters = letters + excluded.letters`,
    );
    for (const [step, { accepted, unmatched, delivered, failed, letters }] of this.#steps) {
      add.run(step, accepted, unmatched, delivered, failed, letters);
    }
    this.#steps = new Map();
  }
}
