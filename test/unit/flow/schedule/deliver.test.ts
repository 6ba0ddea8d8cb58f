import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "../../../../src/domain/config.ts";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { deliveryMessage, readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { readDeadLetter } from "../../../../src/domain/failure/dead-letter-reading.ts";
import { createDeliver } from "../../../../src/flow/deliver/deliver.ts";
import { readdressWith } from "../../../../src/flow/redrive/readdress.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleDelivery, sampleFunction, sampleSchedule } from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const NOW_MS = Date.parse("2026-03-29T09:00:05Z");
const DUE_MS = Date.parse("2026-03-29T09:00:00Z");

const delivery = sampleDelivery({
  id: "01234567-89ab-cdef-0123-456789abcdef",
  schedule: { name: "report", dueMs: DUE_MS },
  rendered: {},
  body: Buffer.from('"try <aws.scheduler.attempt-number>"'),
  firstAtMs: NOW_MS - 1_000,
});

const CONFIG = sampleConfig({
  functions: [sampleFunction("f", { maximumRetryAttempts: 0 })],
  queues: ["failed"],
  schedules: [sampleSchedule("report", "rate(1 hour)", { to: delivery.destination, deadLetterQueue: "failed" })],
});

async function deliver(outcome: Outcome, config: Config = CONFIG, changes: Partial<Delivery> = {}) {
  const broker = new ScriptedStorage();
  const payloads: string[] = [];
  const never = new AbortController().signal;
  const made = createDeliver({
    broker,
    config: () => config,
    identity: IDENTITY,
    observer: new RecordingObserver(),
    newId: () => "new",
    nowMs: () => NOW_MS,
    random: () => 0.5,
    pause: () => Promise.resolve(),
    sleep: () => Promise.resolve(),
    abandon: never,
    leave: never,
  });
  const message = { ...deliveryMessage({ ...delivery, ...changes }, "busbar.function.f"), crashes: 0 };
  await made(message, ({ payload }) => {
    payloads.push(payload.toString());
    return Promise.resolve(outcome);
  });
  return { stored: broker.stored, payloads };
}

const RAISED: Outcome = { ok: false, reason: "function_error", message: "it raised", statusCode: 200 };

describe("A schedule's delivery", () => {
  it("gives the function its input, any JSON, with the number of the attempt", async () => {
    const { payloads, stored } = await deliver({ ok: true, statusCode: 200 }, CONFIG, { attempt: 2 });
    assert.deepEqual(payloads, ['"try 2"']);
    assert.deepEqual(stored, []);
  });

  it("that failed for good goes to the schedule's dead-letter queue with Scheduler's headers, and can be redriven", async () => {
    const { stored } = await deliver(RAISED);
    const [letter] = stored;
    assert.ok(letter !== undefined && stored.length === 1);
    assert.equal(letter.queue, "failed");
    const { headers } = letter;
    assert.deepEqual(
      ["SCHEDULE_ARN", "SCHEDULED_TIME", "EXECUTION_ID", "IS_PAYLOAD_TRUNCATED", "TARGET_ARN", "RULE_ARN"].map(
        (name) => headers[name],
      ),
      [
        "arn:aws:scheduler:us-east-1:000000000000:schedule/default/report",
        "2026-03-29T09:00:00Z",
        "0123456789abcdef",
        "false",
        "arn:aws:lambda:us-east-1:000000000000:function:f",
        undefined,
      ],
    );
    const again = {
      config: () => CONFIG,
      identity: IDENTITY,
      deriveId: (text: string) => text,
      pause: () => Promise.resolve(),
    };
    const message = { ...letter, crashes: 0 };
    const dead = readDeadLetter(message);
    assert.ok(dead !== undefined);
    const redriven = await readdressWith({ ...again, nowMs: () => NOW_MS })(message, dead, "target");
    assert.ok(redriven.ok);
    const [sent] = redriven.messages;
    assert.ok(sent !== undefined);
    const read = readDelivery({ ...sent, crashes: 0 });
    assert.ok(read.ok);
    assert.deepEqual(read.delivery.schedule, delivery.schedule);
    assert.deepEqual([read.delivery.id, read.delivery.attempt, read.delivery.body], [delivery.id, 1, delivery.body]);
    const gone = sampleConfig({ functions: [sampleFunction("f")] });
    const refused = await readdressWith({ ...again, config: () => gone, nowMs: () => NOW_MS })(message, dead, "target");
    assert.deepEqual(refused, {
      ok: false,
      reason: "target_gone",
      message: 'schedule "report" is not in the configuration',
    });
  });

  it("waits where the configuration does not know its schedule, as during a roll-out, and does not call the function", async () => {
    const { stored, payloads } = await deliver(RAISED, sampleConfig({ functions: [sampleFunction("f")] }));
    assert.deepEqual(payloads, []);
    const [again] = stored;
    assert.ok(again !== undefined);
    assert.equal(again.queue, "busbar.function.f");
    assert.equal(again.headers["busbar-gone-since"], NOW_MS);
  });
});
