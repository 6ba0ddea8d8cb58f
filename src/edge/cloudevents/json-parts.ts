import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  stringEnd,
} from "../../json/characters.ts";

/** The items of a list, or the members of an object, as their bytes stand in the text. */
export interface JsonParts {
  /** How many items or members the value has. */
  readonly count: number;
  /** The first `partsMax` of them. */
  readonly parts: readonly Buffer[];
}

export type JsonKind = "list" | "object" | "scalar";

/** The kind of a JSON value, by its first character. The bytes must be known to be JSON. */
export function kindOf(json: Buffer): JsonKind {
  const first = json[afterBlanks(json, 0)];
  if (first === OPEN_ARRAY) return "list";
  return first === OPEN_OBJECT ? "object" : "scalar";
}

/**
 * Splits a list or an object without parsing its parts. The bytes must be known to be JSON.
 *
 * @param partsMax how many parts to return; the others are only counted.
 */
export function partsOf(json: Buffer, partsMax: number): JsonParts {
  const parts: Buffer[] = [];
  let count = 0;
  let level = 0;
  let from = afterBlanks(json, 0) + 1;
  const end = (at: number): void => {
    count += 1;
    if (count <= partsMax) parts.push(json.subarray(from, at));
    from = at + 1;
  };
  for (let at = from - 1; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) at = stringEnd(json, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) level += 1;
    else if (byte === COMMA && level === 1) end(at);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      level -= 1;
      if (level === 0 && (count > 0 || afterBlanks(json, from) < at)) end(at);
    }
  }
  return { count, parts };
}

/** The name of an object's member, and the bytes of its value. */
export function memberOf(part: Buffer): { readonly name: string; readonly value: Buffer } {
  const start = afterBlanks(part, 0);
  const end = stringEnd(part, start);
  const name = JSON.parse(part.toString("utf8", start, end)) as string;
  return { name, value: part.subarray(part.indexOf(COLON, end) + 1) };
}

function afterBlanks(json: Buffer, start: number): number {
  let at = start;
  while (at < json.length && Number(json[at]) <= SPACE) at += 1;
  return at;
}
