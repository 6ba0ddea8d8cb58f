import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { numeralOf } from "../../json/numeral.ts";
import type { Scalar } from "../pattern.ts";

/** How many values of an event are collected, of how many objects, lists and values at most, and with how long a path. */
const LEAVES_MAX = 2_000;
const VISITED_MAX = 20_000;
const PATH_CHARACTERS_MAX = 1_000;

/** A value of an event and where it stands; lists are no steps of its path. */
export interface Leaf {
  readonly path: string;
  readonly value: Scalar;
}

/** Values of an event with their paths, those nearest to its top first. Ends early in an event of very many. */
export function leavesOf(event: JsonObject): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const pending: { path: string; value: Json }[] = [{ path: "", value: event }];
  for (let at = 0; at < pending.length && leaves.length < LEAVES_MAX; at++) {
    const { path, value } = pending[at] ?? { path: "", value: null };
    const room = Math.max(0, VISITED_MAX - pending.length);
    if (Array.isArray(value)) {
      for (const element of (value as readonly Json[]).slice(0, room)) pending.push({ path, value: element });
    } else if (isJsonObject(value)) pending.push(...members(value, path).slice(0, room));
    else leaves.push({ path, value: numeralOf(value) ?? (value as Scalar) });
  }
  return leaves;
}

function members(object: JsonObject, path: string): { path: string; value: Json }[] {
  if (path.length > PATH_CHARACTERS_MAX) return [];
  const keys = Object.keys(object).slice(0, LEAVES_MAX);
  return keys.map((key) => ({ path: path === "" ? key : `${path}.${key}`, value: object[key] ?? null }));
}
