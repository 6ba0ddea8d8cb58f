import type { Taker } from "../../ports/broker/taker.ts";
import type { Taken } from "../../ports/broker/taker.ts";
import type { Config } from "../../domain/config.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";
import type { Poll, PollHandler, PreparedCall } from "../../ports/functions/functions.ts";
import { functionQueue } from "../../domain/queue/queues.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { CallPermits } from "../functions/call-permits.ts";
import type { WaitingPolls } from "../functions/waiting-polls.ts";
import { PollTurns } from "./poll-turns.ts";
import type { PauseSource } from "../../ports/admin/pauses.ts";

/** How long a message in hand waits for a permit of a function with reserved concurrency. */
const PERMIT_MS_MAX = 10_000;

export interface PullDeps {
  readonly broker: Taker;
  readonly config: () => Config;
  /** Handles a message, maybe with one call that answers the poll. `gone`: the poll went away, and nothing happened. */
  readonly handle: (message: Received, call: PreparedCall) => Promise<"settled" | "gone">;
  readonly inFlight: InFlightBytes;
  readonly paused: PauseSource;
  /** Where callers who wait for an answer take polls. */
  readonly polls: Pick<WaitingPolls, "offer">;
  /** The permits of a function with reserved concurrency. */
  readonly permitsOf?: (functionName: string) => CallPermits | undefined;
}

export interface Pull {
  /**
   * Serves one poll with one message at most, or with a caller who waits. A message that comes after the poll's end goes
   * back, and nothing is counted. While the function is paused, the poll stays open and takes nothing.
   */
  readonly onPoll: PollHandler;
  /** To be called when another configuration is in force: it may lack a function, or have it as another kind. */
  reconcile(): void;
}

/** Serves functions that poll for their work. */
export function createPull(deps: PullDeps): Pull {
  const { broker, config, inFlight, paused, polls } = deps;
  const polledFunction = (name: string): FunctionConfig | undefined => {
    const fn = config().functions.get(name);
    return fn?.run.kind === "runtimeApi" ? fn : undefined;
  };
  const turns = new PollTurns(inFlight, (name) => {
    return polledFunction(name) !== undefined && !paused.isPaused(destinationLabel({ kind: "function", name }));
  });
  paused.onChange(() => turns.reconcile());

  /** Takes one message, or waits for the poll's turn to take one. */
  const takeFor = async ({
    functionName,
    gone,
  }: Pick<Poll, "functionName" | "gone">): Promise<Taken | "not yet" | "no more"> => {
    const turn = turns.tryBegin(functionName, gone);
    if (turn === undefined) {
      await turns.change(functionName, gone);
      return "not yet";
    }
    try {
      const taken = await broker.take(functionQueue(functionName, "other"), turn.signal);
      if (!turn.signal.aborted) return taken ?? "no more"; // the broker is being closed
      await taken?.giveBack();
      return "not yet";
    } finally {
      turn.end();
    }
  };

  return {
    onPoll: async (poll) => {
      let used = false;
      // Some messages call nobody, such as an expired one. Then the poll waits for the next.
      while (!used && !poll.gone.aborted && polledFunction(poll.functionName) !== undefined) {
        const { functionName } = poll;
        const offered = polls.offer(poll);
        const taken = await takeFor({ functionName, gone: offered.ended }).catch(async (error: unknown) => {
          await offered.withdraw();
          throw error;
        });
        const givenAway = offered.withdraw();
        if (givenAway !== undefined) {
          if (typeof taken !== "string") await taken.giveBack();
          if (await givenAway) return;
          continue;
        }
        if (taken === "no more") return;
        const fn = polledFunction(poll.functionName);
        if (taken !== "not yet") used = await serve(poll, taken, fn?.timeoutSeconds, deps);
      }
    },
    reconcile: () => turns.reconcile(),
  };
}

/** Gives the poll what was taken for it. Resolves with whether the poll was used up. */
async function serve(
  poll: Poll,
  taken: Taken,
  timeoutSeconds: number | undefined,
  { handle, inFlight, paused, permitsOf }: PullDeps,
): Promise<boolean> {
  // A reload took the function out at this moment.
  if (timeoutSeconds === undefined) {
    await taken.giveBack();
    return false;
  }
  const { functionName } = poll;
  const permits = permitsOf?.(functionName);
  let used = false;
  let isPermitted = false;
  const call: PreparedCall = (invocation, signal) => {
    used = true;
    return poll.invoke(invocation, timeoutSeconds * 1_000, signal);
  };
  const bytes = taken.message.body.length;
  inFlight.take(bytes);
  try {
    const isAtOnce = permits === undefined || permits.tryTake();
    isPermitted = isAtOnce || (await permits.take(PERMIT_MS_MAX, poll.gone));
    // The function may have been paused while its permit was waited for.
    const isPaused = !isAtOnce && paused.isPaused(destinationLabel({ kind: "function", name: functionName }));
    const mayCall = isPermitted && !isPaused;
    // Without a permit it goes back to its queue, where a router that has one may take it.
    const handled = mayCall ? await handle(taken.message, call) : "gone";
    await (handled === "gone" ? taken.giveBack() : taken.ack());
  } catch (error) {
    await taken.giveBack();
    throw error;
  } finally {
    if (isPermitted) permits?.release();
    inFlight.release(bytes);
  }
  return used;
}
