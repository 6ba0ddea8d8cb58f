import { Slots } from "../../../async/slots.ts";
import type { Invocation, Invoker } from "../../../ports/functions/functions.ts";
import type { Outcome } from "../../../domain/failure/outcome.ts";
import { layerFailure } from "./layers/layer-failure.ts";
import type { PreparedLayers } from "./layers/layer-variables.ts";
import { NO_LAYERS, prepareLayers } from "./layers/layer-variables.ts";
import type { EnvironmentOptions, ProcessFunction } from "./environment-options.ts";
import { ProcessEnvironment } from "./process-environment.ts";

export interface ProcessOptions extends EnvironmentOptions {
  /** How long an idle process is kept. 5 minutes by default. */
  readonly idleMs?: number;
}

interface Idle {
  readonly environment: ProcessEnvironment;
  readonly timer: NodeJS.Timeout;
}

const IDLE_MS = 300_000;

/**
 * Runs a function as a local command that uses the Lambda Runtime API, in at most `concurrency` processes. A process
 * starts on demand, takes one invocation at a time, and is kept for the next ones. Only a delivery starts a process, so a
 * command that crashes starts no more often than deliveries are retried.
 */
export function processInvoker(fn: ProcessFunction, options: ProcessOptions): Invoker {
  return new ProcessPool(fn, options);
}

class ProcessPool implements Invoker {
  readonly #fn: ProcessFunction;
  readonly #options: ProcessOptions;
  readonly #calls: Slots;
  /** Those that are ending are among them: they still take up memory. */
  readonly #environments = new Set<ProcessEnvironment>();
  /** Least recently used first. */
  #idle: Idle[] = [];
  #preparing: Promise<PreparedLayers | Error> | undefined;

  constructor(fn: ProcessFunction, options: ProcessOptions) {
    this.#fn = fn;
    this.#options = options;
    this.#calls = new Slots(() => fn.concurrency);
    // A large archive takes seconds to unpack: that begins before the first call. What goes wrong is that call's failure.
    if (fn.run.layers !== undefined) void this.#layers();
  }

  async invoke(invocation: Invocation, signal: AbortSignal): Promise<Outcome> {
    if (!(await this.#calls.take(signal))) throw signal.reason as Error;
    try {
      const layers = await this.#layers();
      signal.throwIfAborted();
      if (layers instanceof Error) return layerFailure(layers, invocation.id);
      for (let isSecondStart = false; ;) {
        const environment = await this.#environment(layers);
        const outcome = await environment.invoke(invocation, signal, isSecondStart);
        if (environment.isUsable) this.#rest(environment);
        if (outcome === "gone") continue;
        // As on Lambda: the call is tried again in a fresh environment, whose start is within the call's time-out.
        if (isSecondStart || !environment.isStillborn) return outcome;
        isSecondStart = true;
      }
    } finally {
      this.#calls.release();
    }
  }

  async close(): Promise<void> {
    for (const { timer } of this.#idle) clearTimeout(timer);
    this.#idle = [];
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
  }

  /** The function's layers, or why they cannot be used; the next call tries again then. Never rejects. */
  #layers(): Promise<PreparedLayers | Error> {
    const { command, layers = [] } = this.#fn.run;
    if (layers.length === 0) return Promise.resolve(NO_LAYERS);
    this.#preparing ??= prepareLayers(layers, command).catch((error: unknown) => {
      this.#preparing = undefined;
      return error as Error;
    });
    return this.#preparing;
  }

  /** The idle one that was used last, so that the others reach their idle time; a new one where none is idle. */
  async #environment(layers: PreparedLayers): Promise<ProcessEnvironment> {
    for (;;) {
      const idle = this.#idle.pop();
      clearTimeout(idle?.timer);
      if (idle !== undefined) return idle.environment;
      if (this.#environments.size < this.#fn.concurrency) return this.#start(layers);
      // The caller has a slot, so one of them is ending.
      await Promise.race([...this.#environments].map(({ ended }) => ended));
    }
  }

  #start(layers: PreparedLayers): ProcessEnvironment {
    const environment = new ProcessEnvironment(this.#fn, layers, this.#options);
    this.#environments.add(environment);
    void environment.ended.then(() => {
      this.#environments.delete(environment);
      this.#forget(environment);
    });
    return environment;
  }

  #rest(environment: ProcessEnvironment): void {
    const timer = setTimeout(() => {
      this.#forget(environment);
      void environment.stop();
    }, this.#options.idleMs ?? IDLE_MS);
    this.#idle.push({ environment, timer });
  }

  #forget(environment: ProcessEnvironment): void {
    const gone = this.#idle.find((idle) => idle.environment === environment);
    clearTimeout(gone?.timer);
    this.#idle = this.#idle.filter((idle) => idle !== gone);
  }
}
