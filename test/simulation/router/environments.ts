import type { Pull } from "../../../src/flow/consume/pull.ts";
import type { Poll } from "../../../src/ports/functions.ts";
import type { SimulatedRouter, World } from "./simulated-router.ts";

/** How often a poll's connection breaks just before the invocation is written to it. */
const POLL_GONE = 0.02;
/** Environments that poll each router for each function. */
const ENVIRONMENTS = 2;
/** The functions that some configuration has. */
const FUNCTIONS = ["stock", "mail", "sink"];

/** The environments that poll one router: each asks for work, answers, and asks again. */
export class Environments {
  readonly #router: SimulatedRouter;
  readonly #pull: Pull;
  readonly #world: World;
  readonly #polls = new Set<AbortController>();
  #pollEnded: () => void = () => undefined;
  #reloads: (() => void)[] = [];
  #isStopping = false;

  constructor(router: SimulatedRouter, pull: Pull, world: World) {
    this.#router = router;
    this.#pull = pull;
    this.#world = world;
  }

  start(): void {
    for (const name of FUNCTIONS) {
      for (let i = 0; i < ENVIRONMENTS; i++) void this.#poll(name);
    }
  }

  /** The connections of all that wait are cut. */
  cut(): void {
    for (const gone of [...this.#polls]) gone.abort();
  }

  /** The router has another configuration. */
  reloaded(): void {
    for (const resolve of this.#reloads.splice(0)) resolve();
  }

  /** Resolves when no poll is open. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.cut();
    while (this.#polls.size > 0) await new Promise<void>((resolve) => (this.#pollEnded = resolve));
  }

  async #poll(name: string): Promise<void> {
    const { scheduler } = this.#world;
    const { life } = this.#router;
    while (!this.#isStopping) {
      if (this.#router.variant.config.functions.get(name)?.run.kind === "runtimeApi") await this.#pollOnce(name);
      // There are environments of a function only while it is of that kind.
      else await new Promise<void>((resolve) => this.#reloads.push(resolve));
      await scheduler.wait(scheduler.chance.between(10, 1_000), life);
    }
  }

  async #pollOnce(name: string): Promise<void> {
    const { scheduler, functions } = this.#world;
    const gone = new AbortController();
    this.#polls.add(gone);
    const poll: Poll = {
      functionName: name,
      gone: gone.signal,
      invoke: (invocation, timeoutMs, signal) =>
        gone.signal.aborted || scheduler.chance.happens(POLL_GONE)
          ? Promise.resolve("gone")
          : functions.call(invocation, timeoutMs, signal, this.#router.life).finally(() => gone.abort()),
    };
    await this.#pull.onPoll(poll).catch(() => undefined);
    this.#polls.delete(gone);
    this.#pollEnded();
  }
}
