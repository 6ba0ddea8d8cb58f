import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TailLine } from "../../../src/admin-api/events/tail.ts";
import {
  countsText,
  followed,
  LIVE_ROWS_MAX,
  NO_EVENTS,
  withLine,
} from "../../../console/src/logic/event/live-view.ts";
import { countText } from "../../../console/src/logic/text/numbers.ts";

function line(ids: readonly string[], counts: Partial<TailLine> = {}): TailLine {
  const events = ids.map((id) => ({ id, atMs: 1, bus: "b", source: "s", type: "t", bytes: 1, rules: [] }));
  return { events, seen: ids.length, matching: ids.length, passedOver: 0, shown: ids.length, ...counts };
}
const idsOf = (rows: readonly { readonly id: string }[]): string => rows.map(({ id }) => id).join("");

describe("The view of a live tail", () => {
  it("has the newest on top, each with a number of its own", () => {
    const view = withLine(withLine(NO_EVENTS, line(["a", "b"]), true), line(["c", "d"]), true);
    assert.equal(idsOf(view.rows), "dcba");
    assert.deepEqual(new Set(view.rows.map(({ number }) => number)).size, 4);
  });

  it("moves no row while it stands still, and has what was held on top afterwards", () => {
    const before = withLine(NO_EVENTS, line(["a"]), true);
    const still = withLine(withLine(before, line(["b"]), false), line(["c"]), false);
    assert.equal(still.rows, before.rows);
    assert.equal(idsOf(still.held), "cb");
    assert.deepEqual([idsOf(followed(still).rows), followed(still).held.length], ["cba", 0]);
    assert.equal(idsOf(withLine(still, line(["d"]), true).rows), "dcba");
    assert.equal(followed(before), before);
  });

  it("keeps so many rows at most, of what is held too, and the newest of them", () => {
    const many = Array.from({ length: LIVE_ROWS_MAX }, () => "x");
    const still = withLine(withLine(NO_EVENTS, line(many), false), line(["y"]), false);
    assert.deepEqual([still.held.length, still.held[0]?.id], [LIVE_ROWS_MAX, "y"]);
    const view = withLine(withLine(NO_EVENTS, line(many), true), line(["y"]), true);
    assert.deepEqual([view.rows.length, view.rows[0]?.id], [LIVE_ROWS_MAX, "y"]);
  });

  it("says how many came, fit, and were left out", () => {
    const all = withLine(NO_EVENTS, line(["a"], { seen: 1_200, matching: 1 }), true);
    assert.equal(countsText(all, countText), "1,200 on the bus, 1 fits");
    const some = withLine(all, line(["b"], { seen: 10, matching: 9 }), true);
    assert.equal(countsText(some, countText), "1,210 on the bus, 10 fit, 2 of them shown");
    const passed = withLine(some, line([], { seen: 5, passedOver: 4 }), true);
    assert.equal(
      countsText(passed, countText),
      "1,215 on the bus, 10 fit, 2 of them shown, 4 passed over for want of time",
    );
  });
});
