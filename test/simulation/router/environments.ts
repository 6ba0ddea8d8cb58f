import type { Pull } from "../../../src/flow/consume/pull.ts";
import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { Invocation, Poll } from "../../../src/ports/functions/functions.ts";
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
    const { scheduler } = this.#world;
    const gone = new AbortController();
    this.#polls.add(gone);
    const poll: Poll = {
      functionName: name,
      gone: gone.signal,
      invoke: (invocation, timeoutMs, signal) =>
        gone.signal.aborted || scheduler.chance.happens(POLL_GONE)
          ? Promise.resolve("gone")
          : this.#invoke(name, invocation, timeoutMs, signal).finally(() => gone.abort()),
    };
    await this.#pull.onPoll(poll).catch(() => undefined);
    this.#polls.delete(gone);
    this.#pollEnded();
  }

  /** An environment works on it, and answers at any router: its requests go through a load balancer. */
  async #invoke(name: string, invocation: Invocation, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
    const { scheduler, functions, answers, anyRouter } = this.#world;
    const { life, hold } = this.#router;
    signal.throwIfAborted();
    const { id } = invocation;
    const waiting = answers.given(id, life, timeoutMs);
    const answer = hold.wait(name, id, timeoutMs, signal);
    const { afterMs, outcome, isPoison } = functions.work(invocation, timeoutMs);
    // Nobody ends it with the router that it works for.
    const isSilent = !isPoison && afterMs >= timeoutMs;
    if (!isSilent) {
      scheduler.after(afterMs, undefined, () => {
        if (isPoison) return functions.kill(life);
        const router = scheduler.chance.happens(0.5) ? this.#router : anyRouter();
        const said = answers.says(id, outcome, waiting);
        if (!router.isReady) return;
        void router.hold.answer(name, id, outcome).then((verdict) => {
          // By then the router that waited has gone on.
          scheduler.after(1, undefined, () => answers.told(said, verdict, router.life));
        });
      });
    }
    const got = await answer;
    answers.ended(waiting, got);
    return got ?? { ok: false, reason: "timeout", message: "simulated timeout" };
  }
}
