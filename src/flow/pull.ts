import type { Broker } from "../core/broker.ts";
import type { Config } from "../core/config.ts";
import type { Poll, PollHandler } from "../core/invocation.ts";
import { functionQueue } from "../core/queues.ts";
import type { Deliver } from "./deliver.ts";
import { FormerQueue } from "./former-queue.ts";
import type { InFlightBytes } from "./in-flight.ts";

export interface PullDeps {
  readonly broker: Pick<Broker, "take" | "depth">;
  readonly config: () => Config;
  readonly deliver: Deliver;
  readonly inFlight: InFlightBytes;
  readonly nowMs: () => number;
}

/**
 * Serves functions that poll for their work: one message is taken for each open poll, never more. When the poll is
 * gone by the time the message comes, the message goes back and nothing is counted.
 */
export function createPull(deps: PullDeps): PollHandler {
  const formerQueues = new Map<string, FormerQueue>();
  /** What waits in the queue of a former kind (a push container's) goes first. */
  const queueOf = async (name: string): Promise<string> => {
    const known = formerQueues.get(name);
    const former = known ?? new FormerQueue(functionQueue(name, "container"), deps.broker, deps.nowMs);
    if (known === undefined) formerQueues.set(name, former);
    return (await former.ready()) > 0 ? former.name : functionQueue(name, "runtimeApi");
  };
  return async (poll) => {
    let used = false;
    // A message may turn out to be one that calls nobody, such as an expired one: then the poll still waits.
    while (!used && !poll.gone.aborted) used = await pullOne(poll, queueOf, deps);
  };
}

/** Takes one message for the poll. Resolves with whether the poll was used up. */
async function pullOne(
  poll: Poll,
  queueOf: (functionName: string) => Promise<string>,
  deps: PullDeps,
): Promise<boolean> {
  const fn = deps.config().functions.get(poll.functionName);
  if (fn?.run.kind !== "runtimeApi") return true;
  const taken = await deps.broker.take(await queueOf(fn.name), poll.gone);
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
