import { PatternError } from "../pattern-error.ts";

/**
 * What AWS says of a pattern that is not JSON: the messages of Jackson, the JSON parser that event-ruler uses.
 * `position` is an index into the text everywhere.
 */

const ANY_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** Jackson quotes no more than this of the text. */
const SOURCE_LENGTH_MAX = 500;
const TOKEN_LENGTH_MAX = 256;

/** A character where something else had to come. */
export function unexpectedCharacter(text: string, position: number, expected: string): PatternError {
  return new PatternError(`Unexpected character (${describe(text, position)}): ${expected}`);
}

/** A character in a number, where a digit had to come. */
export function notADigit(text: string, position: number, expected: string): PatternError {
  if (position >= text.length) return new PatternError("Unexpected end-of-input in a Number value");
  return new PatternError(`Unexpected character (${describe(text, position)}) in numeric value: ${expected}`);
}

/** Something that begins no value: a word of its own is quoted whole. */
export function notAValue(text: string, position: number): PatternError {
  const word = /^[\p{L}\p{Nl}\p{Sc}\p{Pc}][\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}]*/u.exec(
    text.slice(position),
  )?.[0];
  if (word === undefined) return unexpectedCharacter(text, position, `expected a valid value ${ANY_VALUE}`);
  if (/^(NaN|INF|Infinity)$/.test(word)) {
    const remedy = "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow";
    return new PatternError(`Non-standard token '${word}': ${remedy}`);
  }
  const quoted = word.length > TOKEN_LENGTH_MAX ? `${word.slice(0, TOKEN_LENGTH_MAX)}...` : word;
  return new PatternError(`Unrecognized token '${quoted}': was expecting ${ANY_VALUE}`);
}

/** A control character, or a `/` that may begin a comment elsewhere, between two tokens. */
export function notASpace(text: string, position: number): PatternError | undefined {
  if (text[position] === "/") {
    const feature = "(not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)";
    return unexpectedCharacter(text, position, `maybe a (non-standard) comment? ${feature}`);
  }
  if (text.charCodeAt(position) >= 0x20) return undefined;
  const allowed = "only regular white space (\\r, \\n, \\t) is allowed between tokens";
  return new PatternError(`Illegal character (${describe(text, position)}): ${allowed}`);
}

/** A control character in a name or string; `where` names which. */
export function unescapedControlCharacter(text: string, position: number, where: string): PatternError {
  const remedy = `has to be escaped using backslash to be included in ${where}`;
  return new PatternError(`Illegal unquoted character (${describe(text, position)}): ${remedy}`);
}

/** A backslash with a character behind it that JSON gives no meaning. */
export function unknownEscape(text: string, position: number): PatternError {
  return new PatternError(`Unrecognized character escape ${describe(text, position)}`);
}

/** The text ended inside an object or array. */
export function unclosed(text: string, kind: string, start: number): PatternError {
  const expected = `expected close marker for ${kind} (start marker at ${location(text, start)})`;
  return new PatternError(`Unexpected end-of-input: ${expected}`);
}

/** A bracket that does not close what is open; `kind` and `start` say what that is. */
export function wrongClose(text: string, found: string, kind: string, start: number): PatternError {
  const expected = found === "}" ? "]" : "}";
  const where = `(for ${kind} starting at ${location(text, start)})`;
  return new PatternError(`Unexpected close marker '${found}': expected '${expected}' ${where}`);
}

function describe(text: string, position: number): string {
  const code = text.charCodeAt(position);
  if (code < 0x20) return `(CTRL-CHAR, code ${code})`;
  const hexadecimal = code > 0xff ? ` / 0x${code.toString(16)}` : "";
  return `'${text.charAt(position)}' (code ${code}${hexadecimal})`;
}

function location(text: string, position: number): string {
  const lines = text.slice(0, position).split(/\r\n|\r|\n/);
  const cut = text.length - SOURCE_LENGTH_MAX;
  const source = `(String)"${text.slice(0, SOURCE_LENGTH_MAX)}"${cut > 0 ? `[truncated ${cut} chars]` : ""}`;
  return `[Source: ${source}; line: ${lines.length}, column: ${(lines.at(-1) ?? "").length + 1}]`;
}
