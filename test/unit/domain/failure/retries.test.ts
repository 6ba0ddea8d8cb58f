import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "../../../../src/domain/config.ts";
import type { FunctionConfig } from "../../../../src/domain/target/function.ts";
import type { Failure, Outcome } from "../../../../src/domain/failure/outcome.ts";
import type { FailureReason } from "../../../../src/domain/failure/reason.ts";
import { ERROR_CODES, FAILURE_REASONS } from "../../../../src/domain/failure/reason.ts";
import type { RetryPolicy } from "../../../../src/domain/target/target.ts";
import type { Journey, JourneyOptions } from "../../../support/router/journey.ts";
import { journey } from "../../../support/router/journey.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const FUNCTION = { kind: "function", name: "f" } as const;
const CRM = { kind: "api-destination", name: "crm" } as const;
const HOUR = 3_600;
const ALMOST_ONE = 0.999_999_999;

function functionConfig(changes: Partial<FunctionConfig> = {}): Config {
  const target = sampleTarget("t", FUNCTION, { deadLetterQueue: "dead" });
  return sampleConfig({
    functions: [sampleFunction("f", changes)],
    rules: [sampleRule("r", { source: ["shop"] }, [target])],
  });
}

/** A function of a target with a retry policy; its own failures go elsewhere. */
function reachedBy(retryPolicy: RetryPolicy): Config {
  const target = sampleTarget("t", FUNCTION, { deadLetterQueue: "dead", retryPolicy });
  return sampleConfig({
    functions: [sampleFunction("f", { deadLetterQueue: "own", maximumRetryAttempts: 1 })],
    queues: ["dead", "own"],
    rules: [sampleRule("r", { source: ["shop"] }, [target])],
  });
}

function crmConfig(retryPolicy?: RetryPolicy): Config {
  const policy = retryPolicy === undefined ? {} : { retryPolicy };
  const target = sampleTarget("t", CRM, { deadLetterQueue: "dead", ...policy });
  const limits = { invocationRateLimitPerSecond: 300, concurrency: 10 };
  const crm = { name: "crm", url: "http://127.0.0.1:9/", method: "POST", auth: { kind: "none" }, ...limits } as const;
  return {
    ...sampleConfig({ rules: [sampleRule("r", { source: ["shop"] }, [target])] }),
    apiDestinations: new Map([["crm", crm]]),
  };
}

function failure(reason: FailureReason, changes: Partial<Failure> = {}): Failure {
  return { ok: false, reason, message: "it failed", ...changes };
}

/** The journey of a delivery whose attempts come to these outcomes in turn, of which the last repeats. */
function outcomes(...list: readonly Outcome[]): JourneyOptions["outcome"] {
  let calls = 0;
  return () => list[Math.min(calls++, list.length - 1)]!;
}

function ofFunction(outcome: JourneyOptions["outcome"], options: Partial<JourneyOptions> = {}): Promise<Journey> {
  return journey({ config: () => functionConfig(), destination: FUNCTION, outcome, ...options });
}

function ofCrm(outcome: JourneyOptions["outcome"], options: Partial<JourneyOptions> = {}): Promise<Journey> {
  return journey({ config: () => crmConfig(), destination: CRM, outcome, ...options });
}

function waits(times: readonly number[]): number[] {
  return times.slice(1).map((at, index) => Math.round((at - times[index]!) * 1_000) / 1_000);
}

/** The one dead letter it ended as: its error code, and which limit ended its retries. */
function ending({ ends }: Journey): readonly unknown[] {
  assert.equal(ends.length, 1);
  assert.equal(ends[0]?.queue, "dead");
  assert.equal(ends[0].id, "d-1");
  const { ERROR_CODE, EXHAUSTED_RETRY_CONDITION, RETRY_ATTEMPTS } = ends[0].headers;
  return [ERROR_CODE, EXHAUSTED_RETRY_CONDITION, RETRY_ATTEMPTS];
}

/** One delivery to one target has one id, whatever the attempt, and its attempts are numbered from 1. */
function assertNumbered({ invocations }: Journey): void {
  assert.deepEqual(
    invocations.map(({ id, attempt }) => [id, attempt]),
    invocations.map((_, index) => ["d-1", index + 1]),
  );
}

/** Lambda's and EventBridge's waits for a target that is out of order, by the jitter: the first ten, in seconds. */
const BACKOFF: readonly (readonly [random: number, waits: readonly number[]])[] = [
  [0, [1, 1, 2, 4, 8, 16, 32, 64, 128, 150, 150]],
  [0.5, [1, 1.5, 3, 6, 12, 24, 48, 96, 192, 225, 225]],
  [ALMOST_ONE, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]],
];
/** How many attempts that makes in a function's six hours. */
const ATTEMPTS_IN_SIX_HOURS = [152, 104, 80];

describe("a function's delivery that fails every time", () => {
  for (const reason of ["function_error", "timeout"] as const) {
    it(`A function's delivery that fails as ${reason} is attempted at once, after one minute and after two more, and then it is dead`, async () => {
      const told = await ofFunction(outcomes(failure(reason)));
      assert.deepEqual(told.callsAt, [0, 60, 180]);
      assert.equal(told.endedAt, 180);
      assert.deepEqual(ending(told), [ERROR_CODES[reason], "MaximumRetryAttempts", 2]);
      assertNumbered(told);
    });
  }

  it("A function's delivery waits from the end of each call", async () => {
    const told = await ofFunction(outcomes(failure("timeout")), { callMs: 3_000 });
    assert.deepEqual(told.callsAt, [0, 63, 186]);
    assert.equal(told.endedAt, 189);
  });

  const configured = [
    [{ maximumRetryAttempts: 0 }, [0]],
    [{ maximumRetryAttempts: 1 }, [0, 60]],
    [{ retryIntervalsSeconds: [10], maximumRetryAttempts: 2 }, [0, 10, 20]],
    [{ retryIntervalsSeconds: [5, 50, 7], maximumRetryAttempts: 5 }, [0, 5, 55, 62, 69, 76]],
  ] as const;
  for (const [changes, callsAt] of configured) {
    it(`A function's delivery is called at ${callsAt.join(", ")} s with ${JSON.stringify(changes)}`, async () => {
      const config = functionConfig(changes);
      const told = await ofFunction(outcomes(failure("function_error")), { config: () => config });
      assert.deepEqual(told.callsAt, callsAt);
    });
  }

  for (const reason of ["throttled", "server_error", "connection"] as const) {
    for (const [index, [random, expected]] of BACKOFF.entries()) {
      it(`A function's delivery that fails as ${reason} waits 1 s doubling to 5 min, for six hours, with a jitter of ${random}`, async () => {
        const told = await ofFunction(outcomes(failure(reason)), { random });
        assert.deepEqual(waits(told.callsAt).slice(0, expected.length), expected);
        assert.equal(Math.max(...waits(told.callsAt)), expected.at(-1));
        assert.equal(told.callsAt.length, ATTEMPTS_IN_SIX_HOURS[index]);
        // The next attempt would be too late, so there is no waiting for it.
        assert.equal(told.endedAt, told.callsAt.at(-1));
        assert.ok(told.endedAt <= 6 * HOUR && told.endedAt + expected.at(-1)! > 6 * HOUR);
        const retries = told.callsAt.length - 1;
        assert.deepEqual(ending(told), [ERROR_CODES[reason], "MaximumEventAgeInSeconds", retries]);
        assertNumbered(told);
      });
    }
  }

  it("A function that the target's retry policy gives up is the target's dead letter, and its own error its own", async () => {
    const config = reachedBy({ maximumRetryAttempts: 2, maximumEventAgeInSeconds: 86_400 });
    const unreached = await ofFunction(outcomes(failure("connection")), { config: () => config, random: 0 });
    assert.deepEqual(waits(unreached.callsAt), [1, 1]);
    assert.deepEqual(ending(unreached), ["CONNECTION_FAILURE", "MaximumRetryAttempts", 2]);
    const [busy, raised] = [failure("throttled"), failure("function_error")];
    const reached = await ofFunction(outcomes(busy, raised, busy, busy, busy, busy, raised), {
      config: () => config,
      random: 0,
    });
    assert.deepEqual(waits(reached.callsAt), [1, 60, 2, 4, 8, 16]);
    assert.deepEqual(
      reached.ends.map(({ queue, headers }) => [queue, headers["ErrorCode"]]),
      [["own", 200]],
    );
  });

  it("A function's delivery that waited longer than the target's retry policy allows is not sent", async () => {
    const config = reachedBy({ maximumRetryAttempts: 185, maximumEventAgeInSeconds: 60 });
    const told = await ofFunction(outcomes(failure("connection")), { config: () => config, random: 0 });
    assert.deepEqual(waits(told.callsAt), [1, 1, 2, 4, 8, 16]);
    assert.deepEqual(ending(told), ["CONNECTION_FAILURE", "MaximumEventAgeInSeconds", 6]);
  });

  it("A function's delivery keeps its two retries for errors of its own, however often it was throttled before", async () => {
    const [busy, raised] = [failure("throttled"), failure("function_error")];
    const told = await ofFunction(outcomes(busy, busy, raised, busy, failure("connection"), raised, raised), {
      random: 0,
    });
    assert.deepEqual(waits(told.callsAt), [1, 1, 60, 4, 8, 120]);
    assert.deepEqual(ending(told), ["ERROR_FROM_TARGET", "MaximumRetryAttempts", 6]);
    assertNumbered(told);
  });

  it("A function's delivery does not wait for an attempt that could only start after its maximum age", async () => {
    const config = functionConfig({ maximumEventAgeInSeconds: 100 });
    const told = await ofFunction(outcomes(failure("function_error")), { config: () => config });
    assert.deepEqual([told.callsAt, told.endedAt], [[0, 60], 60]);
    assert.deepEqual(ending(told), ["ERROR_FROM_TARGET", "MaximumEventAgeInSeconds", 1]);
  });

  it("A function's delivery is attempted at its maximum age to the millisecond, and not after", async () => {
    const config = functionConfig({ maximumEventAgeInSeconds: 180 });
    const justInTime = await ofFunction(outcomes(failure("function_error")), { config: () => config });
    assert.deepEqual(justInTime.callsAt, [0, 60, 180]);
    const late = await ofFunction(outcomes(failure("function_error")), { config: () => config, callMs: 1 });
    assert.deepEqual(late.callsAt, [0, 60.001]);
  });

  it("A function's delivery that waited past its maximum age before is not called at all", async () => {
    const told = await ofFunction(outcomes({ ok: true, statusCode: 200 }), { waitedMs: 6 * HOUR * 1_000 + 1 });
    assert.deepEqual(told.callsAt, []);
    assert.deepEqual(ending(told), ["TIMEOUT", undefined, 0]);
  });
});

describe("an API destination's delivery that fails every time", () => {
  for (const reason of ["timeout", "throttled", "server_error", "connection"] as const) {
    for (const [random, expected] of BACKOFF) {
      it(`An API destination's delivery that fails as ${reason} is tried again 185 times, with a jitter of ${random}`, async () => {
        const told = await ofCrm(outcomes(failure(reason)), { random });
        assert.deepEqual(waits(told.callsAt).slice(0, expected.length), expected);
        assert.equal(told.callsAt.length, 186);
        assert.ok(told.endedAt < 24 * HOUR);
        assert.deepEqual(ending(told), [ERROR_CODES[reason], "MaximumRetryAttempts", 185]);
        assertNumbered(told);
      });
    }
  }

  const policies = [
    [{ maximumRetryAttempts: 0, maximumEventAgeInSeconds: 86_400 }, [0], undefined],
    [{ maximumRetryAttempts: 3, maximumEventAgeInSeconds: 86_400 }, [0, 1, 2, 4], "MaximumRetryAttempts"],
    [{ maximumRetryAttempts: 185, maximumEventAgeInSeconds: 60 }, [0, 1, 2, 4, 8, 16, 32], "MaximumEventAgeInSeconds"],
  ] as const;
  for (const [retryPolicy, callsAt, condition] of policies) {
    it(`An API destination's delivery is called at ${callsAt.join(", ")} s with ${JSON.stringify(retryPolicy)}`, async () => {
      const config = crmConfig(retryPolicy);
      const told = await ofCrm(outcomes(failure("server_error")), { config: () => config, random: 0 });
      assert.deepEqual(told.callsAt, callsAt);
      assert.equal(told.endedAt, callsAt.at(-1));
      assert.equal(ending(told)[1], condition);
    });
  }

  it("An API destination's delivery is given up after 24 hours when its calls are slow to fail", async () => {
    const asked = failure("server_error", { retryAfterMs: HOUR * 1_000 });
    const told = await ofCrm(outcomes(asked), { callMs: 5_000 });
    assert.equal(told.callsAt.length, 24);
    assert.deepEqual(ending(told), ["ERROR_FROM_TARGET", "MaximumEventAgeInSeconds", 23]);
  });
});

describe("the wait that a target asks for", () => {
  for (const reason of ["throttled", "server_error", "connection"] as const) {
    it(`A target's wait counts for ${reason} where it is longer than the own wait, for functions and API destinations`, async () => {
      const asked = failure(reason, { retryAfterMs: 3_500 });
      const done: Outcome = { ok: true, statusCode: 200 };
      for (const journeyOf of [ofFunction, ofCrm]) {
        const told = await journeyOf(outcomes(asked, asked, asked, asked, done), { random: 0 });
        assert.deepEqual(waits(told.callsAt), [3.5, 3.5, 3.5, 4]);
        assert.deepEqual(told.ends, []);
      }
    });
  }

  it("A target's wait does not count after an error of the function", async () => {
    const told = await ofFunction(outcomes(failure("function_error", { retryAfterMs: 300_000 })));
    assert.deepEqual(told.callsAt, [0, 60, 180]);
  });

  it("A target's wait beyond the maximum age ends the delivery at once", async () => {
    const told = await ofFunction(outcomes(failure("throttled", { retryAfterMs: 6 * HOUR * 1_000 + 1 })));
    assert.deepEqual([told.callsAt, told.endedAt], [[0], 0]);
    assert.equal(ending(told)[0], "THROTTLING");
  });
});

describe("a delivery whose target this router does not know", () => {
  for (const [what, known, destination] of [
    ["a function", functionConfig(), FUNCTION],
    ["an API destination", crmConfig(), CRM],
  ] as const) {
    it(`A delivery without its target calls nobody for five minutes, and is dead then: ${what}`, async () => {
      const told = await journey({ config: () => sampleConfig({}), destination, outcome: outcomes(failure("loop")) });
      assert.deepEqual(told.callsAt, []);
      assert.deepEqual(
        told.attemptsAt,
        Array.from({ length: 61 }, (_, index) => index * 5),
      );
      assert.equal(told.ends[0]?.queue, "busbar.dead-letter");
      assert.equal(told.ends[0].headers["ERROR_CODE"], "NO_RESOURCE");
    });

    it(`A delivery without its target is delivered when a reload brings it, as a first attempt: ${what}`, async () => {
      const config = (atMs: number): Config => (atMs < 299_000 ? sampleConfig({}) : known);
      const told = await journey({ config, destination, outcome: outcomes({ ok: true, statusCode: 200 }) });
      assert.deepEqual(told.callsAt, [300]);
      assertNumbered(told);
    });
  }

  it("A delivery without its rule is kept for five minutes, however short its function's maximum age", async () => {
    const config = sampleConfig({ functions: [sampleFunction("f", { maximumEventAgeInSeconds: 60 })] });
    const told = await ofFunction(outcomes(failure("loop")), { config: () => config });
    assert.equal(told.attemptsAt.length, 61);
    assert.equal(told.ends[0]?.headers["ERROR_CODE"], "NO_RESOURCE");
  });

  it("A delivery without its target has five minutes again each time, and keeps its retries", async () => {
    const gone = (atMs: number): boolean => (atMs > 0 && atMs < 200_000) || (atMs > 200_000 && atMs < 450_000);
    const config = (atMs: number): Config => (gone(atMs) ? sampleConfig({}) : functionConfig());
    const told = await ofFunction(outcomes(failure("function_error")), { config });
    assert.deepEqual(told.callsAt, [0, 200, 450]);
    assert.deepEqual(ending(told), ["ERROR_FROM_TARGET", "MaximumRetryAttempts", 2]);
  });
});

describe("reasons that no repetition mends", () => {
  const retried = new Set(["function_error", "timeout", "throttled", "unauthorized", "server_error", "connection"]);
  // None comes of a call: the first is found before it, the others have tables or tests of their own.
  const uncalled = new Set(["expired", "target_gone", "circuit_open", "switched_off"]);
  const final = FAILURE_REASONS.filter((reason) => !retried.has(reason) && !uncalled.has(reason));

  it("A reason without retries is an answer that says so, or comes of the event and the configuration", () => {
    const ofAnswers = ["client_error", "invalid_response"];
    const ofEvents = ["condition_error", "template_error", "unmatchable", "loop", "fan_out", "too_large"];
    assert.deepEqual(final, [...ofAnswers, ...ofEvents]);
  });

  for (const reason of final) {
    it(`A delivery ends after one attempt for the reason ${reason}`, async () => {
      for (const journeyOf of [ofFunction, ofCrm]) {
        const told = await journeyOf(outcomes(failure(reason, { retryAfterMs: 1_000 })));
        assert.deepEqual([told.callsAt, told.endedAt], [[0], 0]);
        assert.deepEqual(ending(told), [ERROR_CODES[reason], undefined, 0]);
      }
    });
  }
});
