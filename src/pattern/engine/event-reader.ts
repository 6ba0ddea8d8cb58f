import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  DIGIT_LAST,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from "../../json/characters.ts";
import { EVENT_LEVELS_MAX } from "../../json/depth.ts";
import type { FieldTrie } from "./field-trie.ts";
import { NOWHERE } from "./field-trie.ts";
import { JsonBytes, WRONG } from "../../json/json-bytes.ts";
import { PLAIN } from "../../json/byte-tables.ts";
import type { Occurrences } from "./occurrences.ts";
import { ParsedEventReader } from "./parsed-event-reader.ts";
import { Unescaped } from "../../json/text-bytes.ts";
import type { ValueReader } from "./values/value-reader.ts";

const OBJECTS_MAX = 2 ** 30;
const LETTER_F = 0x66;
const LETTER_T = 0x74;

/** One event is read at a time, without a pause: all readers share one place for the text. */
const json = new JsonBytes();
const unescaped = new Unescaped();

/**
 * Reads an event once from its first byte to its last: checks that it is JSON, follows the fields that rules name, and
 * steps over all others. Where an object has a named field twice the last one counts, as with `JSON.parse`. The first has
 * been followed by then, so that such an event, which hardly anybody sends, is parsed and followed again.
 */
export class EventReader {
  readonly #trie: FieldTrie;
  readonly #values: ValueReader;
  readonly #occurrences: Occurrences;
  /** By name: the last object that had it. */
  readonly #objectsWith: Int32Array;
  #objects = 0;
  /** By name, and behind them by node for the first one: the name that came next when it last came. */
  readonly #nextNames: Int32Array;
  #hasNameTwice = false;
  /** Where the value of the event's last field begins. */
  #lastValueStart = 0;
  readonly #parsed: ParsedEventReader;

  constructor(trie: FieldTrie, values: ValueReader, occurrences: Occurrences) {
    this.#trie = trie;
    this.#values = values;
    this.#occurrences = occurrences;
    this.#parsed = new ParsedEventReader(trie, values, occurrences);
    this.#objectsWith = new Int32Array(trie.nameCount);
    this.#nextNames = new Int32Array(trie.nameCount + trie.nodeCount).fill(NOWHERE);
  }

  /**
   * Reads an event in UTF-8.
   *
   * @param detailStart where the value of the last field has to begin, and to be an object; undefined where nothing is
   *   known of the event.
   * @returns whether the event is a JSON object of no more levels than EVENT_LEVELS_MAX, and was read to its end: reading
   *   ends where the steps are spent.
   */
  read(event: Uint8Array, detailStart?: number): boolean {
    this.#begin(event);
    const start = json.skipSpace(0);
    if (json.bytes[start] !== OPEN_OBJECT) return false;
    const end = this.#object(0, start, 1);
    if (end === WRONG || json.skipSpace(end) !== json.length) return false;
    if (detailStart !== undefined) {
      const expected = json.skipSpace(detailStart);
      if (this.#lastValueStart !== expected || json.bytes[expected] !== OPEN_OBJECT) return false;
    }
    if (this.#hasNameTwice) this.#parsed.read(event);
    return true;
  }

  #begin(event: Uint8Array): void {
    json.load(event);
    this.#occurrences.begin();
    this.#hasNameTwice = false;
    if (this.#objects < OBJECTS_MAX) return;
    this.#objectsWith.fill(0);
    this.#objects = 0;
  }

  #object(node: number, start: number, level: number): number {
    if (level > EVENT_LEVELS_MAX) return WRONG;
    const bytes = json.bytes;
    const trie = this.#trie;
    const object = ++this.#objects;
    const nextNames = this.#nextNames;
    let previous = trie.nameCount + node;
    let at = json.skipSpace(start + 1);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;;) {
      if (bytes[at] !== QUOTE) return WRONG;
      const nameStart = ++at;
      let name = nextNames[previous] as number;
      const length = name === NOWHERE ? NOWHERE : trie.lengthAt(name, bytes, at);
      if (length !== NOWHERE) {
        at += length + 1;
        previous = name;
      } else {
        while (PLAIN[bytes[at] as number] === 1) at++;
        if (bytes[at] === QUOTE) name = trie.find(node, bytes, nameStart, at++);
        else {
          at = json.skipString(at);
          if (at === WRONG) return WRONG;
          unescaped.read(bytes, nameStart, at);
          name = trie.find(node, unescaped.bytes, 0, unescaped.length);
        }
        if (name !== NOWHERE) {
          nextNames[previous] = name;
          previous = name;
        }
      }
      if (bytes[at] === COLON && (bytes[at + 1] as number) > SPACE) at++;
      else {
        at = json.skipColon(at);
        if (at === WRONG) return WRONG;
      }
      if (level === 1) this.#lastValueStart = at;
      if (name === NOWHERE) {
        if (bytes[at] === QUOTE) {
          at++;
          while (PLAIN[bytes[at] as number] === 1) at++;
          at = bytes[at] === QUOTE ? at + 1 : json.skipString(at);
        } else at = json.skipValue(at, level);
      } else {
        if (this.#objectsWith[name] === object) this.#hasNameTwice = true;
        this.#objectsWith[name] = object;
        at = this.#value(trie.target(name), at, level);
      }
      if (at === WRONG) return WRONG;
      if ((bytes[at] as number) <= SPACE) at = json.skipSpace(at);
      const byte = bytes[at++];
      if (byte === CLOSE_OBJECT) return at;
      if (byte !== COMMA) return WRONG;
      if ((bytes[at] as number) <= SPACE) at = json.skipSpace(at);
    }
  }

  #array(node: number, start: number, level: number): number {
    if (level > EVENT_LEVELS_MAX) return WRONG;
    const bytes = json.bytes;
    const { lists } = this.#occurrences;
    const matters = (this.#trie.fieldsBelow.items[node] as number) > 1;
    const list = matters ? lists.openList(node, this.#trie.steps.items[node] as number, start) : -1;
    let at = json.skipSpace(start + 1);
    if (bytes[at] === CLOSE_ARRAY) return at + 1;
    for (;;) {
      const first = bytes[at];
      if (matters && (first === OPEN_OBJECT || first === OPEN_ARRAY)) {
        lists.open(list, at);
        at = this.#value(node, at, level);
        if (at === WRONG) return WRONG;
        lists.close(at);
      } else {
        at = this.#value(node, at, level);
        if (at === WRONG) return WRONG;
      }
      if ((bytes[at] as number) <= SPACE) at = json.skipSpace(at);
      const byte = bytes[at++];
      if (byte === CLOSE_ARRAY) {
        if (matters) lists.closeList(list, at);
        return at;
      }
      if (byte !== COMMA) return WRONG;
      if ((bytes[at] as number) <= SPACE) at = json.skipSpace(at);
    }
  }

  /** A value to which names of the trie have led. */
  #value(node: number, start: number, level: number): number {
    const bytes = json.bytes;
    const first = bytes[start] as number;
    if (first === OPEN_OBJECT) {
      return this.#trie.lengths.items[node] === 0 ? json.skipValue(start, level) : this.#object(node, start, level + 1);
    }
    if (first === OPEN_ARRAY) return this.#array(node, start, level + 1);
    const field = this.#trie.fieldAt.items[node] as number;
    if (field === NOWHERE) return json.skipValue(start, level);
    if (first === QUOTE) return this.#text(field, start);
    if (first <= DIGIT_LAST) {
      return this.#values.number(field, json, start);
    }
    const end = json.skipLiteral(start);
    if (end !== WRONG) this.#values.literal(field, first === LETTER_T ? 2 : first === LETTER_F ? 1 : 0, start);
    return end;
  }

  #text(field: number, start: number): number {
    const bytes = json.bytes;
    let at = start + 1;
    while (PLAIN[bytes[at] as number] === 1) at++;
    if (bytes[at] === QUOTE) {
      this.#values.text(field, bytes, start + 1, at, start);
      return this.#occurrences.steps.left < 0 ? WRONG : at + 1;
    }
    at = json.skipString(at);
    if (at === WRONG) return WRONG;
    unescaped.read(bytes, start + 1, at);
    this.#values.text(field, unescaped.bytes, 0, unescaped.length, start);
    return this.#occurrences.steps.left < 0 ? WRONG : at;
  }
}
