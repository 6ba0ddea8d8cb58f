import type { Delivery } from "../../domain/delivery/delivery.ts";
import { deliveryMessage } from "../../domain/delivery/delivery-message.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { CallRefusal } from "../../domain/invoke.ts";
import { functionQueue, functionQueueKind } from "../../domain/queue/queues.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";
import { destinationLabel, functionRef } from "../../domain/target/target.ts";
import type { PauseSource } from "../../ports/admin/pauses.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { AskedCall, InvokeEnd, FunctionCalls, WaitingCall } from "../../ports/functions/function-calls.ts";
import type { Invocation, PreparedCall } from "../../ports/functions/functions.ts";
import type { InvokeObserver } from "../../ports/observer.ts";
import type { CallOutputs } from "../functions/call-outputs.ts";
import type { CallPermits } from "../functions/call-permits.ts";
import type { Callee } from "../functions/callee.ts";
import type { Callees } from "../functions/callees.ts";
import type { PollSources } from "./any-poll.ts";
import { anyPoll } from "./any-poll.ts";
import { logTail } from "./log-tail.ts";
import { RouterLostError } from "./routers-polls.ts";

/** How long a caller waits for an environment that asks for work: as long as Lambda gives one to start. */
const ENVIRONMENT_MS = 10_000;

export interface InvokeDeps extends PollSources {
  readonly broker: Pick<Publisher, "publish">;
  readonly callees: Pick<Callees, "find">;
  readonly paused: Pick<PauseSource, "isPaused">;
  /** The permits of a function with reserved concurrency. */
  readonly permitsOf: (functionName: string) => CallPermits | undefined;
  readonly outputs: CallOutputs;
  readonly observer: InvokeObserver;
  /** Whether no other router can be at the broker. */
  readonly isOnlyRouter: boolean;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Fires when the bound of a stop has passed: calls are abandoned. */
  readonly abandon: AbortSignal;
}

/** The right to make one call. */
interface Permit {
  readonly call: PreparedCall;
  readonly leave: () => void;
}

/**
 * Calls functions for callers outside, within the same slots, circuits and pauses as deliveries do. A caller who waits gets
 * what is free at once, and never waits behind deliveries.
 */
export class InvokedFunctions implements FunctionCalls {
  readonly #deps: InvokeDeps;
  /** Those whose circuit was half open when a caller was let through: one finds out for all. */
  readonly #trials = new WeakSet<Callee>();

  constructor(deps: InvokeDeps) {
    this.#deps = deps;
  }

  canWaitFor({ run }: FunctionConfig): boolean {
    return run.kind !== "container" || this.#deps.isOnlyRouter;
  }

  async call(asked: WaitingCall): Promise<InvokeEnd> {
    const { observer, outputs, nowMs } = this.#deps;
    const { id, fn, by, payload, wantsLog } = asked;
    const keepsLog = wantsLog && fn.run.kind === "process";
    if (keepsLog) outputs.begin(id, "log");
    try {
      let startedAtMs = nowMs();
      // The wait for an environment is no part of the call.
      const end = await this.#endOf(asked, () => (startedAtMs = nowMs()));
      const endedAtMs = nowMs();
      observer.invoked({ requestId: id, functionName: fn.name, by, end, payload, startedAtMs, endedAtMs });
      if (typeof end === "string") return { kind: "refused", reason: end };
      const written = keepsLog ? await outputs.end(id) : undefined;
      return { kind: "called", outcome: end, log: written && logTail(written) };
    } finally {
      outputs.forget(id);
    }
  }

  async queue({ id, fn, qualifier, payload, trace, by }: AskedCall): Promise<void> {
    const { broker, observer, nowMs } = this.#deps;
    const delivery: Delivery = {
      id,
      destination: functionRef(fn.name, qualifier),
      body: payload,
      rendered: {},
      attempt: 1,
      countedRetries: 0,
      firstAtMs: nowMs(),
      hops: 0,
      suspicions: 0,
      ...trace,
    };
    const fact = { requestId: id, functionName: fn.name, by, bytes: payload.length };
    try {
      await broker.publish([deliveryMessage(delivery, functionQueue(fn.name, functionQueueKind(fn)))]);
    } catch (error) {
      if (error instanceof PublishError) observer.invokeQueued({ ...fact, isStored: false });
      throw error;
    }
    observer.invokeQueued({ ...fact, isStored: true });
  }

  /** The version that was drawn may be out of order, which the function as a whole need not be. */
  async #endOf(asked: WaitingCall, began: () => void): Promise<Outcome | CallRefusal> {
    const end = await this.#outcomeOf(asked, began);
    return typeof end !== "string" && !end.ok && end.reason === "circuit_open" ? "circuit_open" : end;
  }

  /** @param began called when the function is about to be called, maybe more than once. */
  async #outcomeOf(asked: WaitingCall, began: () => void): Promise<Outcome | CallRefusal> {
    const { observer, abandon } = this.#deps;
    const { name } = asked.fn;
    const invocation = invocationOf(asked);
    for (;;) {
      const permit = await this.#enter(asked);
      if (typeof permit === "string") return permit;
      observer.invokeStarted(name);
      began();
      try {
        const outcome = await permit.call(invocation, abandon);
        // An environment that went away before it took the call: another one may be there.
        if (outcome !== "gone") return outcome;
      } catch (error) {
        if (!abandon.aborted && !(error instanceof RouterLostError)) throw error;
        return "stopped";
      } finally {
        permit.leave();
        observer.invokeEnded(name);
      }
    }
  }

  #enter({ fn, gone }: WaitingCall): Promise<Permit | CallRefusal> | Permit | CallRefusal {
    const { callees, paused } = this.#deps;
    const label = destinationLabel({ kind: "function", name: fn.name });
    if (paused.isPaused(label)) return "paused";
    if (fn.reservedConcurrency === 0) return "no_slot";
    if (fn.run.kind === "runtimeApi") return this.#reservedPoll(fn, label, gone);
    const callee = callees.find(label);
    // It is between two invokers, or the router stops.
    if (callee === undefined) return "no_slot";
    if (this.#isTried(callee)) return "circuit_open";
    if (callee.tryEnterAsCaller()) return this.#entered(callee);
    return callee.enterFree().then((isIn) => (isIn ? this.#entered(callee) : refusalOf(callee)));
  }

  /** Whether its circuit is half open, and a caller is finding out for all. */
  #isTried(callee: Callee): boolean {
    return callee.circuit === "half-open" && this.#trials.has(callee);
  }

  #entered(callee: Callee): Permit | CallRefusal {
    // Another caller may have begun the trial while this one waited for a permit.
    if (this.#isTried(callee)) {
      callee.leaveAsCaller();
      return "circuit_open";
    }
    const isTrial = callee.circuit === "half-open";
    if (isTrial) this.#trials.add(callee);
    const leave = (): void => {
      // One that came in before the circuit opened may end during another's trial.
      if (isTrial) this.#trials.delete(callee);
      callee.leaveAsCaller();
    };
    return { call: callee.call, leave };
  }

  /** @returns with a permit besides the poll, where the function's concurrency is reserved. */
  async #reservedPoll(fn: FunctionConfig, label: string, gone: AbortSignal): Promise<Permit | CallRefusal> {
    const permits = this.#deps.permitsOf(fn.name);
    if (permits === undefined) return this.#poll(fn, label, gone);
    if (!(await permits.takeFree())) return "no_slot";
    const permit = await this.#poll(fn, label, gone);
    if (typeof permit === "string") {
      permits.release();
      return permit;
    }
    const leave = (): void => {
      permits.release();
      permit.leave();
    };
    return { call: permit.call, leave };
  }

  async #poll(
    { name, timeoutSeconds }: FunctionConfig,
    label: string,
    gone: AbortSignal,
  ): Promise<Permit | CallRefusal> {
    const { paused, sleep, abandon } = this.#deps;
    // It may be the second environment that is waited for, after the router's stop or its caller's end.
    const ended = (): CallRefusal | undefined =>
      abandon.aborted ? "stopped" : gone.aborted ? "caller_gone" : undefined;
    const alreadyEnded = ended();
    if (alreadyEnded !== undefined) return alreadyEnded;
    const over = new AbortController();
    const waited = new AbortController();
    const end = (): void => over.abort();
    for (const signal of [abandon, gone]) signal.addEventListener("abort", end, { signal: waited.signal });
    sleep(ENVIRONMENT_MS, waited.signal).then(end, () => undefined);
    const taken = await anyPoll(name, this.#deps, over);
    waited.abort();
    if (taken === undefined) return ended() ?? "no_environment";
    if (taken === "full") return "no_slot";
    const { poll, done } = taken;
    // Its caller may have hung up while it came, and it may have been paused.
    const refusal = ended() ?? (paused.isPaused(label) ? "paused" : undefined);
    if (refusal !== undefined) {
      done(false);
      return refusal;
    }
    return {
      call: (invocation, signal) => poll.invoke(invocation, timeoutSeconds * 1_000, signal),
      leave: () => done(true),
    };
  }
}

function refusalOf(callee: Callee): CallRefusal {
  if (callee.isPaused) return "paused";
  return callee.circuit === "open" ? "circuit_open" : "no_slot";
}

function invocationOf({ id, fn, payload, trace, qualifier, clientContext, sink }: WaitingCall): Invocation {
  return {
    id,
    attempt: 1,
    destination: functionRef(fn.name, qualifier),
    payload,
    ...trace,
    ...(clientContext === undefined ? {} : { clientContext }),
    ...(sink === undefined ? {} : { sink }),
  };
}
