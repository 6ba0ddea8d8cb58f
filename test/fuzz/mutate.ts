import type { Chance } from "../simulation/chance.ts";

const INPUT_BYTES_MAX = 65_536;
const CHANGES_MAX = 6;

/** What parsers have stumbled over, here and elsewhere. */
const TROUBLE = [
  ...["__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "length"],
  ...[
    "null",
    "true",
    "-0",
    "1e999",
    "-1E-400",
    "0x10",
    "NaN",
    "9007199254740993",
    "2147483648",
    "-1",
    "00",
    "1.",
    ".5",
  ],
  ...[
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    "{{{{",
    '"',
    "'",
    "\\",
    "\\u",
    "\\ud800",
    "\\u0000",
    "\\x",
    ",",
    ",,",
    ":",
    ";",
    "//",
  ],
  ...["\0", "\r\n", "\r", "\n", "\t", " ", "\u00a0", "\u2028", "\ufeff", "ü", "😀", "\ud800"],
  ...[
    "<",
    ">",
    "<id>",
    "<aws.events.event>",
    "${",
    "${env:PATH}",
    "${file:/etc/passwd}",
    "$.",
    "$..",
    "[*]",
    "*",
    "**",
    "?",
  ],
  ...["%", "%2e%2e", "%00", "..", "/", "//", "&", "=", "#", "@", "+", "~", "|", "^", "!"],
  ...["&a ", "*a", "<<: *a", "!!js/function", "!!binary", "--- ", "? ", "- ", "|", ">-"],
].map((text) => Buffer.from(text));

/** Changes some bytes of an input: flipped, cut, put in twice, from another input or from what makes trouble. */
export function mutate(seed: Buffer, corpus: readonly Buffer[], chance: Chance): Buffer {
  let bytes = seed;
  for (let changes = chance.between(0, CHANGES_MAX); changes > 0; changes--) bytes = changed(bytes, corpus, chance);
  return bytes.subarray(0, INPUT_BYTES_MAX);
}

function changed(bytes: Buffer, corpus: readonly Buffer[], chance: Chance): Buffer {
  const at = chance.between(0, bytes.length);
  const to = Math.min(bytes.length, at + chance.between(0, 16));
  const put = (piece: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(to)]);
  switch (chance.between(0, 6)) {
    case 0:
      return put(Buffer.alloc(0));
    case 1:
      return put(Buffer.from([chance.between(0, 255)]));
    case 2:
      return put(Buffer.concat([bytes.subarray(at, to), chance.pick(TROUBLE)]));
    case 3: {
      const other = chance.pick(corpus);
      const from = chance.between(0, other.length);
      return put(other.subarray(from, from + chance.between(0, 64)));
    }
    case 4: {
      // Nested, or long: what costs more than its length.
      const piece = chance.pick(TROUBLE);
      return put(Buffer.concat(Array<Buffer>(2 ** chance.between(0, 10)).fill(piece)));
    }
    case 5: {
      if (bytes.length === 0) return bytes;
      const flipped = Buffer.from(bytes);
      flipped[at % bytes.length]! ^= 1 << chance.between(0, 7);
      return flipped;
    }
    default:
      return bytes.subarray(0, at);
  }
}
