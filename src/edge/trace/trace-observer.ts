import type { AttemptFacts, CircuitFacts } from "../../domain/facts.ts";
import { isRecorded } from "../../domain/facts.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { Observer } from "../../ports/observer.ts";
import { attemptSpans, interruptedSpan } from "./attempt-spans.ts";
import { putSpans } from "./put-spans.ts";
import type { SpanEvent } from "./span.ts";
import type { Tracing } from "./tracing.ts";

/** Makes spans of what happened. Whether it is recorded is the first that it asks: most is not. */
export function createTraceObserver(tracing: Tracing): Partial<Observer> {
  const circuits = new CircuitEvents();
  return {
    put: (facts) => {
      const { world } = tracing;
      if (facts.spans === undefined || world === undefined) return;
      for (const span of putSpans(facts, world.system)) tracing.write(span);
    },
    attempt: (facts) => {
      const { trace } = facts;
      if (trace === undefined || !isRecorded(facts)) return;
      const { world } = tracing;
      if (world === undefined) return;
      const end = { endMs: tracing.nowMs(), events: circuits.take(facts) };
      for (const span of attemptSpans(facts, trace, end, world)) tracing.write(span);
    },
    suspected: (delivery) => {
      const { world } = tracing;
      if (world === undefined) return;
      const atMs = tracing.nowMs();
      const trace = tracing.beginAttempt(delivery, atMs);
      if (trace !== undefined)
        tracing.write(interruptedSpan(delivery, trace, { name: "busbar.suspected", atMs }, world));
    },
    circuit: (facts) => {
      if (tracing.world !== undefined) circuits.add(facts, tracing.nowMs());
    },
  };
}

/** What happened to circuits since the last attempt that was recorded: it is told as a part of the next one that fails. */
class CircuitEvents {
  /** By destination, which the configuration bounds. */
  readonly #events = new Map<string, SpanEvent>();

  add({ destination, state }: CircuitFacts, atMs: number): void {
    const label = destinationLabel(destination);
    if (state === "open") this.#events.set(label, { name: "busbar.circuit.opened", atMs, attributes: {} });
    else this.#events.delete(label);
  }

  take({ outcome, delivery }: AttemptFacts): readonly SpanEvent[] {
    if (outcome.ok || this.#events.size === 0) return [];
    const label = destinationLabel(delivery.destination);
    const event = this.#events.get(label);
    this.#events.delete(label);
    return event === undefined ? [] : [event];
  }
}
