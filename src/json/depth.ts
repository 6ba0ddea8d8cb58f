import type { Json } from "./json.ts";
import { isJsonObject } from "./json.ts";

/**
 * How many levels of objects and lists an event may have; `{}` has one. It is the only bound of its kind: events of
 * more levels are refused wherever they come in, so that what walks an accepted event may call itself for each level.
 */
export const EVENT_LEVELS_MAX = 1_101;

/** A detail lies one level below its event. */
export const DETAIL_LEVELS_MAX = EVENT_LEVELS_MAX - 1;

/** Whether a value has more levels of objects and lists than so many. It visits each value once and does not recurse. */
export function isDeeperThan(levelsMax: number, json: Json): boolean {
  let level: readonly Json[] = [json];
  for (let levels = 0; levels < levelsMax; levels++) {
    const next: Json[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null) continue;
      for (const member of Object.values<Json>(value)) next.push(member);
    }
    if (next.length === 0) return false;
    level = next;
  }
  return level.some((value) => Array.isArray(value) || isJsonObject(value));
}
