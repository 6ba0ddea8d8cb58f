import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { responseJsonOf, responseTooLarge } from "../../../src/domain/delivery/response-json.ts";
import { indexRules } from "../../../src/pattern/rule-index.ts";
import { assertBoundedWork } from "../../support/bounded-work.ts";
import { namedPattern } from "../../support/pattern-cases.ts";

const MIB = 1_048_576;
const LEVELS_MAX = 1_000;

function nested(levels: number, inner = ""): string {
  return "[".repeat(levels) + inner + "]".repeat(levels);
}

describe("a function's answer in its record", () => {
  const answers: [string, string | Buffer, string | undefined][] = [
    ["nothing", "", undefined],
    ["JSON as it stands", ' {"total": 1.50}\n', ' {"total": 1.50}\n'],
    ["a number that a double cannot hold", "12345678901234567890", "12345678901234567890"],
    ["JSON behind a byte order mark", '\uFEFF{"a":1}', '{"a":1}'],
    ["plain text as a string", 'it\'s "done"\n', String.raw`"it's \"done\"\n"`],
    ["NaN, which is no JSON, as a string", '{"x": NaN}', String.raw`"{\"x\": NaN}"`],
    ["text with colours of a terminal as a string", "\x1b[32mok\x1b[0m", String.raw`"\u001b[32mok\u001b[0m"`],
    ["bytes that are no UTF-8 in base64", Buffer.from([0xff, 0x00, 0xfe]), '"/wD+"'],
    ["bytes that are mostly control characters in base64", Buffer.from([0, 1, 2, 65]), '"AAECQQ=="'],
  ];
  for (const [what, body, expected] of answers) {
    it(`A function's answer is ${what}`, () => {
      assert.equal(responseJsonOf(Buffer.from(body)), expected);
    });
  }

  it("A function's answer is JSON down to as many levels as a record can carry, and a string beyond", () => {
    const deep = nested(LEVELS_MAX, "1");
    assert.equal(responseJsonOf(Buffer.from(deep)), deep);
    const deeper = nested(LEVELS_MAX + 1, "1");
    assert.equal(responseJsonOf(Buffer.from(deeper)), JSON.stringify(deeper));
  });

  it("A function's answer is found in an event that 16 functions have wrapped it in", () => {
    let record = `{"responsePayload":${responseJsonOf(Buffer.from(nested(LEVELS_MAX, "1")))}}`;
    for (let hop = 1; hop < 16; hop++) record = `{"requestPayload":{"detail":${record}}}`;
    const index = indexRules([namedPattern('{"source":["lambda"]}')]);
    const event = Buffer.from(`{"source":"lambda","detail":${record}}`);
    assert.equal(index.match(event).length, 1);
  });

  it("Brackets in strings count as no levels of a function's answer", () => {
    const flat = JSON.stringify({ text: `${"[{".repeat(LEVELS_MAX)}\\"[`, list: [] });
    assert.equal(responseJsonOf(Buffer.from(flat)), flat);
    const wide = `[${"[],".repeat(LEVELS_MAX)}{}]`;
    assert.equal(responseJsonOf(Buffer.from(wide)), wide);
  });

  const bodies: [string, (bytes: number) => Buffer][] = [
    ["open lists", (bytes) => Buffer.alloc(bytes, "[")],
    ["open objects", (bytes) => Buffer.alloc(bytes, '{"a":')],
    ["empty lists", (bytes) => Buffer.from(`[${"[],".repeat(bytes / 3)}0]`)],
    ["nested lists side by side", (bytes) => Buffer.from(`[${`${nested(500)},`.repeat(bytes / 1_001)}0]`)],
    ["control characters", (bytes) => Buffer.alloc(bytes, 1)],
    ["quotes and backslashes", (bytes) => Buffer.alloc(bytes, '\\"')],
    ["bytes that are no UTF-8", (bytes) => Buffer.alloc(bytes, 0xff)],
  ];
  for (const [what, bodyOf] of bodies) {
    it(`Reading a function's answer takes linear time for ${what}`, async () => {
      for (const bytes of [MIB, 8 * MIB]) {
        const body = bodyOf(bytes);
        await assertBoundedWork(what, bytes, () => responseJsonOf(body));
      }
    });
  }

  it("A function's answer that is too long is replaced by an error in AWS's words", () => {
    assert.deepEqual(JSON.parse(responseTooLarge(6_291_556).responseJson ?? ""), {
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      errorType: "Function.ResponseSizeTooLarge",
    });
  });
});
