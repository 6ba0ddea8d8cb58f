import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  stringEnd,
} from "../../../json/characters.ts";

/** Shorter bodies cannot hold so much that they take long to parse. A put of ten usual entries is shorter. */
const UNCOUNTED_BYTES_MAX = 16_384;

/** A request of 1,000 entries has 9,000 members. A list has as many items as resources fit into 1 MiB. */
const MEMBERS_MAX = 20_000;
const VALUES_MAX = 100_000;
const LEVELS_MAX = 32;

/**
 * What of a body is more than any request needs, or undefined. `JSON.parse` takes seconds for a few megabytes that are
 * all members, empty objects or nested lists, so they are counted first. The body need not be JSON.
 */
export function oversize(body: Uint8Array): string | undefined {
  if (body.length <= UNCOUNTED_BYTES_MAX) return undefined;
  let members = 0;
  let values = 0;
  let level = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === QUOTE) at = stringEnd(body, at) - 1;
    else if (byte === COLON) members += 1;
    else if (byte === COMMA) values += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) level -= 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      values += 1;
      level += 1;
      if (level > LEVELS_MAX) return `The request body has more than ${LEVELS_MAX} levels.`;
    }
  }
  if (members > MEMBERS_MAX) return `The request body has more than ${MEMBERS_MAX} members.`;
  return values > VALUES_MAX ? `The request body has more than ${VALUES_MAX} values.` : undefined;
}
