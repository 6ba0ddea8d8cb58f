import type { ArchivedEvent, ArchiveReader } from "../../../src/ports/broker/archive.ts";
import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

/** An event of the archive, and the time that it says of itself. */
export interface KnownEvent {
  readonly id: string;
  readonly timeMs: number;
  /** When it was archived, by simulated time. */
  readonly archivedMs: number;
}

const CHUNK = 7;

/** An archive whose reading breaks off now and then, and takes its time. */
export class SimulatedArchive {
  readonly known: KnownEvent[] = [];
  /** For a chunk: that the reading breaks off before it. */
  brokenOff = 0;
  isAway = false;
  readonly #events: ArchivedEvent[] = [];
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  store(timeMs: number): void {
    const id = `e-${this.known.length}`;
    const time = new Date(timeMs).toISOString().replace(".000", "");
    const fields = { version: "0", id, "detail-type": "t", source: "shop", account: "1", time, region: "r" };
    const body = Buffer.from(JSON.stringify({ ...fields, resources: [], detail: {} }));
    this.#events.push({ position: this.known.length, atMs: this.#scheduler.nowMs, body });
    this.known.push({ id, timeMs, archivedMs: this.#scheduler.nowMs });
  }

  connect(life: Life): Pick<ArchiveReader, "extent" | "read"> {
    return {
      extent: async () => {
        await this.#answer(life);
        return { first: 0, end: this.#events.length, events: this.#events.length, bytes: 0 };
      },
      read: async (_name, { from, to }, listener, signal) => {
        for (let at = from; at < to; at += CHUNK) {
          await this.#answer(life);
          if (signal?.aborted === true) return;
          await listener(this.#events.slice(at, Math.min(to, at + CHUNK)));
        }
      },
    };
  }

  async #answer(life: Life): Promise<void> {
    const { chance } = this.#scheduler;
    await this.#scheduler.wait(chance.between(0, 30), life);
    if (this.isAway || chance.happens(this.brokenOff)) throw new Error("the reading broke off");
  }
}
