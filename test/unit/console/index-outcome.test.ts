import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  attemptMark,
  outcomeOf,
  redriveMark,
  setAsideMark,
  stateOf,
} from "../../../src/console/index/queries/outcome.ts";

const isQueue = true;

describe("The state of a delivery", () => {
  it("is what came last of it", () => {
    assert.equal(stateOf(!isQueue, []), "waiting");
    assert.equal(stateOf(!isQueue, [attemptMark(1, "retry")]), "failing");
    assert.equal(stateOf(!isQueue, [attemptMark(2, "failed"), attemptMark(1, "retry")]), "failed");
    assert.equal(
      stateOf(!isQueue, [attemptMark(1, "failed"), setAsideMark(1, "letter"), redriveMark(2, "target")]),
      "waiting",
    );
    assert.equal(stateOf(!isQueue, [redriveMark(2, "target"), attemptMark(3, "retry")]), "failing");
    assert.equal(stateOf(!isQueue, [redriveMark(2, "bus"), setAsideMark(1, "letter")]), "redriven");
    assert.equal(stateOf(!isQueue, [attemptMark(1, "retry"), setAsideMark(2, "parked")]), "failed");
  });

  it("is of several things at one time what comes of the others", () => {
    assert.equal(stateOf(!isQueue, [setAsideMark(1, "letter"), attemptMark(1, "retry")]), "failed");
    assert.equal(stateOf(!isQueue, [attemptMark(1, "failed"), attemptMark(1, "retry")]), "failed");
    assert.equal(stateOf(!isQueue, [redriveMark(1, "target"), attemptMark(1, "failed")]), "waiting");
    assert.equal(stateOf(!isQueue, [setAsideMark(1, "letter"), redriveMark(1, "target")]), "failed");
  });

  it("stays delivered once its target answered well or its queue took it", () => {
    const later = [setAsideMark(5, "letter"), redriveMark(6, "target"), attemptMark(7, "retry")];
    assert.equal(stateOf(!isQueue, [attemptMark(1, "done"), ...later]), "delivered");
    assert.equal(stateOf(isQueue, []), "delivered");
    assert.equal(stateOf(isQueue, later), "delivered");
  });
});

describe("The outcome of an event", () => {
  it("is the worst of its deliveries, one that is on its bus again aside", () => {
    assert.equal(outcomeOf(["delivered", "waiting", "failing", "failed"]), "failed");
    assert.equal(outcomeOf(["delivered", "waiting", "failing"]), "failing");
    assert.equal(outcomeOf(["delivered", "waiting", "redriven"]), "waiting");
    assert.equal(outcomeOf(["delivered", "redriven"]), "delivered");
    assert.equal(outcomeOf(["redriven", "redriven"]), "waiting");
    assert.equal(outcomeOf([]), "delivered");
  });
});
