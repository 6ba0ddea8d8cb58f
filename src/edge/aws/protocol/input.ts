import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { AwsError } from "../../http/errors.ts";

/** How much of a caller's value is repeated to it in an error. */
const SHOWN_CHARACTERS_MAX = 1_024;

/** A member's value; undefined when it is absent or null, which the protocol takes as the same. */
export function member(input: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(input, name) ? (input[name] ?? undefined) : undefined;
}

/** An optional text. `path` names it in the error when it is something else, as in `Entries[2].Source`. */
export function optionalString(input: JsonObject, name: string, path = name): string | undefined {
  const value = member(input, name);
  if (value === undefined || typeof value === "string") return value;
  throw wrongType(path, "a string");
}

export function requiredString(input: JsonObject, name: string): string {
  const value = optionalString(input, name);
  if (value === undefined) throw missing(name);
  return value;
}

export function optionalInteger(input: JsonObject, name: string): number | undefined {
  const value = member(input, name);
  if (value === undefined || (typeof value === "number" && Number.isInteger(value))) return value;
  throw wrongType(name, "an integer");
}

export function optionalStrings(input: JsonObject, name: string, path = name): readonly string[] | undefined {
  const value = member(input, name);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw wrongType(path, "a list of strings");
}

export function requiredList(input: JsonObject, name: string): readonly Json[] {
  const value = member(input, name);
  if (value === undefined) throw missing(name);
  if (!Array.isArray(value)) throw wrongType(name, "a list");
  return value as readonly Json[];
}

export function asObject(value: Json, path: string): JsonObject {
  if (!isJsonObject(value)) throw wrongType(path, "an object");
  return value;
}

/** A member that is there with the wrong JSON type or spelling. */
export function wrongType(path: string, expected: string): AwsError {
  return new AwsError("SerializationException", `${path} must be ${expected}.`);
}

function missing(name: string): AwsError {
  return constraintError("null", name, "Member must not be null");
}

/** A violated constraint of a member, in the words of AWS. `shownValue` is its value as it is to be shown. */
export function constraintError(shownValue: string, name: string, constraint: string): AwsError {
  const property = name.charAt(0).toLowerCase() + name.slice(1);
  const message = `1 validation error detected: Value ${shownValue} at '${property}' failed to satisfy constraint: ${constraint}`;
  return new AwsError("ValidationException", message);
}

/** A caller's text as an error repeats it: cut where it is huge. */
export function shown(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}
