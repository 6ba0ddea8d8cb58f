import { z } from "zod";
import type { Json } from "../../json/json.ts";
import { parseJson } from "../../json/json.ts";
import type { MadeTimes } from "./made-times.ts";

/** The kind of the store's entities that event source mappings made over the API are kept as, by UUID. */
export const MAPPING_KIND = "event-source-mapping";

/** The kind of the entities that say which mapping reads a source for a function: there is one at most. The value is its UUID. */
export const MAPPING_PAIR_KIND = "event-source-mapping-pair";

const madeMapping = z.object({
  functionName: z.string(),
  /** The version or alias that was named. */
  qualifier: z.string().optional(),
  isEnabled: z.boolean(),
  /** The name of its entity of `MAPPING_PAIR_KIND`. */
  pair: z.string(),
  /** All other members, by Lambda's names, with its defaults: as they are shown. */
  members: z.record(z.string(), z.custom<Json>()),
  /** When it was made or updated last. Tags are no update. */
  modifiedMs: z.number(),
  tags: z.record(z.string(), z.string()).default({}),
});

/** What the store keeps of an event source mapping that was made over the API. */
export type MadeMapping = z.output<typeof madeMapping>;

/** Reads what the store keeps; undefined when a router of another version wrote it, or something else did. */
export function readMadeMapping(value: string): MadeMapping | undefined {
  return madeMapping.safeParse(parseJson(value)).data;
}

const leftMapping = z.object({
  pair: z.string().optional().catch(undefined),
  members: z.record(z.string(), z.custom<Json>()).catch({}),
});

/** What is to be deleted together with a mapping that cannot be read, as far as it says. */
export function readLeftMapping(value: string): z.output<typeof leftMapping> {
  return leftMapping.safeParse(parseJson(value)).data ?? { members: {} };
}

export interface MadeMappingInForce extends MadeMapping, MadeTimes {}
