import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRetryAfter } from "../../../../src/edge/targets/http/retry-after.ts";
import { assertBoundedWork } from "../../../support/bounded-work.ts";

const NOW_MS = Date.parse("2026-01-02T03:04:05Z");
const DAY_MS = 86_400_000;

describe("Retry-After headers", () => {
  const headers: [string, number | undefined][] = [
    ["7", 7_000],
    ["0", 0],
    ["3600 ", 3_600_000],
    ["\t120", 120_000],
    ["999999999999", DAY_MS],
    ["9".repeat(60), DAY_MS],
    ["Fri, 02 Jan 2026 03:05:05 GMT", 60_000],
    ["Friday, 02-Jan-26 03:05:05 GMT", 60_000],
    ["Fri Jan  2 03:05:05 2026", 60_000],
    ["Fri, 02 Jan 2026 03:04:60 GMT", 55_000],
    ["Thu, 01 Jan 2026 00:00:00 GMT", 0],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 0],
    ["Sat, 31 Dec 2078 00:00:00 GMT", DAY_MS],
  ];
  for (const [header, waitMs] of headers) {
    it(`A Retry-After header asks for ${waitMs} ms by ${JSON.stringify(header)}`, () => {
      assert.equal(parseRetryAfter(header, NOW_MS), waitMs);
    });
  }

  const others = [
    ...["", " ", "soon", "3600s", "1.5", "-1", "+5", "0x10", "1e3", "3600, 60", "3600;", "1 2"],
    ...["2026-01-02T03:05:05Z", "Fri, 02 Jan 2026 03:05:05 +0000", "02 Jan 2026 03:05:05 GMT", "Jan 2026"],
    ...["Fri, 30 Feb 2026 03:05:05 GMT", "Fri, 02 Foo 2026 03:05:05 GMT", "Fri, 02 Jan 2026 24:05:05 GMT"],
    ...["Fri, 00 Jan 2026 03:05:05 GMT", "Fri, 02 Jan 2026 03:60:05 GMT", "9".repeat(65)],
  ];
  for (const header of others) {
    it(`A Retry-After header asks for nothing by ${JSON.stringify(header)}`, () => {
      assert.equal(parseRetryAfter(header, NOW_MS), undefined);
    });
  }

  it("A Retry-After header takes no time by its length", async () => {
    for (const text of [" ", "1", "Fri, 02 Jan "]) {
      const header = text.repeat(1_048_576 / text.length);
      await assertBoundedWork(text, header.length, () => parseRetryAfter(header, NOW_MS));
    }
  });
});
