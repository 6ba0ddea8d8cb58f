import type { RawNumber } from "../../json/json.ts";
import type { Numeral } from "../../json/numeral.ts";
import { compareNumerals, numeralOf } from "../../json/numeral.ts";

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

/** A number as an event or a condition has it. */
type NumberValue = Numeral | RawNumber;
type Scalar = string | NumberValue | boolean | null;

const scalar: Operand<Scalar> = {
  description: "a string, a number, true, false or null",
  accepts: isScalar,
};

const number: Operand<NumberValue> = {
  description: "a number",
  accepts: isNumberValue,
};

/** Only its strings, numbers, booleans and nulls are ever equal to anything. */
const list: Operand<readonly unknown[]> = {
  description: "a list",
  accepts: (value): value is readonly unknown[] => Array.isArray(value),
};

/**
 * The operators that conditions may use: json-rules-engine's names, but strict. Its own compare text with numbers (`"300"`
 * passes for 300), and hold of a missing path for `notEqual` and `notIn`. Numbers are compared exactly, as in patterns.
 */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["equal", operator(scalar, scalar, isSame)],
  ["notEqual", operator(scalar, scalar, (fact, value) => !isSame(fact, value))],
  ["lessThan", operator(number, number, (fact, value) => compare(fact, value) < 0)],
  ["lessThanInclusive", operator(number, number, (fact, value) => compare(fact, value) <= 0)],
  ["greaterThan", operator(number, number, (fact, value) => compare(fact, value) > 0)],
  ["greaterThanInclusive", operator(number, number, (fact, value) => compare(fact, value) >= 0)],
  ["in", operator(scalar, list, (fact, value) => includes(value, fact))],
  ["notIn", operator(scalar, list, (fact, value) => !includes(value, fact))],
  ["contains", operator(list, scalar, includes)],
  ["doesNotContain", operator(list, scalar, (fact, value) => !includes(fact, value))],
]);

function operator<F, V>(fact: Operand<F>, value: Operand<V>, compare: (fact: F, value: V) => boolean): Operator {
  return { value, holds: (left, right) => fact.accepts(left) && value.accepts(right) && compare(left, right) };
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  const [left, right] = [numeralOf(one), numeralOf(other)];
  return left !== undefined && right !== undefined && compareNumerals(left, right) === 0;
}

function compare(one: NumberValue, other: NumberValue): number {
  return compareNumerals(numeralOf(one) as Numeral, numeralOf(other) as Numeral);
}

function includes(list: readonly unknown[], value: unknown): boolean {
  return list.includes(value) || (typeof value !== "string" && list.some((item) => isSame(item, value)));
}

function isNumberValue(value: unknown): value is NumberValue {
  return numeralOf(value) !== undefined && value !== Infinity && value !== -Infinity;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === "string" || typeof value === "boolean" || isNumberValue(value);
}
