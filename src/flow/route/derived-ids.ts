import type { Hit } from "./match.ts";

/**
 * Makes the ids of what one event becomes from a text that is always the same for it: routed twice, it makes duplicates
 * with the same ids.
 */
export function derivedIds(base: string, deriveId: (text: string) => string): (hit?: Hit) => string {
  // How many ways of the same length led to a target so far: two deliveries of one id would be taken for one.
  const ways = new Map<string, number>();
  return (hit) => {
    const { origin, hops } = hit ?? {};
    const parts = [base, origin?.bus, origin?.rule, origin?.target, hops];
    const key = JSON.stringify(parts);
    const way = ways.get(key) ?? 0;
    ways.set(key, way + 1);
    return deriveId(way === 0 ? key : JSON.stringify([...parts, way]));
  };
}
