import type { LimitName, Limits } from "../../src/domain/limits.ts";
import { createLimits } from "../../src/domain/limits.ts";

const SIZES: Readonly<Record<LimitName, number>> = {
  body: 4 * 1_048_576,
  entries: 10,
  header: 16_384,
  connections: 4_096,
  principalRequests: 1_000_000,
  entriesInFlight: 2_000,
  bytesInFlight: 256 * 1_048_576,
  response: 6 * 1_048_576,
};

/** A router's limits, the default ones where a test does not need others, and a list of those that were met. */
export function testLimits(sizes: Partial<Record<LimitName, number>> = {}): { limits: Limits; met: LimitName[] } {
  const met: LimitName[] = [];
  return { limits: createLimits({ ...SIZES, ...sizes }, (name) => met.push(name)), met };
}
