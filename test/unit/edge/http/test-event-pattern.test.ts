import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMatchWithinBounds } from "../../../../src/edge/aws/services/events/test-event-pattern.ts";
import { commonError } from "../../../../src/edge/aws/errors.ts";
import { eventsError } from "../../../../src/edge/aws/services/events/errors.ts";
import { assertBoundedWork } from "../../../support/bounded-work.ts";

const MIB = 1_048_576;
const PATTERN_BYTES_MAX = 16_384;
const HEAD = '"id":"1","account":"0","source":"s","time":"","region":"r","detail-type":"t"';

/** As many of what is counted as a pattern has room for. */
function many(write: (n: number) => string, bytes: number): string {
  const parts: string[] = [];
  for (let length = 0, n = 0; ; n++) {
    const part = write(n);
    length += part.length + 1;
    if (length > bytes) return parts.join();
    parts.push(part);
  }
}

const deep = (levels: number, inner: string) => `${'{"a":'.repeat(levels)}{${inner}}${"}".repeat(levels)}`;
const longName = "n".repeat(8_000);

const PATTERNS: readonly [what: string, pattern: (bytes: number) => string][] = [
  ["very many fields", (bytes) => `{${many((n) => `"k${n}":[1]`, bytes - 100)}}`],
  [
    "fields that each lie below the one before",
    (bytes) => `{${many((n) => `"a${".b".repeat(n % 90)}":[${n}]`, bytes - 100)}}`,
  ],
  [
    "very many deep fields",
    (bytes) =>
      deep(
        98,
        many((n) => `"k${n}":[1]`, bytes - 800),
      ),
  ],
  ["very many fields below a long name", (bytes) => `{"${longName}":{${many((n) => `"k${n}":[1]`, bytes - 9_000)}}}`],
  ["very many texts", (bytes) => `{"detail":{"t":[${many((n) => `"x${n}"`, bytes - 100)}]}}`],
  [
    "very many combinations of $or",
    (bytes) => `{${many((n) => `"k${n}":[1]`, bytes / 2)},"$or":[${many((n) => `{"b":[${n}]}`, bytes / 2 - 100)}]}`,
  ],
  [
    "few $or of many branches",
    () => `{${["a", "b", "c"].map((k) => `"${k}":{"$or":[${many((n) => `{"b":[${n}]}`, 120)}]}`).join()}}`,
  ],
  [
    "very many wildcards",
    (bytes) => `{"detail":{${many((n) => `"w${n}":[{"wildcard":"*a${n}b*c*d"}]`, bytes - 100)}}}`,
  ],
  [
    "wildcards that are long to measure",
    (bytes) =>
      `{"detail":{${many((n) => `"w${n}":[{"wildcard":"*${"abcabdabe".repeat(20)}*${"abdabc".repeat(20)}*"}]`, bytes - 100)}}}`,
  ],
  [
    "wildcards on one field in many branches",
    (bytes) => `{"$or":[${many((n) => `{"detail":{"t":[{"wildcard":"*${n}*"}]}}`, Math.min(bytes, 16_000))}]}`,
  ],
  ["ranges that all hold", (bytes) => `{"detail":{"n":[${many((n) => `{"numeric":[">",-${n + 1}]}`, bytes - 100)}]}}`],
  [
    "anything but many values in many branches",
    (bytes) =>
      `{"$or":[${many((n) => `{"detail":{"t":[{"anything-but":["a","b${n}"]}],"u":[${n}]}}`, Math.min(bytes, 16_000))}]}`,
  ],
  ["opening brackets", (bytes) => "[".repeat(bytes)],
  ["opening braces", (bytes) => '{"a":'.repeat(bytes / 5)],
];

const EVENTS = [
  `{${HEAD},"detail":{"t":[${many(() => '"a"', MIB - 200_000)}],"n":[1],"u":[1]}}`,
  `{${HEAD},"detail":{"n":[${many(() => "1", MIB - 200_000)}]}}`,
  `{${HEAD},"detail":{"t":"${"abcabd".repeat(130_000)}"}}`,
];

describe("a caller's pattern", () => {
  for (const [what, patternOf] of PATTERNS) {
    it(`A caller's pattern is tested in bounded time, and so is its event: ${what}`, async () => {
      for (const EventPattern of [patternOf(PATTERN_BYTES_MAX), patternOf(MIB)]) {
        for (const Event of EVENTS) {
          await assertBoundedWork(what, MIB, () => isMatchWithinBounds(EventPattern, Event));
        }
      }
    });
  }

  it("A caller's pattern of more than 16 KiB, or for an event of more than a MiB, is refused with the reason", () => {
    const test = (EventPattern: string, Event: string) => () => isMatchWithinBounds(EventPattern, Event);
    const [event = ""] = EVENTS;
    const longest = `{"source":["${"x".repeat(PATTERN_BYTES_MAX - 15)}"]}`;
    assert.equal(longest.length, PATTERN_BYTES_MAX);
    assert.equal(test(longest, event)(), false);
    const reason = "Event pattern is not valid. Reason: it is longer than 16384 bytes";
    assert.throws(test(`${longest} `, event), eventsError("InvalidEventPatternException", reason));
    const tooLong = `{${HEAD},"detail":"${"x".repeat(MIB)}"}`;
    const message = "Parameter Event is longer than 1048576 bytes.";
    assert.throws(test('{"source":["s"]}', tooLong), commonError("ValidationException", message));
  });

  it("A caller's pattern whose matching takes too many steps is refused, and not answered with no match", () => {
    const EventPattern = `{"detail":{"n":[${many((n) => `{"numeric":[">",-${n + 1}]}`, 16_000)}]}}`;
    const [, Event] = EVENTS;
    const message = "Matching the event takes too many steps: it is too large for the pattern.";
    assert.throws(() => isMatchWithinBounds(EventPattern, Event ?? ""), { message });
  });
});
