import { z } from "zod";
import { shownJson } from "../json/json.ts";
import { parseDateTime } from "../text/date-time.ts";
import { isLine } from "../text/line.ts";

/** Of a wrong value, as an error quotes it. */
const SHOWN_CHARACTERS = 100;

// A query's values are texts. `meta` says to the description of the API what they stand for.

type WrongInput = Pick<z.core.$ZodRawIssue, "input">;

const oneValue = ({ input }: WrongInput) => (input === undefined ? "is missing" : "must have one value");

/** Makes the error for a wrong value, such as `must be 1..100, got "0"`. */
const expected =
  (what: string) =>
  ({ input }: WrongInput): string =>
    `must be ${what}, got ${shownJson(input, SHOWN_CHARACTERS)}`;

const expectedTime = expected("a time such as 2026-01-31T12:00:00Z");

/** A text that is not empty. */
export const textParameter = z.string({ error: oneValue }).min(1, { error: oneValue });

/** A whole number from 1 to `max`. */
export function countParameter(max: number) {
  const isCount = (text: string) => /^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= max;
  return z
    .string({ error: oneValue })
    .refine(isCount, { error: expected(`1..${max}`) })
    .meta({ type: "integer", minimum: 1, maximum: max })
    .transform(Number);
}

/** Whole seconds from 0 to `max`. */
export function secondsParameter(max: number) {
  return z
    .string({ error: oneValue })
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) <= max, { error: expected(`0..${max}`) })
    .meta({ type: "integer", minimum: 0, maximum: max })
    .transform(Number);
}

/** Milliseconds: a duration, or a time since 1970. */
export const timeMsParameter = z
  .string({ error: oneValue })
  .refine((text) => /^\d{1,15}$/.test(text), { error: expected("milliseconds") })
  .meta({ type: "integer", minimum: 0 })
  .transform(Number);

/** A date and time with its offset (RFC 3339), as epoch milliseconds. */
export const timeParameter = z
  .string({ error: oneValue })
  .meta({ format: "date-time" })
  .transform((text, context) => {
    const timeMs = parseDateTime(text);
    if (timeMs !== undefined) return timeMs;
    context.addIssue(expectedTime({ input: text }));
    return z.NEVER;
  });

/** One of a few words. */
export function choiceParameter<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: expected(words.join(" or ")) });
}

/** A text on one line. An empty one counts as none. */
export function lineParameter(charactersMax: number) {
  const error = `must be a text on one line, of at most ${charactersMax} characters`;
  return z
    .string({ error })
    .refine((text) => isLine(text, charactersMax), { error })
    .meta({ maxLength: charactersMax })
    .transform((text) => (text === "" ? undefined : text));
}

export type ParametersRead<Parameters> =
  { readonly ok: true; readonly parameters: Parameters } | { readonly ok: false; readonly problem: string };

/**
 * Reads the query of a request. The problem names the parameter, and its value where that helps:
 * `limit must be 1..100, got "0"`.
 */
export function readParameters<Schema extends z.ZodObject>(
  schema: Schema,
  query: unknown,
): ParametersRead<z.output<Schema>> {
  const parsed = schema.safeParse(query);
  return parsed.success
    ? { ok: true, parameters: parsed.data }
    : { ok: false, problem: problemOf(parsed.error, Object.keys(schema.shape)) };
}

function problemOf({ issues: [issue] }: z.ZodError, known: readonly string[]): string {
  if (issue?.code === "unrecognized_keys") {
    return `unknown parameter "${issue.keys.join('", "')}": known are ${known.join(", ")}`;
  }
  return `${String(issue?.path[0])} ${issue?.message}`;
}
