const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

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
    if (byte === QUOTE) at = closingQuote(body, at);
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

function closingQuote(body: Uint8Array, quote: number): number {
  let at = quote + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}
