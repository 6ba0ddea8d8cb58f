import { BACKSLASH, QUOTE } from "./characters.ts";
import { HEXADECIMAL } from "./byte-tables.ts";

/**
 * Texts as bytes: UTF-8, and an unpaired half of a surrogate pair as the three bytes that UTF-8 would have for it
 * (known as WTF-8). So texts are equal exactly when their bytes are, whatever `\u` escapes they were written with.
 */

const UNESCAPED: ReadonlyMap<number, number> = new Map(
  Array.from("bfnrt", (letter, index) => [letter.charCodeAt(0), "\b\f\n\r\t".charCodeAt(index)] as const),
);
const LETTER_U = 0x75;

const encoder = new TextEncoder();

export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(3 * text.length);
  let end = 0;
  for (const character of text) end = writeCodePoint(bytes, end, character.codePointAt(0) ?? 0);
  return bytes.subarray(0, end);
}

/** The bytes of one text after the other, in the same memory: an array for each of some hundred thousand keeps the collector busy. */
export class EncodedText {
  /** Those of the last text come first. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1_024);
  length = 0;

  encode(text: string): this {
    if (3 * text.length > this.bytes.length) this.bytes = new Uint8Array(6 * text.length);
    if (text.isWellFormed()) this.length = encoder.encodeInto(text, this.bytes).written;
    else {
      const bytes = encodeText(text);
      this.bytes.set(bytes);
      this.length = bytes.length;
    }
    return this;
  }
}

export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let at = start;
  while (at < end) {
    const lead = bytes[at] as number;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    let code = length === 1 ? lead : lead & (0xff >> (length + 1));
    for (let index = 1; index < length; index++) code = (code << 6) | ((bytes[at + index] ?? 0) & 0x3f);
    text += String.fromCodePoint(Math.min(code, 0x10ffff));
    at += length;
  }
  return text;
}

/** The decoded text of JSON strings that have escapes in them. */
export class Unescaped {
  bytes: Uint8Array = new Uint8Array(1_024);
  length = 0;

  /**
   * Decodes a JSON string that has been checked, from behind its opening quote. It gets no longer by it.
   * @param end behind the closing quote
   */
  read(json: Uint8Array, start: number, end: number): void {
    if (end - start > this.bytes.length) this.bytes = new Uint8Array(2 * (end - start));
    let length = 0;
    let at = start;
    for (;;) {
      const byte = json[at++] as number;
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) {
        this.bytes[length++] = byte;
        continue;
      }
      const letter = json[at++] as number;
      if (letter !== LETTER_U) {
        this.bytes[length++] = UNESCAPED.get(letter) ?? letter;
        continue;
      }
      let code = readHexadecimal(json, at);
      at += 4;
      if (code >= 0xd800 && code < 0xdc00 && json[at] === BACKSLASH && json[at + 1] === LETTER_U) {
        const low = readHexadecimal(json, at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          at += 6;
        }
      }
      length = writeCodePoint(this.bytes, length, code);
    }
    this.length = length;
  }
}

function readHexadecimal(json: Uint8Array, at: number): number {
  let code = 0;
  for (let index = at; index < at + 4; index++) code = (code << 4) | (HEXADECIMAL[json[index] as number] as number);
  return code;
}

function writeCodePoint(bytes: Uint8Array, start: number, code: number): number {
  let at = start;
  if (code < 0x80) bytes[at++] = code;
  else if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
    bytes[at++] = 0x80 | (code & 0x3f);
  } else {
    if (code < 0x10000) bytes[at++] = 0xe0 | (code >> 12);
    else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
