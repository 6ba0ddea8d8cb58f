import { within } from "../async/time-limit.ts";

/** Something that was started and must be stopped. */
interface Step {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

/**
 * What has been started, stopped in the opposite order. A step that fails or hangs is reported and does not keep
 * the ones below it from being stopped.
 */
export class Lifecycle {
  readonly #steps: Step[] = [];
  readonly #onProblem: (step: string, error: unknown) => void;

  constructor(onProblem: (step: string, error: unknown) => void) {
    this.#onProblem = onProblem;
  }

  /** Registers what undoes a start, right after the start. */
  onStop(name: string, stop: Step["stop"]): void {
    this.#steps.push({ name, stop });
  }

  /** Stops everything, last in first out, giving each step at most `stepMs`. */
  async stop(stepMs: number): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await within(stepMs, `stopping ${step.name}`, Promise.resolve(step.stop()));
      } catch (error) {
        this.#onProblem(step.name, error);
      }
    }
  }
}

/** How patient a stop is: what is under way has `drainMs` to end, and then `giveBackMs` to be given back. */
export class Drain {
  readonly drainMs: number;
  readonly #giveBackMs: number;
  readonly #abandoning = new AbortController();
  readonly #leaving = new AbortController();
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(drainMs: number, giveBackMs: number) {
    this.drainMs = drainMs;
    this.#giveBackMs = giveBackMs;
  }

  /** Fires when what is under way has had its time. */
  get abandon(): AbortSignal {
    return this.#abandoning.signal;
  }

  /** Fires when what could not be given back is to be left as it is. */
  get leave(): AbortSignal {
    return this.#leaving.signal;
  }

  begin(): void {
    this.#timers = [
      setTimeout(() => this.#abandoning.abort(), this.drainMs),
      setTimeout(() => this.#leaving.abort(), this.drainMs + this.#giveBackMs),
    ];
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
