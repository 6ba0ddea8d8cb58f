import { residentMiB } from "../resident-memory.ts";

const INTERVAL_MS = 200;

/** Looks at a process's memory now and then. */
export class MemoryWatch {
  readonly #timer: NodeJS.Timeout;
  #mostMiB = 0;

  constructor(pid: number) {
    this.#timer = setInterval(() => (this.#mostMiB = Math.max(this.#mostMiB, residentMiB(pid))), INTERVAL_MS);
  }

  /** Ends the watch; the most that was seen, in MiB. */
  stop(): number {
    clearInterval(this.#timer);
    return this.#mostMiB;
  }
}
