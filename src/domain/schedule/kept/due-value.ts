import { z } from "zod";
import { parseJson } from "../../../json/json.ts";

const value = z.object({ dueMs: z.number() });

/** What the store's due work has of a schedule: when it is due, which is earlier than it fires in a flexible time window. */
export function encodeDue(dueMs: number): string {
  return JSON.stringify({ dueMs });
}

/** Undefined for what something else wrote. */
export function decodeDue(text: string): number | undefined {
  return value.safeParse(parseJson(text)).data?.dueMs;
}
