import {
  notADigit,
  notASpace,
  notAValue,
  unclosed,
  unescapedControlCharacter,
  unexpectedCharacter,
  unknownEscape,
  wrongClose,
} from "./json-syntax-error.ts";
import { PatternError } from "../pattern-error.ts";

/**
 * One token of a JSON text. `text` is the decoded text of a name or string, else what stands there: a number as
 * written, `true`, `[`. The end of the text is `end`.
 */
export interface Token {
  readonly type: "{" | "}" | "[" | "]" | "name" | "string" | "number" | "literal" | "end";
  readonly text: string;
}

interface Container {
  readonly kind: "Object" | "Array" | "root";
  readonly start: number;
  /** What comes next, apart from the closing bracket. */
  expects: "first" | "value" | "comma";
}

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ...['"', "\\", "/"].map((character) => [character, character] as const),
  ...([
    ["b", "\b"],
    ["f", "\f"],
    ["n", "\n"],
    ["r", "\r"],
    ["t", "\t"],
  ] as const),
]);

/**
 * Reads a JSON text token by token, as event-ruler does: so members with the same name are all seen, in their order,
 * and of two mistakes in a pattern the one that comes first is reported. Strict JSON; throws PatternErrors.
 */
export class TokenReader {
  readonly #text: string;
  readonly #containers: Container[] = [{ kind: "root", start: 0, expects: "first" }];
  #position = 0;
  /** Where the token begins that was read last, or that could not be read: an index into the text. */
  tokenAt = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    const container = this.#container();
    let character = this.#skipSpace();
    this.tokenAt = this.#position;
    if (character === undefined) return this.#end(container);
    if ((character === "}" || character === "]") && container.expects !== "value") {
      return this.#close(container, character);
    }
    if (container.expects === "comma") character = this.#skipComma(container);
    if (container.kind === "Object" && container.expects !== "value") return this.#name(container, character);
    container.expects = "comma";
    return this.#value(character);
  }

  /** The innermost object or array, or what is around all of them. */
  #container(): Container {
    const container = this.#containers.at(-1);
    if (container === undefined) throw new Error("the outermost container cannot be closed");
    return container;
  }

  #end(container: Container): Token {
    if (container.kind === "root") return { type: "end", text: "" };
    if (container.expects === "value") throw betweenEntries(container);
    throw unclosed(this.#text, container.kind, container.start);
  }

  #close(container: Container, bracket: "}" | "]"): Token {
    const matching = container.kind === (bracket === "}" ? "Object" : "Array");
    if (!matching) throw wrongClose(this.#text, bracket, container.kind, container.start);
    this.#containers.pop();
    return this.#punctuation(bracket);
  }

  #skipComma(container: Container): string {
    if (container.kind === "root") throw unexpectedCharacter(this.#text, this.#position, "expected end of input");
    if (this.#text[this.#position] !== ",") {
      const expected = `was expecting comma to separate ${container.kind} entries`;
      throw unexpectedCharacter(this.#text, this.#position, expected);
    }
    this.#position++;
    const character = this.#skipSpace();
    this.tokenAt = this.#position;
    if (character === undefined) throw betweenEntries(container);
    return character;
  }

  #name(container: Container, character: string): Token {
    if (character !== '"') {
      throw unexpectedCharacter(this.#text, this.#position, "was expecting double-quote to start field name");
    }
    const text = this.#string("name", " in field name");
    const colon = this.#skipSpace();
    if (colon === undefined) throw betweenEntries(container);
    if (colon !== ":") {
      const expected = "was expecting a colon to separate field name and value";
      throw unexpectedCharacter(this.#text, this.#position, expected);
    }
    this.#position++;
    container.expects = "value";
    return { type: "name", text };
  }

  #value(character: string): Token {
    if (character === "{" || character === "[") {
      const kind = character === "{" ? "Object" : "Array";
      this.#containers.push({ kind, start: this.#position, expects: "first" });
      return this.#punctuation(character);
    }
    if (character === '"') {
      const text = this.#string("string value", ": was expecting closing quote for a string value");
      return { type: "string", text };
    }
    if (character === "-" || (character >= "0" && character <= "9")) return this.#number();
    if (character === "}") throw unexpectedCharacter(this.#text, this.#position, "expected a value");
    const literal = /^(true|false|null)(?![\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}])/u.exec(
      this.#text.slice(this.#position, this.#position + 6),
    )?.[1];
    if (literal === undefined) throw notAValue(this.#text, this.#position);
    this.#position += literal.length;
    return { type: "literal", text: literal };
  }

  #punctuation(type: "{" | "}" | "[" | "]"): Token {
    this.#position++;
    return { type, text: type };
  }

  #number(): Token {
    const start = this.#position;
    NUMBER.lastIndex = start;
    const text = NUMBER.exec(this.#text)?.[0];
    if (text === undefined) {
      const expected = "expected digit (0-9) to follow minus sign, for valid numeric value";
      throw notADigit(this.#text, start + 1, expected);
    }
    if (/^-?0\d/.test(text)) throw new PatternError("Invalid numeric value: Leading zeroes not allowed");
    this.#position += text.length;
    const after = this.#text[this.#position] ?? "";
    if (after === "." && !text.includes(".")) {
      throw notADigit(this.#text, this.#position + 1, "Decimal point not followed by a digit");
    }
    if (/[eE]/.test(after) && !/[eE]/.test(text)) {
      const sign = /[+-]/.test(this.#text.charAt(this.#position + 1)) ? 1 : 0;
      throw notADigit(this.#text, this.#position + 1 + sign, "Exponent indicator not followed by a digit");
    }
    return { type: "number", text };
  }

  /** Reads from the opening quote to past the closing one. */
  #string(where: string, missingQuote: string): string {
    let decoded = "";
    let start = ++this.#position;
    for (;;) {
      const character = this.#text[this.#position];
      if (character === undefined) throw new PatternError(`Unexpected end-of-input${missingQuote}`);
      if (character < " ") throw unescapedControlCharacter(this.#text, this.#position, where);
      if (character === '"' || character === "\\") {
        decoded += this.#text.slice(start, this.#position++);
        if (character === '"') return decoded;
        decoded += this.#escape();
        start = this.#position;
      } else this.#position++;
    }
  }

  /** Reads what follows a backslash. */
  #escape(): string {
    const character = this.#text[this.#position];
    if (character === undefined) throw new PatternError("Unexpected end-of-input in character escape sequence");
    if (character === "u") return this.#hexadecimalEscape();
    const escaped = ESCAPES.get(character);
    if (escaped === undefined) throw unknownEscape(this.#text, this.#position);
    this.#position++;
    return escaped;
  }

  #hexadecimalEscape(): string {
    const start = ++this.#position;
    for (; this.#position < start + 4; this.#position++) {
      const digit = this.#text[this.#position];
      if (digit === undefined) throw new PatternError("Unexpected end-of-input in character escape sequence");
      if (!/[0-9a-fA-F]/.test(digit)) {
        const expected = "expected a hex-digit for character escape sequence";
        throw unexpectedCharacter(this.#text, this.#position, expected);
      }
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#position), 16));
  }

  /** Moves on to the next character that counts and returns it without taking it; undefined at the end. */
  #skipSpace(): string | undefined {
    while (/[ \t\r\n]/.test(this.#text[this.#position] ?? "")) this.#position++;
    if (this.#position >= this.#text.length) return undefined;
    const mistake = notASpace(this.#text, this.#position);
    if (mistake) throw mistake;
    return this.#text[this.#position];
  }
}

function betweenEntries(container: Container): PatternError {
  return new PatternError(`Unexpected end-of-input within/between ${container.kind} entries`);
}
