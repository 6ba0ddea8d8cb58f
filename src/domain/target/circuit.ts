/** When a destination is no longer called, and for how long. */
export interface CircuitBreakerPolicy {
  /** Calls in a row that failed because the destination is out of order. */
  readonly failureThreshold: number;
  /** How long the destination is not called before the next try. */
  readonly openSeconds: number;
}

/**
 * A destination's circuit. Closed: the destination is called. Open: its calls failed, so it is not called; deliveries wait
 * in their queue and use no attempts. Half open: one call at a time tests whether it works again.
 */
export type Circuit =
  | {
      readonly state: "closed";
      /** Failures since the last success. */
      readonly failures: number;
    }
  | { readonly state: "open" }
  | { readonly state: "half-open" };

export const CLOSED: Circuit = { state: "closed", failures: 0 };
const OPEN: Circuit = { state: "open" };
const HALF_OPEN: Circuit = { state: "half-open" };

/**
 * The circuit after a call. A call from before the circuit opened may end while it is open, and changes nothing.
 *
 * @param failed whether the destination was out of order. Any other end of a call shows that it works.
 */
export function afterCall(circuit: Circuit, failed: boolean, policy: CircuitBreakerPolicy): Circuit {
  if (circuit.state === "open") return circuit;
  if (!failed) return CLOSED;
  if (circuit.state === "half-open") return OPEN;
  const failures = circuit.failures + 1;
  return failures >= policy.failureThreshold ? OPEN : { state: "closed", failures };
}

/** The circuit after it was open for as long as its policy says. */
export function afterWait(circuit: Circuit): Circuit {
  return circuit.state === "open" ? HALF_OPEN : circuit;
}
