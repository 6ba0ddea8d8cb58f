import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";

describe("bytes in flight", () => {
  it("The budget refuses what does not fit, counts it, and takes it when there is room again", () => {
    let refusals = 0;
    const puts = new InFlightBytes(200, () => (refusals += 1)).putsOf("a");
    assert.equal(puts.tryTake(60), true);
    assert.equal(puts.tryTake(41), false);
    puts.release(60);
    assert.equal(puts.tryTake(41), true);
    assert.equal(refusals, 1);
  });

  it("The budget notifies when deliveries have used up their room, and again only when half of it is free", () => {
    const inFlight = new InFlightBytes(160);
    const changes: boolean[] = [];
    inFlight.onChange((full) => changes.push(full));
    inFlight.take(99);
    inFlight.take(50);
    inFlight.release(90);
    assert.deepEqual(changes, [true]);
    inFlight.release(20);
    assert.deepEqual(changes, [true, false]);
  });

  it("The budget keeps a quarter for deliveries however much is put, and a quarter for puts however much is delivered", () => {
    const inFlight = new InFlightBytes(1_000);
    const puts = inFlight.putsOf("a");
    while (puts.tryTake(10));
    inFlight.putsOf("b").tryTake(100);
    assert.ok(inFlight.deliveryRoomBytes >= 250, String(inFlight.deliveryRoomBytes));
    const changes: boolean[] = [];
    inFlight.onChange((full) => changes.push(full));
    inFlight.take(249);
    assert.deepEqual(changes, []);

    const other = new InFlightBytes(1_000);
    other.take(1_000);
    assert.ok(other.putsOf("a").tryTake(250));
    assert.ok(!other.putsOf("a").tryTake(1));
  });

  it("The budget has room for another caller when one has taken all, and none for that one until they have the same", () => {
    const inFlight = new InFlightBytes(1_000);
    const [hog, other] = [inFlight.putsOf("hog"), inFlight.putsOf("other")];
    while (hog.tryTake(10));
    assert.equal(inFlight.usedBytes, 500);
    assert.ok(other.tryTake(100));
    assert.ok(!hog.tryTake(10));
    for (let count = 0; count < 15; count += 1) {
      hog.release(10);
      assert.ok(other.tryTake(10));
    }
    assert.ok(!hog.tryTake(10));
  });

  it("The budget notifies when puts that are answered leave deliveries room again", () => {
    const inFlight = new InFlightBytes(1_600);
    const puts = inFlight.putsOf("a");
    assert.ok(puts.tryTake(800));
    const changes: boolean[] = [];
    inFlight.onChange((full) => changes.push(full));
    inFlight.take(600);
    inFlight.release(190);
    assert.deepEqual(changes, [true]);
    puts.release(800);
    assert.deepEqual(changes, [true, false]);
  });

  it("The budget is shared by the callers that hold some of it, not by those that have been answered", () => {
    const inFlight = new InFlightBytes(1_000);
    for (let count = 0; count < 20; count += 1) {
      const answered = inFlight.putsOf(`answered-${count}`);
      assert.ok(answered.tryTake(10));
      answered.release(10);
    }
    const [one, two] = [inFlight.putsOf("one"), inFlight.putsOf("two")];
    while (one.tryTake(10));
    assert.ok(two.tryTake(50));
    assert.ok(two.tryTake(50), "a caller that holds a tenth has less than its half");
  });
});
