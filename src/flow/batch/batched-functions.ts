import type { Config } from "../../domain/config.ts";
import { batchQueue } from "../../domain/queue/queues.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { MessageHandler } from "../../ports/broker/consumer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { ConsumerSpec, MessageLimit } from "../consume/consumer-spec.ts";
import type { Callee } from "../functions/callee.ts";
import type { Callees } from "../functions/callees.ts";
import { firstWindow } from "../order/window.ts";
import type { BatchedCallsDeps } from "./batched-calls.ts";
import { BatchedCalls } from "./batched-calls.ts";

export interface BatchedFunctionsDeps extends Pick<
  BatchedCallsDeps,
  "batches" | "giveBack" | "nowMs" | "sleep" | "pause"
> {
  readonly callees: Callees;
  readonly inFlight: InFlightBytes;
  /** Handles a message of a function that is called for by itself. @param label of the function. */
  readonly handleAlone: (label: string, ...message: Parameters<MessageHandler>) => Promise<void>;
  /** Called when what a function's consumer is to hold may have changed. @param name of the consumer's spec. */
  readonly onLimit: (name: string) => void;
  /** @param where the name of a consumer's spec. */
  readonly onError: (where: string, error: unknown) => void;
}

/** The functions of a configuration that are called with batches of events, and their calls. */
export class BatchedFunctions {
  readonly #deps: BatchedFunctionsDeps;
  #followed: Config["batchedFunctions"] = new Set();
  /** By label. */
  readonly #calls = new Map<string, BatchedCalls>();

  constructor(deps: BatchedFunctionsDeps) {
    this.#deps = deps;
    deps.callees.onChange((label) => {
      const calls = this.#calls.get(label);
      if (calls === undefined) return;
      calls.changed();
      deps.onLimit(specName(label));
    });
    deps.inFlight.onChange(() => {
      for (const calls of this.#calls.values()) calls.changed();
    });
  }

  /**
   * What is to be consumed by another configuration. Where its targets with batches may be others, nothing is called for that was
   * collected before: it comes again, and is collected anew.
   */
  follow({ batchedFunctions }: Config): readonly ConsumerSpec[] {
    const names = new Map([...batchedFunctions].map((name) => [destinationLabel({ kind: "function", name }), name]));
    for (const [label, calls] of this.#calls) {
      if (batchedFunctions !== this.#followed) calls.giveBackAll();
      if (!names.has(label)) this.#calls.delete(label);
    }
    this.#followed = batchedFunctions;
    return [...names].map(([label, name]) => this.#specOf(label, batchQueue(name)));
  }

  #specOf(label: string, queue: string): ConsumerSpec {
    const calls = this.#calls.get(label) ?? this.#callsOf(label);
    this.#calls.set(label, calls);
    const limit = (): MessageLimit | undefined => messageLimit(this.#deps.callees.find(label), calls.window);
    return { name: specName(label), queue, limit, handle: calls.handle };
  }

  #callsOf(label: string): BatchedCalls {
    const { callees, handleAlone, onLimit, onError, ...others } = this.#deps;
    const name = specName(label);
    const deps: BatchedCallsDeps = {
      ...others,
      callee: () => callees.find(label),
      handleAlone: (message, lost) => handleAlone(label, message, lost),
      onWindow: () => onLimit(name),
      onError: (error) => onError(name, error),
    };
    return new BatchedCalls(deps, firstWindow(callees.find(label)?.concurrency ?? 1));
  }
}

/** The name of a consumer of batches, which the function's own has not. */
function specName(label: string): string {
  return `${label} in batches`;
}

function messageLimit(callee: Callee | undefined, window: number): MessageLimit | undefined {
  if (callee?.mayBeCalled !== true) return undefined;
  if (callee.circuit === "half-open") return { least: 1, wanted: 1, most: 1 };
  return { least: window, wanted: window, most: window };
}
