import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import type { Failure } from "../../../../src/domain/failure/outcome.ts";
import type { Policy } from "../../../../src/domain/target/policy.ts";
import type { FailureReason } from "../../../../src/domain/failure/reason.ts";
import { FAILURE_REASONS } from "../../../../src/domain/failure/reason.ts";
import { decideVerdict } from "../../../../src/domain/failure/verdict.ts";
import { sampleDelivery } from "../../../support/sample.ts";

const MINUTE_MS = 60_000;

const lambda: Policy = {
  kind: "function",
  maximumRetryAttempts: 2,
  maximumEventAgeMs: 21_600_000,
  retryIntervalsMs: [MINUTE_MS, 2 * MINUTE_MS],
};
const eventBridge: Policy = { kind: "api-destination", maximumRetryAttempts: 185, maximumEventAgeMs: 86_400_000 };

function failure(reason: FailureReason, changes: Partial<Failure> = {}): Failure {
  return { ok: false, reason, message: "it failed", ...changes };
}

function decided(reason: FailureReason, policy: Policy, changes: Partial<Delivery> = {}, nowMs = 1_000, random = 0.5) {
  return decideVerdict(failure(reason), { delivery: sampleDelivery(changes), policy, nowMs, random });
}

describe("verdicts", () => {
  it("The verdict on a success is done", () => {
    const verdict = decideVerdict(
      { ok: true, statusCode: 200 },
      { delivery: sampleDelivery(), policy: lambda, nowMs: 0, random: 0 },
    );
    assert.deepEqual(verdict, { kind: "done" });
  });

  for (const reason of ["function_error", "timeout"] as const) {
    it(`A function's ${reason} is retried after one minute, then two, then given up`, () => {
      assert.deepEqual(decided(reason, lambda), { kind: "retry", delayMs: MINUTE_MS, counted: true });
      assert.deepEqual(decided(reason, lambda, { attempt: 2, countedRetries: 1 }), {
        kind: "retry",
        delayMs: 2 * MINUTE_MS,
        counted: true,
      });
      assert.deepEqual(decided(reason, lambda, { attempt: 3, countedRetries: 2 }), {
        kind: "failed",
        reason,
        condition: "RetriesExhausted",
      });
    });
  }

  it("A delivery fails after the first attempt when the first wait would pass a maximum age of 60 s", () => {
    const short = { ...lambda, maximumEventAgeMs: 60_000 };
    assert.deepEqual(decided("function_error", short), {
      kind: "failed",
      reason: "expired",
      condition: "EventAgeExceeded",
    });
  });

  for (const reason of ["throttled", "unauthorized", "server_error", "connection"] as const) {
    it(`A function's ${reason} is retried from 1 s doubling to 5 min without using up its retries`, () => {
      const waits = [1, 2, 3, 9, 10, 40].map((attempt) =>
        decided(reason, lambda, { attempt, countedRetries: 2 }, 1_000, 0.999_999),
      );
      assert.deepEqual(
        waits.map((verdict) => verdict.kind === "retry" && !verdict.counted && Math.round(verdict.delayMs / 1_000)),
        [1, 2, 4, 256, 300, 300],
      );
    });

    it(`A function's ${reason} is retried until the next attempt could only start after its maximum age`, () => {
      const justInTime = decided(reason, lambda, { attempt: 50 }, 21_600_000 - 300_000, 0.999_999);
      assert.equal(justInTime.kind, "retry");
      assert.deepEqual(decided(reason, lambda, { attempt: 50 }, 21_600_000 - 100_000), {
        kind: "failed",
        reason: "expired",
        condition: "EventAgeExceeded",
      });
    });
  }

  it("A delivery for a version whose circuit is open waits as long as that, whatever retries its target allows", () => {
    const limited: Policy = { ...lambda, reaching: { maximumRetryAttempts: 0, maximumEventAgeMs: 10 * MINUTE_MS } };
    const refused = failure("circuit_open", { retryAfterMs: 7_000 });
    const delivery = sampleDelivery({ attempt: 3, firstAtMs: 0 });
    const circumstances = { delivery, policy: limited, nowMs: 1_000, random: 0 };
    assert.deepEqual(decideVerdict(refused, circumstances), { kind: "retry", delayMs: 7_000, counted: false });
    const late = decideVerdict(refused, { ...circumstances, nowMs: 10 * MINUTE_MS - 6_999 });
    assert.equal(late.kind === "failed" && late.condition, "EventAgeExceeded");
  });

  for (const reason of ["timeout", "throttled", "unauthorized", "server_error", "connection"] as const) {
    it(`An API destination's ${reason} is retried 185 times`, () => {
      const verdict = decided(reason, eventBridge, { attempt: 185, countedRetries: 184 });
      assert.equal(verdict.kind === "retry" && verdict.counted, true);
      assert.deepEqual(decided(reason, eventBridge, { attempt: 186, countedRetries: 185 }), {
        kind: "failed",
        reason,
        condition: "RetriesExhausted",
      });
    });
  }

  describe("where the rule's target or the schedule has a retry policy", () => {
    const limited: Policy = { ...lambda, reaching: { maximumRetryAttempts: 3, maximumEventAgeMs: 10 * MINUTE_MS } };

    it("A function that is not reached is tried again as often as that policy says", () => {
      for (const reason of ["throttled", "unauthorized", "server_error", "connection"] as const) {
        assert.equal(decided(reason, limited, { attempt: 3 }).kind, "retry");
        const failed = { kind: "failed", reason, condition: "RetriesExhausted", isUnreached: true };
        assert.deepEqual(decided(reason, limited, { attempt: 4 }), failed);
      }
    });

    it("A function that is not reached is tried again until the age that the policy says, or its own if that is less", () => {
      const failed = { kind: "failed", reason: "expired", condition: "EventAgeExceeded" };
      assert.equal(decided("connection", limited, {}, 9 * MINUTE_MS).kind, "retry");
      assert.deepEqual(decided("connection", limited, {}, 10 * MINUTE_MS), { ...failed, isUnreached: true });
      assert.deepEqual(decided("expired", limited, {}, 11 * MINUTE_MS), { ...failed, isUnreached: true });
      const own = { ...limited, maximumEventAgeMs: 5 * MINUTE_MS };
      assert.deepEqual(decided("connection", own, {}, 5 * MINUTE_MS), failed);
    });

    it("A function that was reached has its own retries and its own age from then on", () => {
      const none = { ...limited, reaching: { maximumRetryAttempts: 0, maximumEventAgeMs: MINUTE_MS } };
      assert.deepEqual(decided("function_error", none), { kind: "retry", delayMs: MINUTE_MS, counted: true });
      assert.equal(decided("connection", none, { attempt: 9, countedRetries: 1 }, 60 * MINUTE_MS).kind, "retry");
      const failed = { kind: "failed", reason: "timeout", condition: "RetriesExhausted" };
      assert.deepEqual(decided("timeout", none, { attempt: 3, countedRetries: 2 }), failed);
    });
  });

  it("A retry waits as long as the target asks, when that is longer than its own wait", () => {
    const asked = failure("throttled", { retryAfterMs: 42_000 });
    const verdict = decideVerdict(asked, { delivery: sampleDelivery(), policy: lambda, nowMs: 0, random: 0 });
    assert.deepEqual(verdict, { kind: "retry", delayMs: 42_000, counted: false });
  });

  for (const reason of ["client_error", "invalid_response", "condition_error", "template_error", "loop"] as const) {
    it(`The reason ${reason} is not retried`, () => {
      const failed = { kind: "failed", reason, condition: "RetriesExhausted" };
      assert.deepEqual(decided(reason, lambda), failed);
      assert.deepEqual(decided(reason, eventBridge), failed);
    });
  }

  it("A delivery that waited past its maximum age is not retried", () => {
    assert.deepEqual(decided("expired", lambda), { kind: "failed", reason: "expired", condition: "EventAgeExceeded" });
  });

  it("A retry waits five minutes for a rule or target that this router does not know yet", () => {
    assert.equal(decided("target_gone", lambda, {}, 5_000).kind, "retry");
    assert.equal(decided("target_gone", lambda, { goneSinceMs: 0 }, 299_000).kind, "retry");
    assert.deepEqual(decided("target_gone", lambda, { goneSinceMs: 0 }, 301_000), {
      kind: "failed",
      reason: "target_gone",
      condition: "RetriesExhausted",
    });
  });

  it("A verdict is decided for every reason and policy, with a wait of a second or more", () => {
    for (const reason of FAILURE_REASONS) {
      for (const policy of [lambda, eventBridge]) {
        for (const random of [0, 0.999]) {
          const verdict = decided(reason, policy, {}, 1_000, random);
          assert.ok(verdict.kind === "failed" || (verdict.kind === "retry" && verdict.delayMs >= 1_000), reason);
        }
      }
    }
  });
});
