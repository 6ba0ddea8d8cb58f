import { z } from "zod";
import type { CircuitBreakerPolicy } from "../../../domain/target/circuit.ts";
import { wholeNumber } from "./fields.ts";

/** A short fault opens no circuit: as many calls as this may fail in a row, and twice as many as run at once. */
const FAILURES_LEAST = 20;
const FAILURES_PER_CALL = 2;
const FAILURES_MAX = 10_000;
const OPEN_SECONDS = 5;

/** When a destination that is out of order is called no more; `false` for never. */
export const circuitBreakerSchema = z
  .union(
    [
      z.literal(false),
      z.strictObject({
        failureThreshold: wholeNumber(
          1,
          FAILURES_MAX,
          `Failed calls in a row that open it. Default: ${FAILURES_LEAST}, or twice the concurrency if that is more.`,
        ).exactOptional(),
        openSeconds: wholeNumber(1, 3_600, "How long it stays open before one call tries again.").default(OPEN_SECONDS),
      }),
    ],
    {
      error: `must be false, or a mapping of failureThreshold (1..${FAILURES_MAX}) and openSeconds (1..3600)`,
    },
  )
  .describe("When a destination whose calls fail is called no more for a while; false for never.");

type Shape = z.output<typeof circuitBreakerSchema>;

/**
 * What a checked circuit breaker means; every destination that is called has one, if its configuration does not say no.
 *
 * @param concurrency as configured.
 */
export function toCircuitBreaker(
  shape: Shape | undefined,
  concurrency = 0,
): { readonly circuitBreaker?: CircuitBreakerPolicy } {
  if (shape === false) return {};
  const failureThreshold = shape?.failureThreshold ?? Math.max(FAILURES_LEAST, FAILURES_PER_CALL * concurrency);
  return { circuitBreaker: { failureThreshold, openSeconds: shape?.openSeconds ?? OPEN_SECONDS } };
}
