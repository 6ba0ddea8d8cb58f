import type { Config } from "../../domain/config.ts";
import type { KeysWaiting } from "../../domain/order/keys-waiting.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { Callees } from "../functions/callees.ts";
import type { BlockedKeys } from "./blocked-keys.ts";
import { HeldRetries } from "./held-retries.ts";
import type { OrderedCallsDeps } from "./ordered-calls.ts";
import { OrderedCalls } from "./ordered-calls.ts";

export interface OrderedFunctionsDeps extends Pick<
  OrderedCallsDeps,
  "deliveries" | "owners" | "nowMs" | "sleep" | "noticeFreeze"
> {
  readonly callees: Callees;
  readonly blockedKeys: BlockedKeys;
  /** Called with the label of a function whose window has changed. */
  readonly onWindow: (label: string) => void;
  /** @param where the label of a function. */
  readonly onError: (where: string, error: unknown) => void;
}

/** The functions of a configuration that keep an order, and their calls. */
export class OrderedFunctions {
  readonly #deps: OrderedFunctionsDeps;
  /** Kept when a function keeps its order by another path: its messages come again. */
  readonly #retries = new HeldRetries();
  readonly #calls = new Map<string, { readonly path: string; readonly calls: OrderedCalls }>();

  constructor(deps: OrderedFunctionsDeps) {
    this.#deps = deps;
    deps.blockedKeys.onSkip((name, deliveryId) => {
      this.find(destinationLabel({ kind: "function", name }))?.skip(deliveryId);
    });
    deps.callees.onChange((label) => this.find(label)?.changed());
  }

  /** To be called before the queues of another configuration are consumed. */
  follow({ functions }: Config): void {
    const ordered = new Map(
      [...functions.values()].flatMap(({ name, orderBy }) => {
        return orderBy === undefined ? [] : [[destinationLabel({ kind: "function", name }), orderBy.path] as const];
      }),
    );
    for (const label of this.#calls.keys()) if (!ordered.has(label)) this.#calls.delete(label);
    for (const [label, path] of ordered) {
      // With another path events have other keys: what is in hand comes again, and finds its lanes anew.
      if (this.#calls.get(label)?.path !== path) this.#calls.set(label, { path, calls: this.#callsOf(label, path) });
    }
  }

  /** Undefined for a function that keeps no order, and for every other destination. */
  find(label: string): OrderedCalls | undefined {
    return this.#calls.get(label)?.calls;
  }

  /** Which keys wait here, by the label of their function. */
  keysWaiting(): ReadonlyMap<string, KeysWaiting> {
    return new Map([...this.#calls].map(([label, { calls }]) => [label, calls.keysWaiting()]));
  }

  #callsOf(label: string, path: string): OrderedCalls {
    const { callees, blockedKeys: keys, onWindow, onError, ...others } = this.#deps;
    return new OrderedCalls({
      ...others,
      keys,
      label,
      path,
      retries: this.#retries,
      callee: () => callees.find(label),
      onWindow: () => onWindow(label),
      onError: (error) => onError(label, error),
    });
  }
}
