import type { Chance } from "./chance.ts";
import type { Life } from "./life.ts";

interface Scheduled {
  atMs: number;
  /** Decides the order of what is due at the same moment. */
  lot: number;
  readonly life: Life | undefined;
  readonly step: () => void;
  cancelled: boolean;
}

/** Cancels what was scheduled. */
export type Cancel = () => void;

/** When simulated time begins, epoch milliseconds. */
const BEGIN_MS = Date.UTC(2026, 0, 1);
/** Longer than any simulation lasts. */
const FAR_MS = 1e10;

/**
 * Simulated time. Whatever takes time is scheduled here, and happens in the order of its time; between two such steps
 * every promise that can go on goes on. So a router can be stopped dead between any two of its awaits, and one seed
 * always comes to the same end.
 */
export class Scheduler {
  readonly chance: Chance;
  #nowMs = BEGIN_MS;
  #steps = 0;
  readonly #heap: Scheduled[] = [];

  constructor(chance: Chance) {
    this.chance = chance;
  }

  /** Epoch milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many steps were made. */
  get steps(): number {
    return this.#steps;
  }

  /** Since the simulation began, milliseconds. */
  get elapsedMs(): number {
    return this.#nowMs - BEGIN_MS;
  }

  /** Makes a step after that many milliseconds, unless the life it belongs to has ended by then. */
  after(delayMs: number, life: Life | undefined, step: () => void): Cancel {
    const scheduled: Scheduled = {
      atMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)),
      lot: this.chance.next(),
      life,
      step,
      cancelled: false,
    };
    this.#push(scheduled);
    return () => (scheduled.cancelled = true);
  }

  /** Resolves after that many milliseconds; never, if the life ends before. */
  wait(delayMs: number, life?: Life): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, life, resolve));
  }

  /** As the router's own `sleep`: rejects when the signal fires. As in Node.js, it takes a millisecond at least. */
  sleep(delayMs: number, signal: AbortSignal, life: Life): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const cancel = this.after(Math.max(1, delayMs), life, () => {
        signal.removeEventListener("abort", aborted);
        resolve();
      });
      const aborted = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", aborted, { once: true });
    });
  }

  /** Makes steps until the condition holds or time is up. Resolves with whether the condition holds. */
  async run(done: () => boolean, boundMs: number): Promise<boolean> {
    const untilMs = this.#nowMs + boundMs;
    await settled();
    while (!done()) {
      const next = this.#pop();
      if (next === undefined || next.atMs > untilMs) {
        if (next !== undefined) this.#push(next);
        this.#nowMs = untilMs;
        return done();
      }
      if (next.cancelled || next.life?.alive === false) continue;
      if (next.life !== undefined && next.life.frozenUntilMs > next.atMs) {
        this.#thaw(next, next.life.frozenUntilMs);
        continue;
      }
      this.#nowMs = next.atMs;
      this.#steps += 1;
      if (next.life === undefined) next.step();
      else next.life.run(next.step);
      await settled();
    }
    return true;
  }

  /** What was due while its life was frozen is done afterwards, in the order in which it was due. */
  #thaw(scheduled: Scheduled, atMs: number): void {
    scheduled.lot = (scheduled.atMs - BEGIN_MS + scheduled.lot / 1_000) / FAR_MS;
    scheduled.atMs = atMs;
    this.#push(scheduled);
  }

  #push(scheduled: Scheduled): void {
    const heap = this.#heap;
    let at = heap.push(scheduled) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(scheduled, heap[parent])) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = scheduled;
  }

  #pop(): Scheduled | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || top === last) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child])) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(one: Scheduled, other: Scheduled | undefined): boolean {
  if (other === undefined) return false;
  return one.atMs === other.atMs ? one.lot < other.lot : one.atMs < other.atMs;
}

/** Resolves when no promise is left that can go on: Node.js runs a tick only after the last microtask. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
