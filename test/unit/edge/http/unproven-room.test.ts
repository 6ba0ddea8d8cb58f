import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UnprovenRoom } from "../../../../src/edge/http/unproven-room.ts";

/** A body that gives its room up when it is cut off, as what reads it does. */
function enter(room: UnprovenRoom, address: string) {
  const body = room.enter(address);
  let bytes = 0;
  body.cutOff.addEventListener("abort", () => {
    body.release(bytes);
    body.end();
  });
  return {
    end: body.end,
    get reason(): unknown {
      return body.cutOff.reason as unknown;
    },
    take: (more: number): boolean => {
      if (!body.tryTake(more)) return false;
      bytes += more;
      return true;
    },
  };
}

describe("the room of unproven bodies", () => {
  it("The room takes the longest held body of the address that holds most, when somebody else needs the room", () => {
    const room = new UnprovenRoom(100, () => undefined);
    const [first, second, other] = [enter(room, "a"), enter(room, "a"), enter(room, "b")];
    assert.ok(first.take(50) && second.take(45));
    assert.ok(other.take(10));
    assert.deepEqual([first.reason, second.reason, other.reason], ["no-room", undefined, undefined]);
    second.end();
    other.end();
  });

  it("The room refuses a body that would need more than all of it", () => {
    let refusals = 0;
    const room = new UnprovenRoom(100, () => (refusals += 1));
    const only = enter(room, "a");
    assert.ok(only.take(90));
    assert.ok(!only.take(20));
    assert.equal(refusals, 1);
    only.end();
  });

  it("The room cuts off a body that comes too slowly", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const now = t.mock.method(performance, "now", () => 0);
    const room = new UnprovenRoom(1_000_000, () => undefined);
    const [slow, steady] = [enter(room, "a"), enter(room, "a")];
    assert.ok(slow.take(10) && steady.take(100_000));
    now.mock.mockImplementation(() => 6_000);
    t.mock.timers.tick(1_000);
    assert.deepEqual([slow.reason, steady.reason], ["too-slow", undefined]);
    steady.end();
  });
});
