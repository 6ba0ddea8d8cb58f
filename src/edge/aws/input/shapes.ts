import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";
import { parseDateTime, parseEpochSeconds } from "../../../text/date-time.ts";
import type { ConstraintError, InputProblem } from "./problems.ts";
import { camelCase, inputError, violation, wrongType } from "./problems.ts";

/**
 * What an input, or a member of one, must look like, as AWS's service models have it. A shape checks parsed JSON where it
 * stands and copies nothing: a correct input costs no allocation. Every problem of an input is found, not only the first.
 */
export interface Shape<Value> {
  /** What is wrong with a value that is neither absent nor null; undefined when nothing is. */
  readonly problemsOf: (value: Json) => InputProblem[] | undefined;
  /** The value as an error repeats it: AWS prints its own Java objects. Values of a wrong type are shown as absent. */
  readonly show: (value: Json) => string;
  /** Only for the type: no shape has it. */
  readonly value?: Value;
}

export interface RequiredShape<Value> extends Shape<Value> {
  readonly isRequired: true;
}

type MemberShapes = Readonly<Record<string, Shape<unknown>>>;
type ValueOf<Each> = Each extends Shape<infer Value> ? Value : never;
type RequiredNames<Members> = {
  [Name in keyof Members]: Members[Name] extends RequiredShape<unknown> ? Name : never;
}[keyof Members];

/** A checked structure. An optional member may be null, which the protocols take as absent. */
export type StructureOf<Members extends MemberShapes> = {
  readonly [Name in RequiredNames<Members>]: ValueOf<Members[Name]>;
} & {
  readonly [Name in Exclude<keyof Members, RequiredNames<Members>>]?: ValueOf<Members[Name]> | null;
};

/**
 * Checks an input by its shape.
 *
 * @returns the same object.
 * @throws AwsError `SerializationException` for a wrong type, `constraintError` for violated constraints.
 */
export function checkInput<Input>(
  shape: Shape<Input>,
  input: JsonObject,
  constraintError: ConstraintError = "ValidationException",
): Input {
  const problems = shape.problemsOf(input);
  if (problems !== undefined) throw inputError(problems, constraintError);
  return input as Input;
}

/** How much of a caller's text an error repeats. */
const SHOWN_CHARACTERS_MAX = 1_024;
/** An error repeats a list until so many characters are full. AWS repeats it whole. */
const LIST_CHARACTERS_MAX = 16_384;

/** A caller's text as an error repeats it: cut where it is long. */
export function shown(text: string): string {
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}

/** Makes a member required. */
export function required<Value>(shape: Shape<Value>): RequiredShape<Value> {
  return { ...shape, isRequired: true };
}

interface Lengths {
  readonly lengthMin?: number;
  readonly lengthMax?: number;
}

/** A text. `pattern` is the model's regular expression, without anchors; it must match the whole text. */
export function string({
  pattern,
  lengthMin = 0,
  lengthMax = Infinity,
}: Lengths & { readonly pattern?: string } = {}): Shape<string> {
  const whole = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`);
  const show = (value: Json): string => (typeof value === "string" ? shown(value) : "null");
  const problemsOf = (value: Json): InputProblem[] | undefined => {
    if (typeof value !== "string") return [wrongType("a string")];
    const { length } = value;
    const fits = whole === undefined || whole.test(value);
    if (fits && length >= lengthMin && length <= lengthMax) return undefined;
    const broken = lengthConstraints(length, lengthMin, lengthMax);
    // AWS names the pattern before the length.
    if (!fits) broken.unshift(`Member must satisfy regular expression pattern: ${pattern}`);
    return broken.map((constraint) => violation(constraint, () => show(value)));
  };
  return { problemsOf, show };
}

/** A whole number. */
export function integer({ min, max }: { readonly min: number; readonly max: number }): Shape<number> {
  const show = (value: Json): string => (typeof value === "number" ? String(value) : "null");
  const problemsOf = (value: Json): InputProblem[] | undefined => {
    if (typeof value !== "number" || !Number.isInteger(value)) return [wrongType("an integer")];
    if (value >= min && value <= max) return undefined;
    const bound = value < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
    return [violation(`Member must have value ${bound}`, () => show(value))];
  };
  return { problemsOf, show };
}

/** A point in time: epoch seconds, with a fraction from JavaScript clients, without from boto3; or ISO 8601. */
export const timestamp: Shape<string | number> = {
  problemsOf: (value) =>
    epochMsOf(value) === undefined ? [wrongType("epoch seconds or an ISO 8601 date and time")] : undefined,
  show: (value) => {
    const epochMs = epochMsOf(value);
    return epochMs === undefined ? "null" : new Date(epochMs).toISOString();
  },
};

/** A timestamp as epoch milliseconds; undefined when the value is none. */
export function epochMsOf(value: Json): number | undefined {
  if (typeof value === "number") return parseEpochSeconds(value);
  return typeof value === "string" ? parseDateTime(value) : undefined;
}

/** A member of AWS's model that is accepted with any value and not read. */
export const ignored: Shape<Json> = { problemsOf: () => undefined, show: () => "null" };

/** A list. `onTooLong` is called for each one that is longer than it may be. */
export function list<Item>(
  item: Shape<Item>,
  { lengthMin = 0, lengthMax = Infinity, onTooLong }: Lengths & { readonly onTooLong?: () => void } = {},
): Shape<readonly Item[]> {
  const show = (value: Json): string => showList(value, item);
  const problemsOf = (value: Json): InputProblem[] | undefined => {
    if (!Array.isArray(value)) return [wrongType("a list")];
    const items = value as readonly Json[];
    let problems: InputProblem[] | undefined;
    if (items.length < lengthMin || items.length > lengthMax) {
      if (items.length > lengthMax) onTooLong?.();
      const broken = lengthConstraints(items.length, lengthMin, lengthMax);
      problems = broken.map((constraint) => violation(constraint, () => show(value)));
    }
    for (let place = 0; place < items.length; place += 1) {
      problems = joined(problems, item.problemsOf(items[place] ?? null), place);
    }
    return problems;
  };
  return { problemsOf, show };
}

/** An object with the members of a model's structure, in the model's order. Others are ignored. */
export function structure<Members extends MemberShapes>(name: string, members: Members): Shape<StructureOf<Members>> {
  const shapes = Object.entries(members).map(([each, shape]) => ({
    name: each,
    shape,
    isRequired: "isRequired" in shape,
  }));
  const problemsOf = (value: Json): InputProblem[] | undefined => {
    if (!isJsonObject(value)) return [wrongType("an object")];
    let problems: InputProblem[] | undefined;
    for (const { name: member, shape, isRequired } of shapes) {
      const given = value[member] ?? null;
      if (given !== null) problems = joined(problems, shape.problemsOf(given), member);
      else if (isRequired) problems = joined(problems, [violation("Member must not be null", undefined)], member);
    }
    return problems;
  };
  return { problemsOf, show: (value) => showStructure(value, name, members) };
}

/** The problems so far and those of one member, or of the item at one place. */
function joined(
  problems: InputProblem[] | undefined,
  more: InputProblem[] | undefined,
  step: string | number,
): InputProblem[] | undefined {
  if (more === undefined) return problems;
  for (const { path } of more) path.push(step);
  if (problems === undefined) return more;
  for (const problem of more) problems.push(problem);
  return problems;
}

function lengthConstraints(length: number, lengthMin: number, lengthMax: number): string[] {
  if (length < lengthMin) return [`Member must have length greater than or equal to ${lengthMin}`];
  return length > lengthMax ? [`Member must have length less than or equal to ${lengthMax}`] : [];
}

function showList(value: Json, item: Shape<unknown>): string {
  if (!Array.isArray(value)) return "null";
  const texts: string[] = [];
  let characters = 0;
  for (const each of value as readonly Json[]) {
    if (characters > LIST_CHARACTERS_MAX) {
      texts.push("…");
      break;
    }
    const text = item.show(each);
    characters += text.length;
    texts.push(text);
  }
  return `[${texts.join(", ")}]`;
}

function showStructure(value: Json, name: string, members: MemberShapes): string {
  const object: JsonObject = isJsonObject(value) ? value : {};
  const fields = Object.entries(members).map(([member, shape]) => {
    const given = object[member] ?? null;
    return `${camelCase(member)}=${given === null ? "null" : shape.show(given)}`;
  });
  return `${name}(${fields.join(", ")})`;
}
