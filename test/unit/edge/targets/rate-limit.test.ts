import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apiDestinationInvoker } from "../../../../src/edge/targets/api-destination/api-destination.ts";
import { RateLimit, RateLimits } from "../../../../src/async/rate-limit.ts";
import { CALL_BURST, destinationRateLimits, inTurn } from "../../../../src/edge/targets/api-destination/rate-limit.ts";

const MINUTE_MS = 60_000;

/** How many deliveries a router has in hand at once for such a destination. */
function capacityOf(invocationRateLimitPerSecond: number, concurrency: number): number {
  const url = "http://127.0.0.1:9/";
  const limits = { invocationRateLimitPerSecond, concurrency };
  const invoker = apiDestinationInvoker({ name: "crm", url, method: "POST", auth: { kind: "none" }, ...limits });
  void invoker.close();
  return invoker.capacity?.current() ?? concurrency;
}

/**
 * When calls are made, by so many at once that always have more to do: each takes its turn, waits for it, and is busy
 * with its call for so long.
 */
function callsAtMs(limit: RateLimit, capacity: number, callMs: number, fromMs: number, untilMs: number): number[] {
  // In the order in which they are free again, since all calls are equally long.
  const freeAtMs = Array<number>(capacity).fill(fromMs);
  const calls: number[] = [];
  for (;;) {
    const nowMs = freeAtMs.shift()!;
    const atMs = nowMs + limit.take(nowMs);
    if (atMs >= untilMs) return calls;
    calls.push(atMs);
    freeAtMs.push(atMs + callMs);
  }
}

/** The most calls that came within any time of that length. */
function mostWithin(windowMs: number, calls: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [last, atMs] of calls.entries()) {
    while (calls[first]! <= atMs - windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe("rate limits", () => {
  for (const rate of [1, 7, 50, 300]) {
    for (const callMs of [0, 20, 900, 4_900]) {
      it(`A rate limit of ${rate}/s is met within 5 % over a minute, and never passed, by calls of ${callMs} ms`, () => {
        const limit = new RateLimit(rate, 0, CALL_BURST);
        const calls = callsAtMs(limit, capacityOf(rate, 10_000), callMs, 0, MINUTE_MS);
        const share = calls.length / (rate * 60);
        assert.ok(share >= 0.95 && share <= 1.05, `${calls.length} calls`);
        assert.ok(mostWithin(1_000, calls) <= rate + Math.ceil(rate / 10), `${mostWithin(1_000, calls)} in a second`);
      });
    }

    it(`A rate limit of ${rate}/s lets a tenth of a second's worth come at once after a pause, and no more`, () => {
      const limit = new RateLimit(rate, 0, CALL_BURST);
      const calls = callsAtMs(limit, 1_000, 0, MINUTE_MS, MINUTE_MS + 1);
      assert.equal(calls.length, Math.ceil(rate / 10));
    });

    it(`A rate limit of ${rate}/s is kept when it is taken over each second: by a reload, or by another router`, () => {
      const capacity = capacityOf(rate, 10_000);
      const calls: number[] = [];
      for (let fromMs = 0; fromMs < MINUTE_MS; fromMs += 1_000) {
        // Whoever had it before may have made all its calls at the last moment, after a pause.
        calls.push(...callsAtMs(new RateLimit(rate, fromMs, CALL_BURST), capacity, 0, fromMs + 990, fromMs + 1_000));
      }
      assert.ok(mostWithin(1_000, calls) <= rate + Math.ceil(rate / 10), `${mostWithin(1_000, calls)} in a second`);
      const busy: number[] = [];
      for (let fromMs = 0; fromMs < MINUTE_MS; fromMs += 1_000) {
        busy.push(...callsAtMs(new RateLimit(rate, fromMs, CALL_BURST), capacity, 0, fromMs, fromMs + 1_000));
      }
      assert.ok(mostWithin(100, busy) <= Math.ceil(rate / 10) + 1, `${mostWithin(100, busy)} in a tenth of a second`);
    });
  }
});

/** When each of so many callers had its turn, on a clock whose timers are so late, by the number of the timer. */
async function turnsAtMs(rate: number, count: number, lateMs: (timer: number) => number): Promise<number[]> {
  let nowMs = 0;
  let timers = 0;
  const sleep = (ms: number): Promise<void> => {
    nowMs += ms + lateMs(timers++);
    return Promise.resolve();
  };
  const turn = inTurn(new RateLimit(rate, 0, CALL_BURST), { nowMs: () => nowMs, sleep });
  const never = new AbortController().signal;
  return Promise.all(Array.from({ length: count }, () => turn(never).then(() => nowMs)));
}

describe("taking turns", () => {
  for (const [rate, lateMs] of [
    [1, 20],
    [7, 5],
    [50, 5],
    [300, 5],
  ] as const) {
    it(`Taking turns keeps a rate of ${rate}/s within 5 % although every timer is ${lateMs} ms late`, async () => {
      const turns = await turnsAtMs(rate, rate * 20, () => lateMs);
      const seconds = turns.at(-1)! / 1_000;
      assert.ok(seconds > 19 && seconds < 21, `${seconds} s`);
    });

    it(`Taking turns makes no burst of a rate of ${rate}/s when the router was held up for a second`, async () => {
      const turns = await turnsAtMs(rate, rate * 10, (timer) => (timer === rate ? 1_000 : 0));
      const most = mostWithin(1_000, turns);
      // Besides what the limit allows, the one that was held up.
      assert.ok(most <= rate + Math.ceil(rate / 10) + 1, `${most} in a second`);
    });
  }

  it("Taking turns goes on when one of those who wait gives up", async () => {
    const clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
    const turn = inTurn(new RateLimit(1, 0, CALL_BURST), clock);
    const given = new AbortController();
    const first = turn(given.signal);
    given.abort();
    await assert.rejects(first);
    await turn(new AbortController().signal);
  });
});

describe("rate limits of API destinations", () => {
  it("A rate limit of an API destination counts the calls before a reload that changes the rate", () => {
    const limits = destinationRateLimits();
    const slow = limits.at("crm", 1, 0);
    // The bucket begins empty, so that the first call waits for a second and each further one for a second more.
    assert.deepEqual([slow.take(0), slow.take(0), slow.take(0)], [1_000, 2_000, 3_000]);
    // A fourth would wait for four calls' time, which is 400 ms at ten a second.
    assert.equal(Math.round(limits.at("crm", 10, 0).take(0)), 400);
    assert.equal(Math.round(limits.at("other", 10, 0).take(0)), 100);
  });
});

describe("rate limits by key", () => {
  const burst = { calls: (perSecond: number) => perSecond - 1, isAllowedAtStart: true };
  /** How early each of so many calls is, all made at the same time. */
  const calls = (limit: RateLimit, nowMs: number, count: number): number[] =>
    Array.from({ length: count }, () => Math.round(limit.tryTake(nowMs)));

  it("A rate limit of a key lets one second's worth come at once, refuses the next, and does not count it", () => {
    const limit = new RateLimits(burst, 10).at("ann", 4, 0);
    assert.deepEqual(calls(limit, 0, 6), [0, 0, 0, 0, 250, 250]);
    assert.deepEqual(calls(limit, 100, 1), [150]);
    assert.deepEqual(calls(limit, 250, 2), [0, 250]);
    assert.deepEqual(calls(limit, 60_000, 5), [0, 0, 0, 0, 250]);
  });

  it("Rate limits count each key by itself, at the rate it has now", () => {
    const limits = new RateLimits(burst, 10);
    assert.deepEqual(calls(limits.at("ann", 2, 0), 0, 3), [0, 0, 500]);
    assert.deepEqual(calls(limits.at("bob", 2, 0), 0, 1), [0]);
    assert.deepEqual(calls(limits.at("ann", 2, 0), 0, 1), [500]);
    // Two calls are missing of a bucket that now holds ten.
    assert.deepEqual(calls(limits.at("ann", 10, 0), 0, 9), [0, 0, 0, 0, 0, 0, 0, 0, 100]);
  });

  it("Rate limits forget the key that was used longest ago when there are too many", () => {
    const limits = new RateLimits(burst, 2);
    for (const key of ["ann", "bob", "ann", "cid"]) limits.at(key, 1, 0).take(0);
    assert.deepEqual(calls(limits.at("ann", 1, 0), 0, 1), [2_000]);
    assert.deepEqual(calls(limits.at("bob", 1, 0), 0, 1), [0]);
  });
});
