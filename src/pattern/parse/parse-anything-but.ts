import { readNumeral } from "../../json/numeral.ts";
import { ignoreCase } from "../ignore-case.ts";
import type { Token, TokenReader } from "./json-tokens.ts";
import { PatternError } from "../pattern-error.ts";
import type { Match } from "../pattern.ts";
import { parseWildcard } from "../wildcard.ts";

const OPERATORS = ["prefix", "suffix", "equals-ignore-case", "wildcard"] as const;
type Operator = (typeof OPERATORS)[number];

const WRONG_VALUE = "Value of anything-but must be an array or single string/number value.";

/** Reads the value of `anything-but`. Throws a PatternError with AWS's wording. */
export function parseAnythingBut(reader: TokenReader): Match {
  const token = reader.next();
  return { kind: "anythingBut", excluded: token.type === "{" ? parseNested(reader) : parseValues(token, reader) };
}

/** Reads a string, a number, or a list of either. */
function parseValues(token: Token, reader: TokenReader): readonly Match[] {
  if (token.type === "string" || token.type === "number") return [valueOf(token)];
  if (token.type !== "[") throw new PatternError(WRONG_VALUE);
  const tokens = listItems(reader, (item) => {
    if (item.type === "string" || item.type === "number") return item;
    throw new PatternError("Inside anything but list, start|null|boolean is not supported.");
  });
  if (new Set(tokens.map((item) => item.type)).size !== 1) {
    const rule = "either all values are number or string, mixed type is not supported";
    throw new PatternError(`Inside anything but list, ${rule}`);
  }
  return tokens.map(valueOf);
}

function valueOf(token: Token): Match {
  return { kind: "equals", value: token.type === "number" ? readNumeral(token.text) : token.text };
}

/** Reads an operator and its string, or list of strings. */
function parseNested(reader: TokenReader): readonly Match[] {
  const name = reader.next();
  if (name.type !== "name") throw new PatternError("Anything-But expression name not found");
  const operator = OPERATORS.find((known) => known === name.text);
  if (operator === undefined) throw new PatternError(`Unsupported anything-but pattern: ${name.text}`);
  const token = reader.next();
  if (token.type === "{" || token.type === "literal") throw wrongOperand(operator, token.type);
  const excluded =
    token.type === "[" ? listItems(reader, (item) => parseExcluded(operator, item)) : [parseExcluded(operator, token)];
  if (reader.next().type !== "}") throw new PatternError("Only one key allowed in match expression");
  return excluded;
}

/** AWS takes an object for no value at all, and so null, true and false, except after an affix. */
function wrongOperand(operator: Operator, type: "{" | "literal"): PatternError {
  const isAffix = operator === "prefix" || operator === "suffix";
  return isAffix && type === "literal" ? notAText(operator) : new PatternError(WRONG_VALUE);
}

function parseExcluded(operator: Operator, token: Token): Match {
  if (token.type !== "string") throw notAText(operator);
  switch (operator) {
    case "prefix":
    case "suffix":
      if (token.text === "") throw new PatternError("Null prefix/suffix not allowed");
      return { kind: operator, text: token.text };
    case "equals-ignore-case":
      return { kind: "equalsIgnoreCase", text: ignoreCase(token.text) };
    case "wildcard":
      return { kind: "wildcard", literals: parseWildcard(token.text) };
  }
}

function notAText(operator: Operator): PatternError {
  switch (operator) {
    case "prefix":
    case "suffix":
      return new PatternError("prefix/suffix match pattern must be a string");
    case "wildcard":
      return new PatternError("wildcard match pattern must be a string");
    case "equals-ignore-case": {
      const rule = "number|start|null|boolean is not supported.";
      return new PatternError(`Inside anything-but/equals-ignore-case list, ${rule}`);
    }
  }
}

/** Reads on to the end of a list whose opening bracket has been taken. */
function listItems<Item>(reader: TokenReader, parse: (token: Token) => Item): Item[] {
  const items: Item[] = [];
  for (let token = reader.next(); token.type !== "]"; token = reader.next()) items.push(parse(token));
  return items;
}
