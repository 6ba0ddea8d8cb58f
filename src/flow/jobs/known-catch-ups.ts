import type { JobRecordOf } from "./job-record.ts";
import { CATCH_UPS_A_RECORD } from "./job-record.ts";

/** Of more, the oldest are forgotten. */
const KNOWN_MAX = 1_000;

interface Known {
  /** How much of the log had been read up to the end of the last record that says so. */
  readonly endBytes: number;
  /** Undefined for one whose job is known no more. */
  readonly jobId: string | undefined;
}

/** The catch-ups that were ever begun, by name. Each is known for longer than its job: none begins a second time. */
export class KnownCatchUps {
  readonly #known = new Map<string, Known>();

  has(name: string): boolean {
    return this.#known.has(name);
  }

  jobOf(name: string): string | undefined {
    return this.#known.get(name)?.jobId;
  }

  add(name: string, endBytes: number, jobId = this.jobOf(name)): void {
    this.#known.set(name, { endBytes, jobId });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  renewals(beforeBytes: number): readonly JobRecordOf<"caughtUp">[] {
    const old = [...this.#known].filter(([, { endBytes }]) => endBytes < beforeBytes).map(([name]) => name);
    const records: JobRecordOf<"caughtUp">[] = [];
    for (let at = 0; at < old.length; at += CATCH_UPS_A_RECORD) {
      records.push({ event: "caughtUp", names: old.slice(at, at + CATCH_UPS_A_RECORD) });
    }
    return records;
  }
}
