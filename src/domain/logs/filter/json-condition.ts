import type { Json } from "../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { ReadPattern } from "./read-pattern.ts";

type Condition = (json: Json) => boolean;

/** The longest nesting of parentheses. */
const DEPTH_MAX = 16;

const TOKENS =
  /\s*(?:(\()|(\))|(\{)|(\})|(&&)|(\|\|)|(\$(?:\.[A-Za-z0-9_-]+|\[\d{1,6}\])+)|(!=|<=|>=|=|<|>)|"((?:[^"\\]|\\.)*)"|([^\s(){}"=!<>&|]+))/y;

type Token =
  | { readonly kind: "sign"; readonly text: string }
  | { readonly kind: "selector" | "quoted" | "word"; readonly text: string };

/** Reads `{ $.level = "ERROR" && ($.n > 3 || $.user IS NULL) }`, which only lines fit that are JSON objects. */
export function jsonCondition(text: string): ReadPattern {
  const tokens = tokensOf(text);
  const read = tokens && new ConditionReader(tokens).whole();
  if (read === undefined) return { ok: false, problem: "Invalid filter pattern: it is no condition on JSON." };
  return {
    ok: true,
    fits: (line) => {
      if (!line.startsWith("{")) return false;
      const json = parseJson(line);
      return isJsonObject(json) && read(json);
    },
  };
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    TOKENS.lastIndex = at;
    const found = TOKENS.exec(text);
    if (found === null) return undefined;
    const [, open, close, begin, end, and, or, selector, operator, quoted, word] = found;
    const sign = open ?? close ?? begin ?? end ?? and ?? or ?? operator;
    if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (selector !== undefined) tokens.push({ kind: "selector", text: selector });
    else if (quoted !== undefined) tokens.push({ kind: "quoted", text: quoted.replaceAll(/\\(.)/g, "$1") });
    else tokens.push({ kind: "word", text: word ?? "" });
    at = TOKENS.lastIndex;
  }
  return tokens;
}

/** Reads tokens from left to right. Each method returns undefined where they are not what it reads. */
class ConditionReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Condition | undefined {
    if (!this.#isSign("{")) return undefined;
    const condition = this.#either(0);
    return condition !== undefined && this.#isSign("}") && this.#at === this.#tokens.length ? condition : undefined;
  }

  #either(depth: number): Condition | undefined {
    return this.#joined(
      "||",
      () => this.#both(depth),
      (all) => (json) => all.some((one) => one(json)),
    );
  }

  #both(depth: number): Condition | undefined {
    return this.#joined(
      "&&",
      () => this.#one(depth),
      (all) => (json) => all.every((one) => one(json)),
    );
  }

  #joined(
    sign: string,
    read: () => Condition | undefined,
    join: (all: readonly Condition[]) => Condition,
  ): Condition | undefined {
    const all: Condition[] = [];
    do {
      const one = read();
      if (one === undefined) return undefined;
      all.push(one);
    } while (this.#isSign(sign));
    return join(all);
  }

  #one(depth: number): Condition | undefined {
    if (this.#isSign("(")) {
      const inner = depth < DEPTH_MAX ? this.#either(depth + 1) : undefined;
      return this.#isSign(")") ? inner : undefined;
    }
    const selector = this.#next();
    if (selector?.kind !== "selector") return undefined;
    const path = pathOf(selector.text);
    const operator = this.#next();
    if (operator?.kind === "word") return this.#wordCondition(path, operator.text);
    const value = this.#next();
    if (operator?.kind !== "sign" || value === undefined || (value.kind !== "quoted" && value.kind !== "word")) {
      return undefined;
    }
    return comparison(path, operator.text, value);
  }

  /** `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`, `EXISTS`. */
  #wordCondition(path: Path, word: string): Condition | undefined {
    if (word === "EXISTS") return (json) => at(json, path) !== undefined;
    const second = this.#next();
    const words = second?.kind === "word" ? `${word} ${second.text}` : word;
    if (words === "NOT EXISTS") return (json) => at(json, path) === undefined;
    const wanted = { "IS NULL": null, "IS TRUE": true, "IS FALSE": false }[words];
    return wanted === undefined ? undefined : (json) => at(json, path) === wanted;
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #isSign(text: string): boolean {
    const token = this.#tokens[this.#at];
    const isIt = token?.kind === "sign" && token.text === text;
    if (isIt) this.#at += 1;
    return isIt;
  }
}

type Path = readonly (string | number)[];

function pathOf(selector: string): Path {
  return [...selector.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]/g)].map(([, name, place]) => name ?? Number(place));
}

function at(json: Json, path: Path): Json | undefined {
  let value: Json | undefined = json;
  for (const step of path) {
    if (typeof step === "number") value = Array.isArray(value) ? (value as readonly Json[])[step] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** A number is compared as one, a text with `*` for anything; one that is absent fits nothing, not even `!=`. */
function comparison(path: Path, operator: string, { kind, text }: Token): Condition | undefined {
  const number = kind === "word" && NUMBER.test(text) ? Number(text) : undefined;
  if (operator === "=" || operator === "!=") {
    const isEqual = (value: Json): boolean =>
      number === undefined ? typeof value === "string" && fitsStars(text, value) : value === number;
    return (json) => {
      const value = at(json, path);
      return value !== undefined && value !== null && isEqual(value) === (operator === "=");
    };
  }
  const compare = COMPARISONS[operator];
  if (number === undefined || compare === undefined) return undefined;
  return (json) => {
    const value = at(json, path);
    return typeof value === "number" && compare(value, number);
  };
}

/** Whether a text fits a pattern in which `*` stands for any characters. Every part is looked for behind the one before it. */
function fitsStars(pattern: string, text: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return text === pattern;
  let at = first.length;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const COMPARISONS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  "<": (one, other) => one < other,
  ">": (one, other) => one > other,
  "<=": (one, other) => one <= other,
  ">=": (one, other) => one >= other,
};
