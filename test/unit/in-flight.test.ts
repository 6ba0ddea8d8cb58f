import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InFlightBytes } from "../../src/flow/in-flight.ts";

describe("The budget of bytes in flight", () => {
  it("turns away what does not fit, and takes it when there is room again", () => {
    const inFlight = new InFlightBytes(100);
    assert.equal(inFlight.tryTake(60), true);
    assert.equal(inFlight.tryTake(41), false);
    inFlight.release(60);
    assert.equal(inFlight.tryTake(41), true);
    assert.equal(inFlight.usedBytes, 41);
  });

  it("tells when it is used up, and again only when half of it is free", () => {
    const inFlight = new InFlightBytes(100);
    const told: boolean[] = [];
    inFlight.onChange((full) => told.push(full));
    inFlight.take(99);
    inFlight.take(50);
    inFlight.release(60);
    assert.deepEqual(told, [true]);
    inFlight.release(40);
    assert.deepEqual(told, [true, false]);
  });
});
