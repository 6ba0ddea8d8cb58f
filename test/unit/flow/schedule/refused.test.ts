import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deriveId } from "../../../../src/app/process.ts";
import { readDeadLetter } from "../../../../src/domain/failure/dead-letter-reading.ts";
import type { Message } from "../../../../src/domain/queue/message.ts";
import { DEAD_LETTER_QUEUE, SCHEDULES_QUEUE } from "../../../../src/domain/queue/queues.ts";
import type { Schedule } from "../../../../src/domain/schedule/schedule.ts";
import { readdressWith } from "../../../../src/flow/redrive/readdress.ts";
import { fireDue } from "../../../../src/flow/schedule/fire-due.ts";
import { LastFirings } from "../../../../src/flow/schedule/last-firings.ts";
import { tryAgain } from "../../../../src/flow/schedule/refused.ts";
import { readKept } from "../../../../src/flow/store/kept.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleSchedule } from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const DUE_MS = Date.parse("2026-03-29T09:00:00Z");
const never = new AbortController().signal;
const done = (): Promise<void> => Promise.resolve();

/** A schedule whose queue is full, from its due time on. */
function full(target: Partial<Schedule["target"]> = {}, changes: Partial<Schedule> = {}) {
  const broker = new ScriptedStorage();
  broker.refusals.set("ticks", "refused");
  const schedule = sampleSchedule("tick", "rate(1 hour)", { to: { kind: "queue", name: "ticks" }, ...target }, changes);
  const config = sampleConfig({ queues: ["ticks", "failed"], schedules: schedule.isKept ? [] : [schedule] });
  const observer = new RecordingObserver();
  let nowMs = DUE_MS;
  const options = {
    broker,
    config: () => config,
    identity: IDENTITY,
    deriveId,
    observer,
    nowMs: () => nowMs,
    sleep: done,
    pause: done,
    onError: (error: unknown) => assert.fail(String(error)),
  };
  /** The last message that was stored. */
  const last = (): Message => broker.stored.at(-1) ?? assert.fail("nothing was stored");
  return {
    broker,
    observer,
    last,
    options,
    fire: () => {
      const due = [{ schedule, dueMs: DUE_MS }];
      const others = { address: "me", send: done, broadcast: done, onBroadcast: () => undefined };
      return fireDue(due, new LastFirings(others), { hurry: never, leave: never }, options);
    },
    /** Hands over what waits, as often as it comes back; resolves with how long it waited each time, in minutes. */
    untilItEnds: async (triesMax = 1_000): Promise<readonly number[]> => {
      const waits: number[] = [];
      while (last().queue === SCHEDULES_QUEUE && waits.length < triesMax) {
        const delayMs = broker.delaysMs.at(-1) ?? assert.fail("it does not wait");
        waits.push(delayMs / 60_000);
        nowMs += delayMs;
        await tryAgain(readKept({ ...last(), crashes: 0 }) ?? assert.fail("it is not kept"), never, options);
      }
      return waits;
    },
  };
}

describe("A schedule's message that its queue refuses", () => {
  it("is tried as often as maximumRetryAttempts says, and then is a dead letter of Scheduler's form", async () => {
    const retryPolicy = { maximumRetryAttempts: 4, maximumEventAgeInSeconds: 86_400 };
    const { fire, untilItEnds, last, observer } = full({ retryPolicy, deadLetterQueue: "failed" });
    await fire();
    assert.deepEqual(await untilItEnds(), [1, 2, 4, 5]);
    const { queue, id, headers, body } = last();
    assert.equal(queue, "failed");
    assert.deepEqual(headers, {
      "busbar-schedule": "tick",
      "busbar-scheduled-at": DUE_MS,
      "busbar-first-at": DUE_MS,
      SCHEDULE_ARN: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick",
      SCHEDULED_TIME: "2026-03-29T09:00:00Z",
      EXECUTION_ID: id.replaceAll("-", "").slice(0, 16),
      IS_PAYLOAD_TRUNCATED: "false",
      TARGET_ARN: "arn:aws:sqs:us-east-1:000000000000:ticks",
      ERROR_CODE: "THROTTLING",
      ERROR_MESSAGE: 'queue "ticks" did not take the message',
      RETRY_ATTEMPTS: 4,
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
    });
    assert.equal((JSON.parse(body.toString()) as { source: string }).source, "aws.scheduler");
    assert.equal(observer.events.at(-1), "schedule dead-lettered tick failed");
  });

  it("is given up at once without retries, and before it is older than maximumEventAgeInSeconds", async () => {
    const none = full({ retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 86_400 } });
    await none.fire();
    assert.deepEqual([none.last().queue, none.last().headers["RETRY_ATTEMPTS"]], [DEAD_LETTER_QUEUE, 0]);
    assert.equal(none.last().headers["EXHAUSTED_RETRY_CONDITION"], undefined);
    const short = full({ retryPolicy: { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 600 } });
    await short.fire();
    assert.deepEqual(await short.untilItEnds(), [1, 2, 4]);
    assert.equal(short.last().headers["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
  });

  it("has Scheduler's 185 retries where nothing else is said", async () => {
    const { fire, untilItEnds, last } = full();
    await fire();
    assert.equal((await untilItEnds()).length, 185);
    assert.equal(last().headers["RETRY_ATTEMPTS"], 185);
  });

  it("of the API carries its policy while it waits, and reaches its queue without it", async () => {
    const retryPolicy = { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 86_400 };
    const kept = full({ retryPolicy, deadLetterQueue: "failed" }, { isKept: true });
    await kept.fire();
    assert.deepEqual(await kept.untilItEnds(), [1, 2]);
    assert.equal(kept.last().queue, "failed");

    const emptied = full({ retryPolicy }, { isKept: true });
    await emptied.fire();
    await emptied.untilItEnds(1);
    emptied.broker.refusals.clear();
    await emptied.untilItEnds();
    assert.equal(emptied.last().queue, "ticks");
    assert.deepEqual(Object.keys(emptied.last().headers), [
      "busbar-schedule",
      "busbar-scheduled-at",
      "busbar-first-at",
    ]);
  });

  it("is redriven to its queue as a dead letter", async () => {
    const { fire, last, options } = full({ retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 } });
    await fire();
    const message = { ...last(), crashes: 0 };
    const letter = readDeadLetter(message) ?? assert.fail("it is no dead letter");
    const redriven = await readdressWith({ ...options, nowMs: () => DUE_MS + 5 })(message, letter, "target");
    assert.ok(redriven.ok);
    const [sent] = redriven.messages;
    assert.deepEqual([sent?.queue, sent?.id, sent?.body], ["ticks", message.id, message.body]);
    assert.deepEqual(sent?.headers, {
      "busbar-schedule": "tick",
      "busbar-scheduled-at": DUE_MS,
      "busbar-first-at": DUE_MS + 5,
      "busbar-redriven": 1,
      "busbar-accepted-at": DUE_MS,
    });
    const gone = await readdressWith({ ...options, config: () => sampleConfig({}) })(message, letter, "target");
    assert.ok(!gone.ok && gone.reason === "target_gone");
  });
});
