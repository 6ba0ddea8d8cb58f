import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import type { ConfigDocument } from "../../domain/config.ts";
import { ruleKey, splitRuleKey } from "../../domain/rule/rule.ts";
import { isRawNumber } from "../../json/json.ts";
import type { ConfigEntry, Section } from "../kinds/kinds.ts";
import type { EntryText } from "./document-facts.ts";
import { DocumentFacts } from "./document-facts.ts";
import { hideSecrets } from "./hide-secrets.ts";

/** An entry takes some ten microseconds: puts go on between these. */
const ENTRIES_A_TURN = 100;
/** A text that is there takes a tenth of that. */
const TEXTS_A_TURN = 1_000;

const deflate = promisify(deflateRaw);

/** The canonical text of each entry, by section and name, in the order of names. */
export type EntryTexts = ReadonlyMap<Section, ReadonlyMap<string, string>>;

/** An entry, as much of it as is shown. */
export type ShownEntry = Pick<ConfigEntry, "section" | "name" | "raw"> & {
  /** It was made without any, so that nothing of it has to be hidden. */
  readonly holdsNoSecrets?: true;
};

/** What an entry says, as a text that may be shown: everything in the order of its keys; what it leaves out is left out. */
export function textOf(entry: ShownEntry): EntryText {
  const shown = entry.holdsNoSecrets ? entry.raw : hideSecrets(entry);
  return { section: entry.section, name: nameOf(entry), text: canonicalJson(shown) };
}

/** The same of many entries. */
export async function textsOf(entries: Iterable<ShownEntry>): Promise<EntryTexts> {
  const texts = new Map<Section, [name: string, text: string][]>();
  let count = 0;
  for (const entry of entries) {
    if (count++ % ENTRIES_A_TURN === 0) await setImmediate();
    const { section, name, text } = textOf(entry);
    const ofSection = texts.get(section) ?? [];
    texts.set(section, ofSection);
    ofSection.push([name, text]);
  }
  const inOrder = [...texts].map(([section, named]) => {
    return [section, new Map(named.sort(([one], [other]) => (one < other ? -1 : 1)))] as const;
  });
  return new Map(inOrder);
}

/** What is known of a document with these texts. */
export async function factsOf(texts: EntryTexts): Promise<DocumentFacts> {
  const facts = DocumentFacts.none();
  let count = 0;
  for (const [section, named] of texts) {
    for (const [name, text] of named) {
      if (++count % TEXTS_A_TURN === 0) await setImmediate();
      facts.add({ section, name, text });
    }
  }
  return facts;
}

const NO_TEXTS: EntryTexts = new Map();
const NONE_NAMED: ReadonlyMap<string, string> = new Map();

/** Two lists in the order of names as one. */
function* inOneOrder(
  texts: ReadonlyMap<string, string>,
  more: ReadonlyMap<string, string>,
): Generator<readonly [name: string, text: string]> {
  const others = more.entries();
  let other = others.next();
  for (const entry of texts) {
    for (; other.done !== true && other.value[0] < entry[0]; other = others.next()) yield other.value;
    yield entry;
  }
  for (; other.done !== true; other = others.next()) yield other.value;
}

/**
 * The document of a configuration: each section with its entries by name. Neither the order of files nor how they are laid out
 * matters. It is written when it is first asked for: that of many entries takes seconds.
 *
 * @param facts what is known of it already.
 * @param texts the texts of all entries, in one or two lists with names of their own.
 */
export function documentOf(
  facts: DocumentFacts,
  texts: () => Promise<readonly [EntryTexts, EntryTexts?]>,
): ConfigDocument {
  let written: Promise<Buffer> | undefined;
  return {
    digest: facts.digest,
    bytes: facts.bytes,
    deflated: () => (written ??= texts().then(async (lists) => deflate(await jsonOf(...lists)))),
  };
}

async function jsonOf(texts: EntryTexts, more = NO_TEXTS): Promise<Buffer> {
  const parts: Buffer[] = [];
  const add = (text: string): unknown => parts.push(Buffer.from(text));
  add("{");
  const sections = [...new Set([...texts.keys(), ...more.keys()])].sort();
  for (const [index, section] of sections.entries()) {
    add(`${index === 0 ? "" : ","}${JSON.stringify(section)}:{`);
    let pieces: string[] = [];
    let separator = "";
    for (const [name, text] of inOneOrder(texts.get(section) ?? NONE_NAMED, more.get(section) ?? NONE_NAMED)) {
      pieces.push(`${JSON.stringify(name)}:${text}`);
      if (pieces.length < TEXTS_A_TURN) continue;
      add(`${separator}${pieces.join(",")}`);
      [pieces, separator] = [[], ","];
      await setImmediate();
    }
    if (pieces.length > 0) add(`${separator}${pieces.join(",")}`);
    add("}");
  }
  add("}");
  return Buffer.concat(parts);
}

/** A rule without a bus is one of the default bus. */
function nameOf({ section, name }: ShownEntry): string {
  if (section !== "rules") return name;
  const { bus, name: rule } = splitRuleKey(name);
  return ruleKey(bus, rule);
}

/** JSON text that is the same for the same value: keys in their order, no spaces. Numbers stay as they were written. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null || isRawNumber(value)) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}
