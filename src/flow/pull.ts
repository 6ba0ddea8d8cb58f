import type { Broker } from "../core/broker.ts";
import type { Config } from "../core/config.ts";
import type { Poll, PollHandler } from "../core/invocation.ts";
import { functionQueue } from "../core/queues.ts";
import type { Deliver } from "./deliver.ts";
import type { InFlightBytes } from "./in-flight.ts";

export interface PullDeps {
  readonly broker: Pick<Broker, "take" | "depth">;
  readonly config: () => Config;
  readonly deliver: Deliver;
  readonly inFlight: InFlightBytes;
}

/**
 * Serves functions that poll for their work: one message is taken for each open poll, never more. When the poll is
 * gone by the time the message comes, the message goes back and nothing is counted.
 */
export function createPull(deps: PullDeps): PollHandler {
  return async (poll) => {
    let used = false;
    // A message may turn out to be one that calls nobody, such as an expired one: then the poll still waits.
    while (!used && !poll.gone.aborted) used = await pullOne(poll, deps);
  };
}

/** Takes one message for the poll. Resolves with whether the poll was used up. */
async function pullOne(poll: Poll, deps: PullDeps): Promise<boolean> {
  const fn = deps.config().functions.get(poll.functionName);
  if (fn?.run.kind !== "runtimeApi") return true;
  const taken = await deps.broker.take(await queueOf(fn.name, deps), poll.gone);
  if (taken === undefined) return true;
  const bytes = taken.message.body.length;
  deps.inFlight.take(bytes);
  let used = false;
  try {
    const delivered = await deps.deliver(taken.message, (invocation, signal) => {
      used = true;
      return poll.invoke(invocation, fn.timeoutSeconds * 1_000, signal);
    });
    await (delivered === "gone" ? taken.giveBack() : taken.ack());
  } catch (error) {
    await taken.giveBack();
    throw error;
  } finally {
    deps.inFlight.release(bytes);
  }
  return used;
}

/** What waits in the queue of a former kind (a push container's) goes first. A broker that is away is waited for by `take`. */
async function queueOf(name: string, deps: PullDeps): Promise<string> {
  const former = functionQueue(name, "container");
  const depth = await deps.broker.depth(former).catch(() => undefined);
  const waiting = depth?.ready ?? 0;
  return waiting > 0 ? former : functionQueue(name, "runtimeApi");
}
