import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Ends } from "../../../bench/faults/configuration.ts";
import type { End } from "../../../bench/faults/ledger.ts";
import { Ledger } from "../../../bench/faults/ledger.ts";

const ENDS = new Map<string, Ends>([
  ["stock", { delivered: true, places: ["function/stock"] }],
  ["audit", { delivered: false, places: ["queue/records", "queue/dead"] }],
]);

const STOCK: End = { eventId: "e1", target: "stock", place: "function/stock", deliveryId: "d1" };
const RECORD: End = { eventId: "e1", target: "audit", place: "queue/records", deliveryId: "d2" };
const DEAD: End = { ...RECORD, place: "queue/dead" };
const PARKED: End = { ...RECORD, place: "queue/busbar.parked" };

function accountOf(...ends: readonly End[]) {
  const ledger = new Ledger(ENDS);
  for (const end of ends) ledger.add(end);
  const { examples, ...account } = ledger.account(new Set(["e1"]));
  assert.equal(examples.length, account.lost + account.wrong);
  assert.equal(ledger.isComplete("e1"), account.lost === 0);
  return account;
}

const GOOD = {
  accepted: 1,
  delivered: 1,
  deadLettered: 1,
  parked: 0,
  lost: 0,
  excused: 0,
  duplicates: 0,
  wrong: 0,
};

describe("the fault bench's ledger", () => {
  it("The ledger finds nothing missing when every target has all its ends", () => {
    assert.deepEqual(accountOf(STOCK, RECORD, DEAD), GOOD);
  });

  it("The ledger calls a failure lost that is in one of its two places", () => {
    assert.deepEqual(accountOf(STOCK, RECORD), { ...GOOD, deadLettered: 0, lost: 1 });
  });

  it("The ledger calls an event lost at each target when it ended nowhere", () => {
    assert.deepEqual(accountOf(), { ...GOOD, delivered: 0, deadLettered: 0, lost: 2 });
  });

  it("The ledger counts a second end with the same delivery id as a duplicate", () => {
    assert.deepEqual(accountOf(STOCK, STOCK, RECORD, DEAD), { ...GOOD, duplicates: 1 });
  });

  it("The ledger calls a second end with another delivery id wrong", () => {
    assert.deepEqual(accountOf(STOCK, { ...STOCK, deliveryId: "d9" }, RECORD, DEAD), { ...GOOD, wrong: 1 });
  });

  it("The ledger calls an end wrong that the configuration does not name", () => {
    assert.deepEqual(accountOf(STOCK, RECORD, DEAD, { ...STOCK, place: "queue/dead" }), { ...GOOD, wrong: 1 });
  });

  it("The ledger takes a parked message for an end of any target", () => {
    assert.deepEqual(accountOf(STOCK, PARKED), { ...GOOD, parked: 1 });
  });

  it("The ledger excuses what a person has deleted, and nothing else", () => {
    const ledger = new Ledger(ENDS);
    const optional = new Map([...ENDS, ["stock", { delivered: true, places: ["function/stock"], optional: true }]]);
    ledger.expect(new Set(["e1"]), optional);
    const { excused, lost } = ledger.account(new Set(["e1"]));
    assert.deepEqual({ excused, lost }, { excused: 1, lost: 1 });
  });
});
