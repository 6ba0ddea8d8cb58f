import type { Outcome } from "../../domain/failure/outcome.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { Invocation, Poll } from "../../ports/functions/functions.ts";
import type { TakenPoll, WaitingPolls } from "../functions/waiting-polls.ts";
import type { CallOutcome, PollMessage } from "./poll-message.ts";
import { decodePollMessage, encodePollMessage } from "./poll-message.ts";

/** How long a router that was asked waits for a poll, as a caller does. */
const WANT_MS = 10_000;
/** How long a poll is kept for the router that asked. */
const KEPT_MS = 2_000;
/** How often a router that has a call in hand says so, and after how long a silence it counts as lost. */
const ALIVE_MS = 1_000;
const SILENCE_MS = 5_000;

/** The router that had a call in hand is gone, or stopped with it. The function may have been called. */
export class RouterLostError extends Error {
  override readonly name = "RouterLostError";
}

export interface RoutersPollsOptions {
  readonly broker: Broadcast;
  /** The polls of this router. */
  readonly polls: Pick<WaitingPolls, "take">;
  /** Where the payloads of other routers' calls are counted. */
  readonly inFlight: { take(bytes: number): void; release(bytes: number): void };
  readonly newId: () => string;
  /** Fires when the bound of a stop has passed. */
  readonly abandon: AbortSignal;
  /** The broker did not take a message. Called once until it takes one again. */
  readonly onError: (error: Error) => void;
}

/** A call that another router has in hand. */
interface Underway {
  readonly alive: () => void;
  readonly end: (outcome: CallOutcome) => void;
}

/** A poll that waits for the router that asked. */
interface Kept {
  readonly taken: TakenPoll;
  readonly timer: NodeJS.Timeout;
}

/**
 * Brings calls to environments that poll another router. The router that is asked broadcasts that it wants a poll; each that
 * has one keeps it for a moment and says so; the first is sent the call, and sends back what came of it. Nothing is stored:
 * a call is lost with either router, and its caller gets an error.
 */
export class RoutersPolls {
  readonly #options: RoutersPollsOptions;
  /** What this router has asked for. */
  readonly #asked = new Map<string, (holder: string) => void>();
  readonly #underway = new Map<string, Underway>();
  /** What others have asked for. */
  readonly #wanted = new Map<string, AbortController>();
  /** What it keeps for them. */
  readonly #kept = new Map<string, Kept>();
  /** Whether the broker did not take the last message. */
  #isFailing = false;

  constructor(options: RoutersPollsOptions) {
    this.#options = options;
    options.broker.onBroadcast((body) => this.#receive(body));
  }

  /** A poll at another router, as soon as one has one; undefined when `over` fires before. Never rejects. */
  async find(functionName: string, over: AbortSignal): Promise<TakenPoll | undefined> {
    const { broker, newId } = this.#options;
    const { address } = broker;
    if (address === undefined || over.aborted) return undefined;
    const ask = newId();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const leave = (): void => {
      this.#asked.delete(ask);
      resolve(undefined);
    };
    this.#asked.set(ask, (holder) => {
      this.#asked.delete(ask);
      resolve(holder);
    });
    over.addEventListener("abort", leave, { once: true });
    void this.#isSent(broker.broadcast(encodePollMessage({ type: "want", ask, from: address, functionName }))).then(
      (isSent) => isSent || leave(),
    );
    const holder = await promise;
    over.removeEventListener("abort", leave);
    const except = holder === undefined ? {} : { except: holder };
    void this.#isSent(broker.broadcast(encodePollMessage({ type: "over", ask, ...except })));
    if (holder === undefined) return undefined;
    const poll: Poll = {
      functionName,
      gone: this.#options.abandon,
      invoke: (invocation, timeoutMs, signal) => this.#call({ ask, holder }, invocation, timeoutMs, signal),
    };
    return { poll, done: (isUsed) => isUsed || void this.#send(holder, { type: "over", ask }) };
  }

  /** @throws RouterLostError, and the signal's reason when that fires */
  async #call(
    { ask, holder }: { readonly ask: string; readonly holder: string },
    invocation: Invocation,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Outcome | "gone"> {
    const { address } = this.#options.broker;
    if (address === undefined) return "gone";
    const { promise, resolve, reject } = Promise.withResolvers<CallOutcome>();
    // It may be rejected while the call is still being sent, and nobody waits for it yet.
    promise.catch(() => undefined);
    const lose = (): void => resolve("lost");
    let timer = setTimeout(lose, SILENCE_MS);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(lose, SILENCE_MS);
    };
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    this.#underway.set(ask, { alive, end: resolve });
    try {
      const isSent = await this.#send(holder, { type: "call", ask, from: address, timeoutMs, invocation });
      // A call that the broker did not confirm may have arrived all the same.
      const outcome = isSent ? await promise : "lost";
      if (outcome !== "lost") return outcome;
      throw new RouterLostError("the router that had the call in hand is gone");
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      this.#underway.delete(ask);
    }
  }

  #receive(body: Buffer): void {
    const message = decodePollMessage(body);
    if (message === undefined) return;
    const { ask } = message;
    switch (message.type) {
      case "want":
        // A broadcast comes back to its sender, which waits for its own polls besides.
        if (message.from !== this.#options.broker.address) void this.#keep(message);
        return;
      case "have": {
        const answer = this.#asked.get(ask);
        if (answer === undefined) void this.#send(message.from, { type: "over", ask });
        else answer(message.from);
        return;
      }
      case "over":
        if (message.except === this.#options.broker.address) return;
        this.#wanted.get(ask)?.abort();
        this.#letGo(ask)?.done(false);
        return;
      case "call":
        return void this.#serve(message);
      case "alive":
        return this.#underway.get(ask)?.alive();
      case "ended":
        return this.#underway.get(ask)?.end(message.outcome);
    }
  }

  /** Keeps a poll for a router that wants one. */
  async #keep({ ask, from, functionName }: Extract<PollMessage, { type: "want" }>): Promise<void> {
    const { broker, polls } = this.#options;
    const over = new AbortController();
    const timeout = setTimeout(() => over.abort(), WANT_MS);
    this.#wanted.set(ask, over);
    const taken = await polls.take(functionName, over.signal);
    clearTimeout(timeout);
    this.#wanted.delete(ask);
    if (taken === undefined || taken === "full") return;
    const { address } = broker;
    if (address === undefined) return taken.done(false);
    const timer = setTimeout(() => this.#letGo(ask)?.done(false), KEPT_MS);
    this.#kept.set(ask, { taken, timer });
    await this.#send(from, { type: "have", ask, from: address });
  }

  #letGo(ask: string): TakenPoll | undefined {
    const kept = this.#kept.get(ask);
    clearTimeout(kept?.timer);
    this.#kept.delete(ask);
    return kept?.taken;
  }

  /** Makes another router's call. */
  async #serve({ ask, from, timeoutMs, invocation }: Extract<PollMessage, { type: "call" }>): Promise<void> {
    const { inFlight, abandon } = this.#options;
    const taken = this.#letGo(ask);
    const end = (outcome: CallOutcome) => this.#send(from, { type: "ended", ask, outcome });
    if (taken === undefined) {
      await end("gone");
      return;
    }
    const bytes = invocation.payload.length;
    const alive = setInterval(() => void this.#send(from, { type: "alive", ask }), ALIVE_MS);
    inFlight.take(bytes);
    // It rejects only at the end of a stop.
    const outcome = await taken.poll.invoke(invocation, timeoutMs, abandon).catch((): CallOutcome => "lost");
    inFlight.release(bytes);
    clearInterval(alive);
    taken.done(true);
    await end(outcome);
  }

  #send(to: string, message: PollMessage): Promise<boolean> {
    return this.#isSent(this.#options.broker.send(to, encodePollMessage(message)));
  }

  /** Whether the broker took it. */
  async #isSent(sending: Promise<void>): Promise<boolean> {
    try {
      await sending;
      this.#isFailing = false;
      return true;
    } catch (cause) {
      // Each call in hand sends a message each second, all of which fail while the broker is away.
      const message = "a call could not be brought to another router, or its end back";
      if (!this.#isFailing) this.#options.onError(new Error(message, { cause }));
      this.#isFailing = true;
      return false;
    }
  }
}
