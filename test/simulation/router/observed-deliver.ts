import type { Deliver } from "../../../src/flow/deliver/deliver.ts";
import type { PreparedCall } from "../../../src/ports/functions/functions.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { storyKey } from "../oracle/ledger.ts";
import { authors } from "./authors.ts";
import type { SimulatedRouter, World } from "./simulated-router.ts";

interface Observation extends Pick<World, "rules" | "pauses" | "trace" | "server"> {
  readonly router: SimulatedRouter;
  /** The headers of the messages that were taken for a poll. */
  readonly polled: WeakSet<object>;
  readonly abandon: AbortSignal;
}

/** The same delivery, with each of its calls shown to the oracle when it begins and when it ends. */
export function observedDeliver(deliver: Deliver, observation: Observation): Deliver {
  const { rules, pauses, trace, server, router, polled, abandon } = observation;
  return async (message, call) => {
    const observedCall: PreparedCall = async (invocation, signal) => {
      const handOut = server.handOutOf(message);
      const { id, attempt, destination } = invocation;
      trace.note(`${router.name} calls ${destination.name} for ${id}, attempt ${attempt}`);
      const { life, name, startedUnknowing, network } = router;
      const { lastCutAtMs } = network;
      pauses.begin({ name, life, startedUnknowing, lastCutAtMs }, `${destination.kind}/${destination.name}`);
      const running = rules.begin(invocation, {
        handOut,
        life,
        nowMs: life.nowMs,
        polled: polled.has(message.headers),
      });
      try {
        const outcome = await call(invocation, signal);
        rules.end(running, outcome);
        return outcome;
      } catch (error) {
        rules.end(running, "gone");
        throw error;
      }
    };
    const sign = { id: message.id, headers: message.headers as Message["headers"] };
    try {
      return await authors.run(storyKey(sign), () => deliver(message, observedCall));
    } finally {
      // What a stop did not wait for is given back, whatever it had come to.
      if (abandon.aborted) rules.abandoned(sign);
    }
  };
}
