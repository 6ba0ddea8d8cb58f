import type { StatusCounts } from "../../domain/status/router-status.ts";
import { STATUS_MS } from "../../domain/status/router-status.ts";
import type { StatusStep } from "../../ports/admin/routers.ts";

const STEPS_MAX = 360;

/** What went on at all routers in the last hour, in steps of 10 s by when it was heard. */
export class LastHour {
  #steps: StatusStep[] = [];

  add({ accepted, matched, unmatched, delivered, failing }: StatusCounts, nowMs: number): void {
    const atMs = Math.floor(nowMs / STATUS_MS) * STATUS_MS;
    const last = this.#steps.at(-1);
    // A clock that is set back adds to the newest step.
    if (last === undefined || last.atMs < atMs) {
      this.#steps.push({ atMs, accepted, matched, unmatched, delivered, failing });
      if (this.#steps.length > STEPS_MAX) this.#steps.shift();
      return;
    }
    this.#steps[this.#steps.length - 1] = {
      atMs: last.atMs,
      accepted: last.accepted + accepted,
      matched: last.matched + matched,
      unmatched: last.unmatched + unmatched,
      delivered: last.delivered + delivered,
      failing: last.failing + failing,
    };
  }

  /** The oldest first. */
  steps(nowMs: number): readonly StatusStep[] {
    return this.#steps.filter(({ atMs }) => atMs > nowMs - STEPS_MAX * STATUS_MS);
  }
}
