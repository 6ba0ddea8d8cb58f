import { createHash } from "node:crypto";
import { isRawNumber } from "../../json/json.ts";
import { isSecretPlace } from "../kinds/kind/secret-places.ts";
import type { ConfigEntry } from "../kinds/kinds.ts";
import type { Path } from "../source/document.ts";
import { REFERENCE } from "../source/references.ts";

const HIDDEN = "(hidden)";
const URL_PARTS = /^(?<origin>https?:\/\/[^/?#@]*)(?<path>[^?#]*)(?<query>[?#].*)?$/s;
const FINGERPRINT_CHARACTERS = 8;

/**
 * An entry as it may be shown: what stands at a secret's place is hidden, whatever it is, and references to secrets stay as
 * they are written. Of a URL the host stays, and a fingerprint of the path: the key of a webhook is often a part of it, and too
 * long to be guessed from 32 bits.
 */
export function hideSecrets({ section, raw }: Pick<ConfigEntry, "section" | "raw">): unknown {
  const hide = (node: unknown, path: Path): unknown => {
    if (Array.isArray(node)) return node.map((item, index) => hide(item, [...path, index]));
    if (typeof node === "object" && node !== null && !isRawNumber(node)) {
      return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, hide(item, [...path, key])]));
    }
    return isSecretPlace(section, path) ? hidden(node) : node;
  };
  return hide(raw, []);
}

function hidden(value: unknown): string {
  if (typeof value !== "string") return HIDDEN;
  const parts = URL_PARTS.exec(value)?.groups;
  if (parts === undefined) return withoutLiterals(value);
  const { origin = "", path = "", query = "" } = parts;
  return `${origin}${hiddenPath(path)}${query === "" ? "" : query.slice(0, 1) + HIDDEN}`;
}

/** A path without any text of its own is shown. */
function hiddenPath(path: string): string {
  if (path.replaceAll(REFERENCE, "").replaceAll("/", "") === "") return path;
  return `/…${createHash("sha256").update(path).digest("hex").slice(0, FINGERPRINT_CHARACTERS)}`;
}

/** The references of a text; what stands between them is hidden. */
function withoutLiterals(text: string): string {
  let shown = "";
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    if (match[1] === undefined) continue;
    if (match.index > end) shown += HIDDEN;
    shown += match[0];
    end = match.index + match[0].length;
  }
  return end < text.length || text === "" ? shown + HIDDEN : shown;
}
