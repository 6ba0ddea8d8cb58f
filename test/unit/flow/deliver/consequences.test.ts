import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "../../../../src/domain/queue/message.ts";
import type { Config } from "../../../../src/domain/config.ts";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import type { RecordTarget } from "../../../../src/domain/target/function.ts";
import { functionPolicy } from "../../../../src/domain/target/policy.ts";
import type { Verdict } from "../../../../src/domain/failure/verdict.ts";
import { consequencesOf } from "../../../../src/flow/deliver/consequences.ts";
import type { Attempt } from "../../../../src/flow/deliver/send.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const NOW_MS = Date.parse("2026-01-02T03:04:05.678Z");
const EVENT = '{"version":"0","id":"e-1","detail":{"total":1.0}}';

const delivery: Delivery = {
  id: "d-1",
  destination: { kind: "function", name: "f" },
  origin: { bus: "default", rule: "r", target: "t" },
  body: Buffer.from(EVENT),
  attempt: 3,
  countedRetries: 2,
  firstAtMs: NOW_MS - 180_000,
  hops: 0,
  suspicions: 0,
};

const raised: Outcome = {
  ok: false,
  reason: "function_error",
  message: "it raised",
  statusCode: 200,
  responseJson: '{"errorMessage":"I failed!","errorType":"Exception"}',
};
const exhausted: Verdict = { kind: "failed", reason: "function_error", condition: "RetriesExhausted" };

function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    delivery,
    target: sampleTarget("t", delivery.destination),
    policy: functionPolicy(sampleFunction("f")),
    payload: Buffer.from('{"total":1.0}'),
    outcome: { ok: true, statusCode: 200, responseJson: '{"done":true}' },
    invoked: true,
    startedAtMs: NOW_MS - 10,
    endedAtMs: NOW_MS,
    ...changes,
  };
}

function consequences(config: Config, made: Attempt, verdict: Verdict) {
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const pause = () => Promise.resolve();
  return consequencesOf(made, verdict, { config, identity: IDENTITY, newId, nowMs: NOW_MS, pause });
}

interface Payloads {
  readonly requestPayload: unknown;
  readonly responsePayload: unknown;
}

function bodyOf(message: Message | undefined): unknown {
  return JSON.parse(message?.body.toString() ?? "null");
}

describe("a success", () => {
  it("A success without a destination stores nothing", async () => {
    const config = sampleConfig({ functions: [sampleFunction("f")] });
    assert.deepEqual((await consequences(config, attempt(), { kind: "done" })).messages, []);
  });

  it("A success sends Lambda's record to a queue, byte for byte", async () => {
    const config = sampleConfig({ functions: [sampleFunction("f", { onSuccess: { kind: "queue", name: "wins" } })] });
    const { messages, records } = await consequences(config, attempt(), { kind: "done" });
    assert.equal(messages[0]?.queue, "wins");
    assert.equal(
      messages[0].body.toString(),
      '{"version":"1.0","timestamp":"2026-01-02T03:04:05.678Z","requestContext":{"requestId":"d-1",' +
        '"functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST","condition":"Success","approximateInvokeCount":3},' +
        '"requestPayload":{"total":1.0},"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":{"done":true}}',
    );
    assert.deepEqual(records, [{ condition: "success", to: { kind: "queue", name: "wins" }, id: messages[0].id }]);
  });

  it("A record too long for brokers leaves parts out, the response first", async () => {
    const config = sampleConfig({ functions: [sampleFunction("f", { onSuccess: { kind: "queue", name: "wins" } })] });
    const huge = JSON.stringify("\u0001".repeat(3 * 1024 * 1024));
    const leftOut = {
      errorMessage: "Left out: the record would be longer than 15728640 bytes.",
      errorType: "Busbar.RecordTooLarge",
    };
    const answered = attempt({ outcome: { ok: true, statusCode: 200, responseJson: huge } });
    const [record] = (await consequences(config, answered, { kind: "done" })).messages.map(bodyOf) as Payloads[];
    assert.deepEqual([record?.requestPayload, record?.responsePayload], [{ total: 1 }, leftOut]);
    const chained = attempt({ payload: Buffer.from(huge) });
    const [other] = (await consequences(config, chained, { kind: "done" })).messages.map(bodyOf) as Payloads[];
    assert.deepEqual([other?.requestPayload, other?.responsePayload], [leftOut, leftOut]);
  });

  it("A success sends the record to a function as a new delivery with no rule, one hop further", async () => {
    const functions = [sampleFunction("f", { onSuccess: { kind: "function", name: "g" } }), sampleFunction("g")];
    const { messages } = await consequences(sampleConfig({ functions }), attempt(), { kind: "done" });
    assert.equal(messages[0]?.queue, "busbar.function.g");
    assert.equal(messages[0].headers["busbar-hops"], 1);
    assert.equal(messages[0].headers["busbar-rule"], undefined);
  });

  it("A success puts the record on a bus as an event of Lambda's", async () => {
    const wins = sampleRule("wins", { source: ["lambda"] }, [sampleTarget("q", { kind: "queue", name: "kept" })], {
      bus: "ops",
    });
    const config = sampleConfig({
      buses: ["ops"],
      functions: [sampleFunction("f", { onSuccess: { kind: "event-bus", name: "ops" } })],
      rules: [wins],
    });
    const { messages } = await consequences(config, attempt(), { kind: "done" });
    const event = bodyOf(messages[0]) as Record<string, unknown>;
    assert.equal(event["detail-type"], "Lambda Function Invocation Result - Success");
    assert.deepEqual(event["resources"], [
      "arn:aws:events:us-east-1:000000000000:event-bus/ops",
      "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
    ]);
    assert.equal((event["detail"] as { version: string }).version, "1.0");
  });

  it("The success of a function that is its own destination ends as a loop", async () => {
    const config = sampleConfig({ functions: [sampleFunction("f", { onSuccess: { kind: "function", name: "f" } })] });
    const made = attempt({ delivery: { ...delivery, hops: 16 } });
    const { messages, deadLetters } = await consequences(config, made, { kind: "done" });
    assert.equal(messages[0]?.queue, "busbar.dead-letter");
    assert.deepEqual(deadLetters, [{ queue: "busbar.dead-letter", reason: "loop", deliveryId: "id-1" }]);
  });
});

describe("a redriven delivery", () => {
  const redriven = { ...delivery, redriven: 2, acceptedAtMs: NOW_MS - 600_000 };
  const headersOf = async (onSuccess: RecordTarget, verdict: Verdict) => {
    const functions = [sampleFunction("f", { onSuccess }), sampleFunction("g")];
    const targets = [sampleTarget("q", { kind: "queue", name: "kept" })];
    const rules = [sampleRule("records", { source: ["lambda"] }, targets, { bus: "ops" })];
    const config = sampleConfig({ buses: ["ops"], functions, rules });
    const { messages } = await consequences(config, attempt({ delivery: redriven, outcome: raised }), verdict);
    assert.equal(messages.length, 1);
    return [messages[0]?.headers["busbar-redriven"], messages[0]?.headers["busbar-accepted-at"]];
  };
  const queue: RecordTarget = { kind: "queue", name: "wins" };

  it("A redriven delivery's next attempt and its dead letter say how often it was redriven", async () => {
    const past = [2, redriven.acceptedAtMs];
    assert.deepEqual(await headersOf(queue, { kind: "retry", delayMs: 60_000, counted: true }), past);
    assert.deepEqual(await headersOf(queue, exhausted), past);
  });

  it("A record of a redriven delivery is new: nobody has redriven it", async () => {
    const others: RecordTarget[] = [
      { kind: "function", name: "g" },
      { kind: "event-bus", name: "ops" },
    ];
    for (const target of [queue, ...others]) {
      assert.deepEqual(await headersOf(target, { kind: "done" }), [undefined, undefined], target.kind);
    }
  });
});

describe("a retry", () => {
  const verdict: Verdict = { kind: "retry", delayMs: 60_000, counted: true };

  it("A retry keeps the delivery id and the event, and counts the attempt and the retry", async () => {
    const made = attempt({ outcome: raised, delivery: { ...delivery, attempt: 1, countedRetries: 0, suspicions: 1 } });
    const { messages, delayMs } = await consequences(sampleConfig({ functions: [sampleFunction("f")] }), made, verdict);
    assert.equal(delayMs, 60_000);
    assert.equal(messages[0]?.id, "d-1");
    assert.equal(messages[0].body.toString(), EVENT);
    assert.equal(messages[0].headers["busbar-attempt"], 2);
    assert.equal(messages[0].headers["busbar-counted-retries"], 1);
    assert.equal(messages[0].headers["busbar-suspicions"], undefined);
  });

  it("A retry does not count an attempt that called nobody", async () => {
    const gone: Outcome = { ok: false, reason: "target_gone", message: "unknown" };
    const made = attempt({ outcome: gone, invoked: false });
    const { messages } = await consequences(sampleConfig({}), made, { kind: "retry", delayMs: 5_000, counted: false });
    assert.equal(messages[0]?.headers["busbar-attempt"], 3);
    assert.equal(messages[0].headers["busbar-gone-since"], NOW_MS);
  });
});

describe("a failure for good", () => {
  it("A dead letter of a function with neither destination goes to the target's dead-letter queue with EventBridge's headers", async () => {
    const config = sampleConfig({ functions: [sampleFunction("f")] });
    const made = attempt({
      outcome: raised,
      target: sampleTarget("t", delivery.destination, { deadLetterQueue: "dead" }),
    });
    const { messages, deadLetters } = await consequences(config, made, exhausted);
    assert.equal(messages.length, 1);
    assert.equal(messages[0]?.queue, "dead");
    assert.equal(messages[0].body.toString(), EVENT);
    const { RULE_ARN, TARGET_ARN, ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS, EXHAUSTED_RETRY_CONDITION } =
      messages[0].headers;
    assert.deepEqual(
      { RULE_ARN, TARGET_ARN, ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS, EXHAUSTED_RETRY_CONDITION },
      {
        RULE_ARN: "arn:aws:events:us-east-1:000000000000:rule/r",
        TARGET_ARN: "arn:aws:lambda:us-east-1:000000000000:function:f",
        ERROR_CODE: "ERROR_FROM_TARGET",
        ERROR_MESSAGE: "it raised",
        RETRY_ATTEMPTS: 2,
        EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
      },
    );
    const { id: deliveryId, origin } = delivery;
    assert.deepEqual(deadLetters, [{ queue: "dead", reason: "function_error", deliveryId, eventId: "e-1", origin }]);
  });

  it("A dead letter goes to busbar.dead-letter when nothing is configured", async () => {
    const { messages } = await consequences(
      sampleConfig({ functions: [sampleFunction("f")] }),
      attempt({ outcome: raised }),
      exhausted,
    );
    assert.equal(messages[0]?.queue, "busbar.dead-letter");
  });

  it("A failure for good goes to both onFailure and the function's dead-letter queue, and not to the target's", async () => {
    const fn = sampleFunction("f", { onFailure: { kind: "queue", name: "losses" }, deadLetterQueue: "function-dead" });
    const made = attempt({
      outcome: raised,
      target: sampleTarget("t", delivery.destination, { deadLetterQueue: "dead" }),
    });
    const { messages } = await consequences(sampleConfig({ functions: [fn] }), made, exhausted);
    assert.deepEqual(
      messages.map((message) => message.queue),
      ["losses", "function-dead"],
    );
    const record = bodyOf(messages[0]) as Record<string, Record<string, unknown>>;
    assert.equal(record["requestContext"]?.["condition"], "RetriesExhausted");
    assert.equal(record["responseContext"]?.["functionError"], "Unhandled");
    assert.equal(record["responsePayload"]?.["errorMessage"], "I failed!");
  });

  it("The record of an event that was never sent has no response", async () => {
    const fn = sampleFunction("f", { onFailure: { kind: "queue", name: "losses" } });
    const old: Outcome = { ok: false, reason: "expired", message: "too old" };
    const made = attempt({ outcome: old, invoked: false, delivery: { ...delivery, attempt: 1, countedRetries: 0 } });
    const expired: Verdict = { kind: "failed", reason: "expired", condition: "EventAgeExceeded" };
    const { messages } = await consequences(sampleConfig({ functions: [fn] }), made, expired);
    const record = bodyOf(messages[0]) as Record<string, Record<string, unknown>>;
    assert.equal(record["requestContext"]?.["condition"], "EventAgeExceeded");
    assert.equal(record["requestContext"]["approximateInvokeCount"], 0);
    assert.deepEqual(Object.keys(record), ["version", "timestamp", "requestContext", "requestPayload"]);
  });

  describe("in the function's own dead-letter queue", () => {
    const config = sampleConfig({ functions: [sampleFunction("f", { deadLetterQueue: "own" })] });
    const deadIn = async (made: Attempt) => (await consequences(config, made, exhausted)).messages[0];

    it("A dead letter in the function's own queue has Lambda's form, and the event beside the payload", async () => {
      const message = await deadIn(attempt({ outcome: raised }));
      assert.equal(message?.queue, "own");
      assert.equal(message.body.toString(), '{"total":1.0}');
      const { RequestID, ErrorCode, ErrorMessage, ERROR_CODE, ...ours } = message.headers;
      assert.deepEqual([RequestID, ErrorCode, ErrorMessage, ERROR_CODE], ["d-1", 200, "I failed!", undefined]);
      assert.deepEqual([ours["busbar-event"], ours["busbar-error-code"]], [EVENT, "ERROR_FROM_TARGET"]);
    });

    it("A dead letter has no event beside a payload that is the event", async () => {
      const message = await deadIn(attempt({ outcome: raised, payload: Buffer.from(EVENT) }));
      assert.equal(message?.body.toString(), EVENT);
      assert.deepEqual([message.headers["busbar-rendered"], message.headers["busbar-event"]], [undefined, undefined]);
    });

    it("A dead letter has no event beside the payload that would be longer than headers hold", async () => {
      const body = Buffer.from(`{"text":"${"é".repeat(8_192)}"}`);
      const message = await deadIn(attempt({ outcome: raised, delivery: { ...delivery, body } }));
      assert.deepEqual([message?.headers["busbar-rendered"], message?.headers["busbar-event"]], [1, undefined]);
    });
  });

  it("A dead letter of a function that no rule called has Lambda's own dead-letter headers", async () => {
    const { origin: _origin, ...noRule } = delivery;
    const made = attempt({ outcome: raised, delivery: noRule, target: undefined });
    const { messages } = await consequences(sampleConfig({ functions: [sampleFunction("f")] }), made, exhausted);
    const { RequestID, ErrorCode, ErrorMessage, RULE_ARN } = messages[0]?.headers ?? {};
    assert.deepEqual(
      { RequestID, ErrorCode, ErrorMessage, RULE_ARN },
      { RequestID: "d-1", ErrorCode: 200, ErrorMessage: "I failed!", RULE_ARN: undefined },
    );
  });
});
