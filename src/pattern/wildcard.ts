import { PatternError } from "./pattern-error.ts";

/**
 * Reads the text of a `wildcard` match: `*` stands for any number of characters, `\*` and `\\` for themselves.
 * Returns the literal texts around the wildcards, one more than there are wildcards. Throws a PatternError.
 */
export function parseWildcard(text: string): readonly string[] {
  const literals = [""];
  for (let index = 0; index < text.length; index++) {
    let character = text.charAt(index);
    if (character === "*") {
      if (text[index + 1] === "*") {
        throw new PatternError(`Consecutive wildcard characters at pos ${bytePosition(text, index)}`);
      }
      literals.push("");
      continue;
    }
    if (character === "\\") {
      const escaped = text[index + 1];
      if (escaped !== "*" && escaped !== "\\") {
        throw new PatternError(`Invalid escape character at pos ${bytePosition(text, index)}`);
      }
      character = escaped;
      index++;
    }
    literals.push((literals.pop() ?? "") + character);
  }
  return literals;
}

/** AWS counts the UTF-8 bytes before the place, the opening quote of the JSON string among them. */
function bytePosition(text: string, index: number): number {
  return new TextEncoder().encode(`"${text.slice(0, index)}`).length;
}

/**
 * Whether the text is the literals in their order with anything between them. Each literal may be taken at the first
 * place where it fits, since what lies between is free, so that there is nothing to go back to.
 */
export function matchesWildcard(literals: readonly string[], text: string): boolean {
  const first = literals[0] ?? "";
  if (literals.length === 1) return text === first;
  const last = literals.at(-1) ?? "";
  const end = text.length - last.length;
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (const literal of literals.slice(1, -1)) {
    const found = text.indexOf(literal, position);
    if (found === -1 || found + literal.length > end) return false;
    position = found + literal.length;
  }
  return true;
}
