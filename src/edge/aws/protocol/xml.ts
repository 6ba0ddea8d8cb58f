import type { Json, JsonObject } from "../../../json/json.ts";

/** How a member of an output is written. All lists are flat: an element for each item. */
export interface XmlMember {
  readonly element: string;
  /** Set for a map: the elements of an entry's key and value. */
  readonly entry?: { readonly key: string; readonly value: string };
}

/** By the member's name. Any other is an element of its own name. */
export type XmlMembers = Readonly<Record<string, XmlMember>>;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
};

/** A text in XML. Characters that XML does not have are replaced. */
export function xmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);
}

export function xmlElement(name: string, content: string): string {
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

/** The members of a structure as elements, one after another. */
export function xmlMembers(structure: JsonObject, members: XmlMembers): string {
  return Object.entries(structure)
    .map(([name, value]) => xmlMember(name, value, members))
    .join("");
}

function xmlMember(name: string, value: Json, members: XmlMembers): string {
  const { element = name, entry } = members[name] ?? {};
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item) => xmlElement(element, xmlValue(item, members))).join("");
  }
  if (entry === undefined) return xmlElement(element, xmlValue(value, members));
  return Object.entries(value as JsonObject)
    .map(([key, of]) => {
      const pair = xmlElement(entry.key, xmlText(key)) + xmlElement(entry.value, xmlValue(of, members));
      return xmlElement(element, pair);
    })
    .join("");
}

function xmlValue(value: Json, members: XmlMembers): string {
  if (typeof value === "object" && value !== null) return xmlMembers(value as JsonObject, members);
  return xmlText(value === null ? "" : String(value));
}
