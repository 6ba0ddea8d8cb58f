import { jsonCondition } from "./json-condition.ts";
import type { ReadPattern } from "./read-pattern.ts";

/** The longest pattern that CloudWatch Logs takes, in characters. */
export const FILTER_PATTERN_CHARACTERS_MAX = 1_024;

/** A term, with what stands before it: `?` for one of several, `-` for none of. */
const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)/y;
const SPACE = /\s*/y;

/**
 * Reads a filter pattern as CloudWatch Logs has it: terms (`A B`, `?A ?B`, `-A`, `"two words"`), or conditions on lines that
 * are JSON objects (`{ $.level = "ERROR" && $.n > 3 }`). Terms are found wherever they stand in a line, and case counts.
 */
export function readFilterPattern(pattern: string): ReadPattern {
  const text = pattern.trim();
  if (text.startsWith("{")) return jsonCondition(text);
  if (text.startsWith("[")) return notHere("columns, as in [a, b]");
  if (text.startsWith("%")) return notHere("regular expressions");
  return readTerms(text);
}

function notHere(what: string): ReadPattern {
  return { ok: false, problem: `Filter patterns with ${what} are not supported here.` };
}

function readTerms(text: string): ReadPattern {
  const terms: Readonly<Record<"" | "?" | "-", string[]>> = { "": [], "?": [], "-": [] };
  for (let at = 0; at < text.length;) {
    TERM.lastIndex = at;
    const found = TERM.exec(text);
    if (found === null) return { ok: false, problem: `Invalid filter pattern at character ${at + 1}.` };
    const [, sign = "", quoted, bare] = found;
    terms[sign as "" | "?" | "-"].push(quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "");
    SPACE.lastIndex = TERM.lastIndex;
    SPACE.exec(text);
    at = SPACE.lastIndex;
  }
  const { "": all, "?": some, "-": none } = terms;
  // As on AWS, terms with `?` count only where there are no others.
  const oneOf = all.length === 0 && none.length === 0 ? some : [];
  return {
    ok: true,
    fits: (line) =>
      all.every((term) => line.includes(term)) &&
      !none.some((term) => line.includes(term)) &&
      (oneOf.length === 0 || oneOf.some((term) => line.includes(term))),
  };
}
