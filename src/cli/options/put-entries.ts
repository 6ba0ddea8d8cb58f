import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { parseExactly } from "../../json/exact-json.ts";
import { CommandError } from "../command-error.ts";

/** The limits of one PutEvents request. */
const BATCH_ENTRIES_MAX = 10;
const BATCH_BYTES_MAX = 1_048_576;

/**
 * Reads entries as PutEvents takes them: a JSON array of them, one object, or one object a line. A Detail that is an
 * object becomes its text, with its numbers as they were written. The router judges everything else.
 *
 * @param name the text's name in errors.
 * @throws CommandError for a text that is not JSON, or no entry.
 */
export function parseEntries(text: string, name: string): readonly JsonObject[] {
  const whole = tryParse(text);
  if (whole.ok) {
    const entries: readonly Json[] = Array.isArray(whole.value) ? (whole.value as readonly Json[]) : [whole.value];
    return entries.map((entry, index) => toEntry(entry, `${name}: entry ${index + 1}`));
  }
  const lines = text.split("\n").map((line, index) => ({ line, place: `${name}:${index + 1}` }));
  return lines
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, place }) => toEntry(parseLine(line, place), place));
}

/**
 * Cuts entries into requests of at most ten, and of at most the bytes that a router takes. A larger entry is a request of
 * its own.
 */
export function* batchesOf(entries: readonly JsonObject[]): Generator<readonly JsonObject[]> {
  let batch: JsonObject[] = [];
  let batchBytes = 0;
  for (const entry of entries) {
    // The bytes that count are those of the entry's texts: its JSON has more.
    const bytes = Buffer.byteLength(JSON.stringify(entry));
    if (batch.length === BATCH_ENTRIES_MAX || (batch.length > 0 && batchBytes + bytes > BATCH_BYTES_MAX)) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(entry);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}

function toEntry(value: Json, place: string): JsonObject {
  if (!isJsonObject(value)) throw new CommandError(`${place} must be an object with Source, DetailType and Detail`);
  return isJsonObject(value.Detail) ? { ...value, Detail: JSON.stringify(value.Detail) } : value;
}

function parseLine(line: string, place: string): Json {
  const parsed = tryParse(line);
  if (parsed.ok) return parsed.value;
  throw new CommandError(`${place} is not JSON: ${parsed.problem}`);
}

function tryParse(text: string): { ok: true; value: Json } | { ok: false; problem: string } {
  try {
    return { ok: true, value: parseExactly(text) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}
