import type { Config } from "../../domain/config.ts";
import { batchQueue } from "../../domain/queue/queues.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { MessageHandler } from "../../ports/broker/consumer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { ConsumerSpec } from "../consume/consumer-spec.ts";
import type { Callees } from "../functions/callees.ts";
import type { BatchedCallsDeps } from "./batched-calls.ts";
import { BatchedCalls } from "./batched-calls.ts";
import { firstHandSize, HAND_SIZES, shareOfHand } from "./hand-sizes.ts";

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
      this.#applyLimits(label);
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
    return [...names].flatMap(([label, name]) => this.#specsOf(label, batchQueue(name)));
  }

  #specsOf(label: string, queue: string): readonly ConsumerSpec[] {
    const calls = this.#calls.get(label) ?? this.#callsOf(label);
    this.#calls.set(label, calls);
    return HAND_SIZES.map((_size, place) => ({
      name: specName(label, place),
      queue,
      limit: () => shareOfHand(place, calls.size, this.#deps.callees.find(label)),
      handle: calls.handle,
    }));
  }

  #callsOf(label: string): BatchedCalls {
    const { callees, handleAlone, onError, ...others } = this.#deps;
    const deps: BatchedCallsDeps = {
      ...others,
      callee: () => callees.find(label),
      handleAlone: (message, lost) => handleAlone(label, message, lost),
      onSize: () => this.#applyLimits(label),
      onError: (error) => onError(specName(label, 0), error),
    };
    return new BatchedCalls(deps, firstHandSize(callees.find(label)?.concurrency ?? 1));
  }

  #applyLimits(label: string): void {
    for (const place of HAND_SIZES.keys()) this.#deps.onLimit(specName(label, place));
  }
}

/** The name of one of the consumers of a function's batches. */
function specName(label: string, place: number): string {
  return `${label} in batches ${place + 1}`;
}
