import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dayOfLogStream, logStreamName } from "../../../../../src/domain/logs/log-line.ts";
import type { StreamPlace } from "../../../../../src/edge/aws/services/logs/stream-token.ts";
import { streamPlaceOf, streamToken } from "../../../../../src/edge/aws/services/logs/stream-token.ts";

const PLACES: readonly (readonly [string, StreamPlace])[] = [
  ["f/12.3", { direction: "forward", place: { position: 12, index: 3 } }],
  ["b/12.3/1700000000000", { direction: "backward", place: { position: 12, index: 3 }, nearMs: 1_700_000_000_000 }],
];

describe("A log stream", () => {
  it("has tokens that begin with f/ and b/, and takes no others", () => {
    for (const [token, place] of PLACES) {
      assert.equal(streamToken(place), token);
      assert.deepEqual(streamPlaceOf(token), place);
    }
    for (const token of ["12.3", "f/", "f/12", "b/12.3", "b/12.3/", "b/f/1.2/3", "f/12.3/4", "f/f/1.2", " f/1.2"]) {
      assert.throws(() => streamPlaceOf(token), { code: "InvalidParameterException" }, token);
    }
  });

  it("has the day in its name, and no other name has one", () => {
    const atMs = Date.parse("2026-01-02T03:04:05.678Z");
    const id = "0123456789abcdef0123456789abcdef";
    assert.equal(dayOfLogStream(logStreamName(atMs, "$LATEST", id)), Date.parse("2026-01-02T00:00:00Z"));
    for (const name of ["", "s", `2026/13/02/[1]${id}`, `2026/01/02/[1]${id}0`, `x2026/01/02/[1]${id}`]) {
      assert.equal(dayOfLogStream(name), undefined, name);
    }
  });
});
