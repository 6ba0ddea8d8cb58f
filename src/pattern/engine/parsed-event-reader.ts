import { parseExactly } from "../../json/exact-json.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject, isRawNumber } from "../../json/json.ts";
import { readNumeral } from "../../json/numeral.ts";
import { encodeText } from "../../json/text-bytes.ts";
import type { FieldTrie } from "./field-trie.ts";
import { NOWHERE } from "./field-trie.ts";
import type { Occurrences } from "./occurrences.ts";
import type { ValueReader } from "./values/value-reader.ts";

const decoder = new TextDecoder();

/** Follows the fields that rules name in a parsed event. Slower than `EventReader`, and right where names come twice. */
export class ParsedEventReader {
  readonly #trie: FieldTrie;
  readonly #values: ValueReader;
  readonly #occurrences: Occurrences;
  /** How many values were followed: a parsed event has no other positions. */
  #position = 0;

  constructor(trie: FieldTrie, values: ValueReader, occurrences: Occurrences) {
    this.#trie = trie;
    this.#values = values;
    this.#occurrences = occurrences;
  }

  /** @param event JSON in UTF-8 that was checked before. */
  read(event: Uint8Array): void {
    this.#occurrences.begin();
    this.#position = 0;
    this.#follow(0, parseExactly(decoder.decode(event)));
  }

  #follow(node: number, value: Json): void {
    if (this.#occurrences.steps.left < 0) return;
    const position = ++this.#position;
    const field = this.#trie.fieldAt.at(node);
    if (Array.isArray(value)) this.#followArray(node, value as readonly Json[], position);
    else if (isJsonObject(value)) this.#followObject(node, value);
    else if (field === NOWHERE) return;
    else if (typeof value === "string") {
      const bytes = encodeText(value);
      this.#values.text(field, bytes, 0, bytes.length, position);
    } else if (typeof value === "number") this.#values.parsedNumber(field, value, position);
    else if (isRawNumber(value)) this.#values.parsedNumber(field, readNumeral(value.rawJSON), position);
    else this.#values.literal(field, value === null ? 0 : value ? 2 : 1, position);
  }

  #followObject(node: number, object: JsonObject): void {
    for (const [key, value] of Object.entries(object)) {
      const bytes = encodeText(key);
      const name = this.#trie.find(node, bytes, 0, bytes.length);
      if (name !== NOWHERE) this.#follow(this.#trie.target(name), value);
    }
  }

  #followArray(node: number, array: readonly Json[], position: number): void {
    const { lists } = this.#occurrences;
    const matters = this.#trie.fieldsBelow.at(node) > 1;
    const list = matters ? lists.openList(node, this.#trie.steps.at(node), position) : -1;
    for (const element of array) {
      const binds = matters && (Array.isArray(element) || isJsonObject(element));
      if (binds) lists.open(list, ++this.#position);
      this.#follow(node, element);
      if (binds) lists.close(++this.#position);
    }
    if (matters) lists.closeList(list, ++this.#position);
  }
}
