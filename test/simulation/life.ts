import { AsyncLocalStorage } from "node:async_hooks";
import type { Cancel, Scheduler } from "./scheduler.ts";

const lives = new AsyncLocalStorage<Life>();

/**
 * A simulated process. What runs in it sees simulated time: its timers, clocks and chance are the scheduler's. When it
 * has died, nothing of its own happens any more.
 */
export class Life {
  alive = true;
  /** Until then it makes no step, as a process that is stopped: what is due is late. */
  frozenUntilMs = 0;
  /** How far its clock is ahead of the true time, milliseconds. */
  clockAheadMs = 0;
  readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  /** The life of the code that runs now; undefined outside of every simulated process. */
  static get current(): Life | undefined {
    return lives.getStore();
  }

  /** Runs something in this process, with everything that follows from it. */
  run<Result>(step: () => Result): Result {
    return lives.run(this, step);
  }

  get isFrozen(): boolean {
    return this.scheduler.nowMs < this.frozenUntilMs;
  }

  /** Epoch milliseconds by its own clock. */
  get nowMs(): number {
    return this.scheduler.nowMs + this.clockAheadMs;
  }
}

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  dateNow: Date.now,
  performanceNow: performance.now.bind(performance),
  random: Math.random,
  abortTimeout: AbortSignal.timeout.bind(AbortSignal),
  abortAny: AbortSignal.any.bind(AbortSignal),
};

/** As much of a Node.js timer as the router uses. */
class SimulatedTimer {
  readonly #life: Life;
  readonly #delayMs: number;
  readonly #callback: () => void;
  #cancel: Cancel;

  constructor(life: Life, delayMs: number, callback: () => void) {
    this.#life = life;
    this.#delayMs = delayMs;
    this.#callback = callback;
    this.#cancel = life.scheduler.after(delayMs, life, callback);
  }

  cancel(): void {
    this.#cancel();
  }

  refresh(): this {
    this.#cancel();
    this.#cancel = this.#life.scheduler.after(this.#delayMs, this.#life, this.#callback);
    return this;
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

function setTimeoutInLife(callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): unknown {
  const life = Life.current;
  if (life === undefined) return real.setTimeout(callback, delayMs, ...args);
  return new SimulatedTimer(life, delayMs, () => callback(...args));
}

function setIntervalInLife(callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): unknown {
  const life = Life.current;
  if (life === undefined) return real.setInterval(callback, delayMs, ...args);
  const timer = new SimulatedTimer(life, delayMs, () => {
    timer.refresh();
    callback(...args);
  });
  return timer;
}

function setImmediateInLife(callback: (...args: unknown[]) => void, ...args: unknown[]): unknown {
  const life = Life.current;
  if (life === undefined) return real.setImmediate(callback, ...args);
  return life.scheduler.after(0, life, () => callback(...args));
}

function clearTimeoutInLife(timer: unknown): void {
  if (timer instanceof SimulatedTimer) timer.cancel();
  else real.clearTimeout(timer as NodeJS.Timeout);
}

function clearIntervalInLife(timer: unknown): void {
  if (timer instanceof SimulatedTimer) timer.cancel();
  else real.clearInterval(timer as NodeJS.Timeout);
}

function abortTimeoutInLife(delayMs: number): AbortSignal {
  const life = Life.current;
  if (life === undefined) return real.abortTimeout(delayMs);
  const controller = new AbortController();
  life.scheduler.after(delayMs, life, () =>
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")),
  );
  return controller.signal;
}

/**
 * Node.js keeps such a signal until it fires, if somebody listens to it. Those of a router that has died never fire, and
 * with them its whole simulation would stay in memory.
 */
function abortAnyInLife(signals: AbortSignal[]): AbortSignal {
  if (Life.current === undefined) return real.abortAny(signals);
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

// The router and amqplib use these as they are, so they are replaced for whatever runs in a life, and for nothing else.
Object.assign(globalThis, {
  setTimeout: setTimeoutInLife,
  clearTimeout: clearTimeoutInLife,
  setImmediate: setImmediateInLife,
  setInterval: setIntervalInLife,
  clearInterval: clearIntervalInLife,
});
Date.now = () => Life.current?.nowMs ?? real.dateNow();
performance.now = () => Life.current?.scheduler.elapsedMs ?? real.performanceNow();
Math.random = () => Life.current?.scheduler.chance.next() ?? real.random();
AbortSignal.timeout = abortTimeoutInLife;
AbortSignal.any = abortAnyInLife;
