import type { Numeral } from "../../json/numeral.ts";
import { compareNumerals, readNumeral } from "../../json/numeral.ts";
import type { Token, TokenReader } from "./json-tokens.ts";
import { PatternError } from "../pattern-error.ts";
import type { Bound, Match } from "../pattern.ts";

/** Reads the value of `numeric`: `["=", 5]`, `[">", 0]`, `[">=", 0, "<", 5]`. Throws a PatternError. */
export function parseNumeric(reader: TokenReader): Match {
  if (reader.next().type !== "[") throw new PatternError("Value of numeric must be an array.");
  const operator = reader.next();
  if (operator.type !== "string") throw new PatternError(`Invalid member in numeric match: ${operator.text}`);
  switch (operator.text) {
    case "=": {
      const bound = { value: expectNumber("equals", reader.next()), inclusive: true };
      expectEnd(reader);
      return { kind: "numeric", lower: bound, upper: bound };
    }
    case "<":
    case "<=": {
      const upper = parseBound(operator.text, reader);
      expectEnd(reader);
      return { kind: "numeric", upper };
    }
    case ">":
    case ">=": {
      const lower = parseBound(operator.text, reader);
      const next = reader.next();
      return next.type === "]" ? { kind: "numeric", lower } : parseRange(lower, next, reader);
    }
    default:
      throw new PatternError(`Unrecognized numeric range operator: ${operator.text}`);
  }
}

/** Reads the upper end of a range, of which the operator has been taken. */
function parseRange(lower: Bound, operator: Token, reader: TokenReader): Match {
  if (operator.type !== "string") throw new PatternError(`Bad value in numeric range: ${operator.text}`);
  if (operator.text !== "<" && operator.text !== "<=") {
    throw new PatternError(`Bad numeric range operator: ${operator.text}`);
  }
  const upper = parseBound(operator.text, reader);
  if (reader.next().type !== "]") throw new PatternError("Too many terms in numeric range expression");
  if (compareNumerals(lower.value, upper.value) >= 0) throw new PatternError("Bottom must be less than top");
  return { kind: "numeric", lower, upper };
}

function parseBound(operator: string, reader: TokenReader): Bound {
  return { value: expectNumber(operator, reader.next()), inclusive: operator.endsWith("=") };
}

function expectNumber(operator: string, token: Token): Numeral {
  if (token.type !== "number") throw new PatternError(`Value of ${operator} must be numeric`);
  return readNumeral(token.text);
}

function expectEnd(reader: TokenReader): void {
  if (reader.next().type !== "]") throw new PatternError("Too many elements in numeric expression");
}
