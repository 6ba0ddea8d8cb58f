import type { Outcome } from "../../../src/domain/failure/outcome.ts";
import type { Invocation } from "../../../src/ports/functions/functions.ts";
import type { Call, Ledger, Sign, Story } from "./ledger.ts";
import { redrivenOf } from "./ledger.ts";
import type { RetryPromise } from "./promises.ts";
import { hasOneRouterAtATime, isCounted, retryPromise, waitAfter } from "./promises.ts";
import type { Variant } from "../scenario.ts";
import type { Life } from "../life.ts";
import { heldIn } from "./pack.ts";
import type { HandOut } from "../rabbitmq/queue.ts";
import type { Scheduler } from "../scheduler.ts";

/** A call that a router is making. */
export interface Running {
  readonly call: Call;
  readonly story: Story;
  readonly label: string;
  readonly queue: string;
  readonly handOut: HandOut;
  readonly life: Life;
  /** Whether it was taken for a poll. Only the number of polls bounds how many such calls there are. */
  readonly polled: boolean;
}

/** What a call is made by. */
export interface Caller {
  readonly handOut: HandOut;
  readonly life: Life;
  /** By the router's clock. */
  readonly nowMs: number;
  readonly polled: boolean;
}

export interface CallRulesOptions {
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly base: Variant;
  readonly violate: (what: string) => void;
}

/** How often one copy of a poison message may be called for: a suspect is given a second chance. */
const CALLS_PER_COPY_MAX = 2;

/** For how long an ack may be on its way that was sent before a stop began. */
const ACKS_UNDER_WAY_MS = 50;

/** What must hold whenever a function or API destination is called. */
export class CallRules {
  readonly #options: CallRulesOptions;
  readonly #running = new Set<Running>();
  /** When routers began to stop. */
  readonly #stops = new WeakMap<Life, number>();
  readonly #takers = new WeakMap<HandOut, Life>();
  readonly #byInvocation = new WeakMap<Invocation, Running>();

  constructor(options: CallRulesOptions) {
    this.#options = options;
  }

  /** Calls that living routers wait for. */
  get running(): number {
    return [...this.#running].filter(({ life }) => life.alive).length;
  }

  begin(invocation: Invocation, { handOut, life, nowMs, polled }: Caller): Running {
    const { scheduler, ledger, violate } = this.#options;
    const named = heldIn(handOut.stored.message).filter(({ id }) => id === invocation.id);
    // Copies of one delivery that were redriven differently may travel in one message.
    const message = named.find((one) => redrivenOf(one) === (invocation.redriven ?? 0)) ?? named[0];
    const story = message && ledger.storyOf(message);
    if (message === undefined || story === undefined) {
      violate(`a router calls for ${invocation.id}, which is not in the message that it was handed`);
      throw new Error("a call for what was never stored");
    }
    if ((invocation.redriven ?? 0) !== redrivenOf(message))
      violate(`a call for ${story.key} says that it was redriven ${invocation.redriven ?? 0} times`);
    const call: Call = { startedAtMs: scheduler.nowMs };
    this.#checkPolicy(story, invocation, nowMs);
    if (handOut.orphanedBy === "connection")
      violate(`a router calls for ${story.id}, which it lost with its connection`);
    const calls = story.calls.get(invocation.attempt) ?? [];
    story.calls.set(invocation.attempt, [...calls, call]);
    const made = [...story.calls.values()].flat().length;
    if (story.isPoison && made > CALLS_PER_COPY_MAX * (story.copies + story.doubts)) {
      violate(`${story.key} killed ${made} routers and is neither set aside nor parked`);
    }
    const label = `${invocation.destination.kind}/${invocation.destination.name}`;
    const running = {
      call,
      story,
      label,
      queue: handOut.queue.name,
      handOut,
      life,
      polled,
    };
    this.#checkRivals(running);
    this.#takers.set(handOut, life);
    this.#running.add(running);
    this.#byInvocation.set(invocation, running);
    return running;
  }

  end(running: Running, outcome: Outcome | "gone"): void {
    running.call.endedAtMs = this.#options.scheduler.nowMs;
    running.call.outcome = outcome;
    this.#running.delete(running);
  }

  /** The router begins to stop. */
  stopping(life: Life): void {
    this.#stops.set(life, this.#options.scheduler.nowMs);
  }

  /**
   * A message is acked while its subscription goes on. A router that stops holds the acks of a queue that one router at a
   * time may consume until it has cancelled (docs/adr/0012): each would bring it another message.
   */
  acked(handOut: HandOut): void {
    const { name } = handOut.queue;
    const life = this.#takers.get(handOut);
    const stoppedAtMs = life && this.#stops.get(life);
    if (stoppedAtMs === undefined || !hasOneRouterAtATime(name)) return;
    if (this.#options.scheduler.nowMs > stoppedAtMs + ACKS_UNDER_WAY_MS)
      this.#options.violate(`a router that stops acks a message of ${name} before it cancels`);
  }

  /** The stop of a router did not wait for the end of a delivery. */
  abandoned(sign: Sign): void {
    const story = this.#options.ledger.storyOf(sign);
    if (story !== undefined) story.abandoned += 1;
  }

  /** Checks one call against the concurrency that its invoker was made for. */
  checkConcurrency(invocation: Invocation, concurrency: number): void {
    const running = this.#byInvocation.get(invocation);
    if (running === undefined) return;
    const { life, label } = running;
    const count = [...this.#running].filter((one) => one.life === life && one.label === label && !one.polled).length;
    if (count > concurrency) this.#options.violate(`a router makes ${count} calls of ${label} at once`);
  }

  /**
   * Of a queue that one router at a time may consume, only that router's calls run. A call that was under way when its
   * connection was lost may still run: the broker gives the queue to another router meanwhile.
   */
  #checkRivals(running: Running): void {
    if (running.polled) return;
    if (!hasOneRouterAtATime(running.queue)) return;
    const rivals = [...this.#running].filter(
      (one) =>
        one.queue === running.queue &&
        one.life.alive &&
        one.life !== running.life &&
        one.handOut.orphanedBy === undefined &&
        !one.polled,
    );
    if (rivals.length > 0) this.#options.violate(`two routers call from ${running.queue} at once`);
  }

  #checkPolicy(story: Story, invocation: Invocation, routerNowMs: number): void {
    const { violate, base } = this.#options;
    const promise = promiseOf(story, base);
    const who = `attempt ${invocation.attempt} of ${story.key} (${story.label})`;
    const ageMs = routerNowMs - story.firstAtMs;
    if (ageMs > promise.maximumEventAgeMs) violate(`${who} was made at the age of ${ageMs} ms`);
    if (invocation.attempt > 1) this.#checkWait(story, invocation.attempt, promise, who);
    const counted = countedBefore(story, invocation.attempt, promise);
    if (counted > promise.maximumRetryAttempts) violate(`${who} follows ${counted} failures that count`);
  }

  /** The attempt before has failed for a reason that is retried, and its wait is over. */
  #checkWait(story: Story, attempt: number, promise: RetryPromise, who: string): void {
    const before = (story.calls.get(attempt - 1) ?? []).filter((call) => call.endedAtMs !== undefined);
    const earliest = before.map((call) => Number(call.endedAtMs) + this.#leastWaitMs(call, story, attempt, promise));
    const { scheduler, violate } = this.#options;
    if (earliest.length === 0) violate(`${who} follows no finished attempt ${attempt - 1}`);
    else if (scheduler.nowMs < Math.min(...earliest)) {
      violate(`${who} was made ${Math.min(...earliest) - scheduler.nowMs} ms too early`);
    }
  }

  /** The least wait between this call and an attempt; for ever, after one that is not tried again. */
  #leastWaitMs({ outcome }: Call, story: Story, attempt: number, promise: RetryPromise): number {
    if (outcome === undefined || outcome === "gone") return Infinity;
    const isExplained = this.#options.ledger.isExplained(story);
    const counted = isExplained ? undefined : countedBefore(story, attempt - 1, promise);
    return waitAfter(outcome, attempt - 1, promise, counted)?.leastMs ?? Infinity;
  }
}

/** How the destination of a delivery is retried. */
export function promiseOf({ label, origin }: Story, base: Variant): RetryPromise {
  const rule = base.rules.find(({ bus, name }) => bus === origin?.bus && name === origin.rule);
  return retryPromise(
    label,
    rule?.targets.find(({ id }) => id === origin?.target),
    base,
  );
}

/** How many attempts before this one used up a retry, whichever copy of the delivery is asked. */
export function countedBefore(story: Story, attempt: number, promise: RetryPromise): number {
  const before = [...story.calls].filter(([number]) => number < attempt);
  const outcomes = before.map(([, calls]) =>
    calls.flatMap(({ outcome }) => (outcome === undefined || outcome === "gone" ? [] : [outcome])),
  );
  return outcomes.filter(
    (ofAttempt) => ofAttempt.length > 0 && ofAttempt.every((outcome) => !outcome.ok && isCounted(outcome, promise)),
  ).length;
}
