import type { Json } from "../../core/json.ts";

/** What may stand on one side of an operator. */
interface Operand<T> {
  /** For people: what is expected there. */
  readonly description: string;
  readonly accepts: (value: unknown) => value is T;
}

export interface Operator {
  /** What the condition's `value` must be. */
  readonly value: Operand<unknown>;
  /** False unless both sides are what the operator compares: undefined, which a missing path yields, never is. */
  readonly holds: (fact: unknown, value: unknown) => boolean;
}

type Scalar = string | number | boolean | null;

const scalar: Operand<Scalar> = {
  description: "a string, a number, true, false or null",
  accepts: isScalar,
};

const number: Operand<number> = {
  description: "a number",
  accepts: (value): value is number => Number.isFinite(value),
};

/** Only its strings, numbers, booleans and nulls are ever equal to anything. */
const list: Operand<readonly Json[]> = {
  description: "a list",
  accepts: (value) => Array.isArray(value),
};

/**
 * The operators that conditions may use: json-rules-engine's names, but strict. Its own compare text with numbers (`"300"`
 * passes for 300), and hold of a missing path for `notEqual` and `notIn`.
 */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["equal", operator(scalar, scalar, (fact, value) => fact === value)],
  ["notEqual", operator(scalar, scalar, (fact, value) => fact !== value)],
  ["lessThan", operator(number, number, (fact, value) => fact < value)],
  ["lessThanInclusive", operator(number, number, (fact, value) => fact <= value)],
  ["greaterThan", operator(number, number, (fact, value) => fact > value)],
  ["greaterThanInclusive", operator(number, number, (fact, value) => fact >= value)],
  ["in", operator(scalar, list, (fact, value) => value.includes(fact))],
  ["notIn", operator(scalar, list, (fact, value) => !value.includes(fact))],
  ["contains", operator(list, scalar, (fact, value) => fact.includes(value))],
  ["doesNotContain", operator(list, scalar, (fact, value) => !fact.includes(value))],
]);

function operator<F, V>(fact: Operand<F>, value: Operand<V>, compare: (fact: F, value: V) => boolean): Operator {
  return { value, holds: (left, right) => fact.accepts(left) && value.accepts(right) && compare(left, right) };
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
