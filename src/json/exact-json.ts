import type { Json } from "./json.ts";
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DIGIT_LAST,
  LETTER_E,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  LOWER_CASE,
  MINUS,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from "./characters.ts";

/** The part of "JSON.parse source text access" that Node.js 24 has and TypeScript's library does not describe yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => Json };

/** A double holds every whole number of so many characters, and prints it as it was written. */
const INTEGER_CHARACTERS_MAX = 15;

const NUMBERS_REMEMBERED_MAX = 1_000;

/**
 * Parses JSON so that `JSON.stringify` gives every number back as its sender wrote it: 12345678901234567890 and
 * 1.50 too, which a double cannot hold or print. Such a number is an opaque value that can only be passed on or printed.
 *
 * `JSON.parse` does the work where it can: it checks the text, and a scan finds whether a double changes any number.
 * Only then the text is read here. A reviver, which is called for each value, takes twenty times as long.
 *
 * @throws SyntaxError when the text is not JSON, RangeError when it is nested too deeply to be read here.
 */
export function parseExactly(text: string): Json {
  const parsed = JSON.parse(text) as Json;
  return hasChangedNumber(text) ? new ExactReader(text).value() : parsed;
}

/** The same; undefined, which no JSON text stands for, when the text is not JSON or cannot be read here. */
export function tryParseExactly(text: string): Json | undefined {
  try {
    return parseExactly(text);
  } catch {
    return undefined;
  }
}

/** Whether JSON holds a number that a double does not give back as it is written. */
function hasChangedNumber(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === MINUS || isDigit(code)) {
      const end = numberEnd(text, at);
      if (!isKept(text, at, end)) return true;
      at = end;
    } else at += 1;
  }
  return false;
}

/** Reads a text that is known to be JSON, so that it need not ask what comes next. */
class ExactReader {
  readonly #text: string;
  #at = 0;
  /** Opaque values by their text: one takes as long to make as a hundred characters to read. */
  readonly #numbers = new Map<string, Json>();

  constructor(text: string) {
    this.#text = text;
  }

  value(): Json {
    switch (this.#next()) {
      case OPEN_OBJECT:
        return this.#object();
      case OPEN_ARRAY:
        return this.#list();
      case QUOTE:
        return this.#string();
      case LETTER_T:
        return this.#literal(true, "true");
      case LETTER_F:
        return this.#literal(false, "false");
      case LETTER_N:
        return this.#literal(null, "null");
      default:
        return this.#number();
    }
  }

  /** The character that comes next, blanks left out. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code <= SPACE) code = this.#text.charCodeAt(++this.#at);
    return code;
  }

  #object(): Json {
    const members: Record<string, Json> = {};
    this.#at += 1;
    while (this.#next() !== CLOSE_OBJECT) {
      if (this.#next() === COMMA) this.#at += 1;
      this.#next();
      const name = this.#string();
      if (this.#next() === COLON) this.#at += 1;
      const value = this.value();
      // Assigned, it would become the object's prototype.
      if (name === "__proto__") Object.defineProperty(members, name, { value, enumerable: true, writable: true });
      else members[name] = value;
    }
    this.#at += 1;
    return members;
  }

  #list(): Json {
    this.#at += 1;
    if (this.#next() === CLOSE_ARRAY) {
      this.#at += 1;
      return [];
    }
    // Begun with its first item: a list that grows from nothing takes room for seventeen at once.
    const items = [this.value()];
    while (this.#next() === COMMA) {
      this.#at += 1;
      items.push(this.value());
    }
    this.#at += 1;
    return items;
  }

  #string(): string {
    const start = this.#at;
    this.#at = stringEnd(this.#text, start);
    const plain = this.#text.slice(start + 1, this.#at - 1);
    return plain.includes("\\") ? (JSON.parse(this.#text.slice(start, this.#at)) as string) : plain;
  }

  #number(): Json {
    const start = this.#at;
    this.#at = numberEnd(this.#text, start);
    const source = this.#text.slice(start, this.#at);
    if (isKept(this.#text, start, this.#at)) return Number(source);
    const known = this.#numbers.get(source);
    if (known !== undefined) return known;
    const number = rawJSON(source);
    if (this.#numbers.size < NUMBERS_REMEMBERED_MAX) this.#numbers.set(source, number);
    return number;
  }

  #literal(value: Json, text: string): Json {
    this.#at += text.length;
    return value;
  }
}

/** From the opening quote of a string to behind the closing one. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1;
  return at + 1;
}

function numberEnd(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); isDigit(code) || isOfFraction(code); code = text.charCodeAt(at)) at += 1;
  return at;
}

/** Whether a double gives the number back as it is written. */
function isKept(text: string, start: number, end: number): boolean {
  if (end - start <= INTEGER_CHARACTERS_MAX && isWhole(text, start, end)) return true;
  const source = text.slice(start, end);
  return String(Number(source)) === source;
}

function isWhole(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

function isOfFraction(code: number): boolean {
  return code === POINT || (code | LOWER_CASE) === LETTER_E || code === PLUS || code === MINUS;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= DIGIT_LAST;
}
