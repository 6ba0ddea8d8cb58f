import { passingOn } from "../../../src/edge/trace/put-place.ts";
import type { Traces } from "../../../src/ports/traces.ts";

/** Of a router that records no traces: what callers bring passes through. */
export const NO_TRACES: Traces = { beginPut: passingOn, beginAttempt: () => undefined };
