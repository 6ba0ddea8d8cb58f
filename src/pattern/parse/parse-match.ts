import { readNumeral } from "../../json/numeral.ts";
import { parseAnythingBut } from "./parse-anything-but.ts";
import { parseCidr, singleAddress } from "../cidr.ts";
import { ignoreCase } from "../ignore-case.ts";
import type { Token, TokenReader } from "./json-tokens.ts";
import { parseNumeric } from "./parse-numeric.ts";
import { PatternError } from "../pattern-error.ts";
import type { Match } from "../pattern.ts";
import { parseWildcard } from "../wildcard.ts";

/** Reads one entry of a field's list, whose first token is given. Throws a PatternError with AWS's wording. */
export function parseMatch(token: Token, reader: TokenReader): Match {
  switch (token.type) {
    case "string": {
      // An address is matched as an address, however it is written: ::1 takes 0:0:0:0:0:0:0:1.
      const address = singleAddress(token.text);
      return address ? { kind: "cidr", block: address } : { kind: "equals", value: token.text };
    }
    case "number":
      return { kind: "equals", value: readNumeral(token.text) };
    case "literal":
      return { kind: "equals", value: token.text === "null" ? null : token.text === "true" };
    case "{":
      return parseOperator(reader);
    default:
      throw new PatternError("Match value must be String, number, true, false, or null");
  }
}

function parseOperator(reader: TokenReader): Match {
  const operator = reader.next();
  if (operator.type !== "name") throw new PatternError("Match expression name not found");
  const match = parseOperand(operator.text, reader);
  expectOnlyKey(reader);
  return match;
}

/** Takes the closing bracket of an operator's object. */
function expectOnlyKey(reader: TokenReader): void {
  if (reader.next().type !== "}") throw new PatternError("Only one key allowed in match expression");
}

function parseOperand(operator: string, reader: TokenReader): Match {
  switch (operator) {
    case "exactly":
      return { kind: "equals", value: expectText("exact", reader.next()) };
    case "prefix":
    case "suffix":
      return parseAffix(operator, reader);
    case "equals-ignore-case":
      return { kind: "equalsIgnoreCase", text: ignoreCase(expectText(operator, reader.next())) };
    case "wildcard":
      return { kind: "wildcard", literals: parseWildcard(expectText(operator, reader.next())) };
    case "numeric":
      return parseNumeric(reader);
    case "cidr":
      // AWS names the wrong operator here.
      return { kind: "cidr", block: parseCidr(expectText("prefix", reader.next())) };
    case "exists":
      return parseExists(reader.next());
    case "anything-but":
      return parseAnythingBut(reader);
    default:
      throw new PatternError(`Unrecognized match type ${operator}`);
  }
}

/** The token's text, which must be a string; `operator` is what AWS calls it. */
function expectText(operator: string, token: Token): string {
  if (token.type !== "string") throw new PatternError(`${operator} match pattern must be a string`);
  return token.text;
}

function parseAffix(operator: "prefix" | "suffix", reader: TokenReader): Match {
  const token = reader.next();
  if (token.type !== "{") return { kind: operator, text: expectText(operator, token) };
  const name = reader.next();
  if (name.type !== "name") {
    throw new PatternError(`${operator === "prefix" ? "Prefix" : "Suffix"} expression name not found`);
  }
  if (name.text !== "equals-ignore-case") throw new PatternError(`Unsupported ${operator} pattern: ${name.text}`);
  const text = ignoreCase(expectText(name.text, reader.next()));
  expectOnlyKey(reader);
  return { kind: operator === "prefix" ? "prefixIgnoreCase" : "suffixIgnoreCase", text };
}

function parseExists(token: Token): Match {
  if ((token.text !== "true" && token.text !== "false") || token.type !== "literal") {
    throw new PatternError("exists match pattern must be either true or false.");
  }
  return { kind: "exists", exists: token.text === "true" };
}
