import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deriveId } from "../../../../src/app/process.ts";
import { readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { Config } from "../../../../src/domain/config.ts";
import { readDeadLetter } from "../../../../src/domain/failure/dead-letter-reading.ts";
import { withAttemptNumber } from "../../../../src/domain/schedule/payload.ts";
import type { Schedule } from "../../../../src/domain/schedule/schedule.ts";
import { Agenda, MADE_UP_MS, MISSED_COUNT_MAX } from "../../../../src/flow/schedule/agenda.ts";
import { readdressWith } from "../../../../src/flow/redrive/readdress.ts";
import { firingOf } from "../../../../src/flow/schedule/fire.ts";
import {
  IDENTITY,
  sampleConfig,
  sampleFunction,
  sampleRule,
  sampleSchedule,
  sampleTarget,
} from "../../../support/sample.ts";

const DUE_MS = Date.parse("2026-03-29T09:00:00Z");
const ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/report";

const pause = (): Promise<void> => Promise.resolve();

const CONFIG = sampleConfig({
  functions: [sampleFunction("worker")],
  queues: ["ticks", "failed"],
  rules: [
    sampleRule("calendar", { source: ["shop.calendar"] }, [
      sampleTarget("worker", { kind: "function", name: "worker" }),
      sampleTarget("ticks", { kind: "queue", name: "ticks" }),
    ]),
  ],
});

function firing(target: Schedule["target"], config: Config = CONFIG) {
  const schedule = sampleSchedule("report", "rate(1 hour)", target);
  return firingOf({ schedule, dueMs: DUE_MS }, { config, identity: IDENTITY, deriveId, nowMs: DUE_MS + 5, pause });
}

describe("A schedule that is due", () => {
  it("gives a function its input, with all placeholders but the attempt's number replaced", async () => {
    const inputJson = JSON.stringify({
      arn: "<aws.scheduler.schedule-arn>",
      text: "due <aws.scheduler.scheduled-time>, try <aws.scheduler.attempt-number>",
      run: "<aws.scheduler.execution-id>",
    });
    const { messages, fact } = await firing({ to: { kind: "function", name: "worker" }, inputJson });
    const [message] = messages;
    assert.ok(message !== undefined && messages.length === 1);
    assert.equal(message.queue, "busbar.function.worker");
    const read = readDelivery({ ...message, crashes: 0 });
    assert.ok(read.ok);
    const { id, schedule, origin, attempt, firstAtMs, body } = read.delivery;
    assert.deepEqual(
      { schedule, origin, attempt, firstAtMs },
      {
        schedule: { name: "report", dueMs: DUE_MS },
        origin: undefined,
        attempt: 1,
        firstAtMs: DUE_MS + 5,
      },
    );
    const payload = JSON.parse(withAttemptNumber(body, 3).toString()) as Record<string, string>;
    assert.equal(payload["arn"], ARN);
    assert.equal(payload["text"], "due 2026-03-29T09:00:00Z, try 3");
    assert.match(payload["run"] ?? "", /^[0-9a-f]{16}$/);
    assert.deepEqual(fact, {
      schedule: "report",
      to: { kind: "function", name: "worker" },
      dueMs: DUE_MS,
      deliveryId: id,
      routed: [],
      deadLetters: [],
    });
  });

  it("that a rule has gives an event to all targets of this rule, and to no other rule", async () => {
    const event = { source: ["aws.events"] };
    const rules = [
      sampleRule("timed", event, [
        sampleTarget("worker", { kind: "function", name: "worker" }),
        sampleTarget("ticks", { kind: "queue", name: "ticks" }),
      ]),
      sampleRule("other", event, [sampleTarget("failed", { kind: "queue", name: "failed" })]),
    ];
    const config = { ...sampleConfig({ functions: [sampleFunction("worker")], queues: ["ticks", "failed"], rules }) };
    const target: Schedule["target"] = { to: { kind: "event-bus", name: "default" }, rule: "default/timed" };
    const { messages, fact } = await firing(target, config);
    assert.deepEqual(
      messages.map(({ queue }) => queue),
      ["busbar.function.worker", "ticks"],
    );
    const [id] = messages.map(({ headers }) => headers["busbar-event-id"]);
    const [toWorker, toQueue] = messages.map(({ body }) => JSON.parse(body.toString()) as unknown);
    assert.deepEqual(toQueue, toWorker);
    assert.deepEqual(toQueue, {
      version: "0",
      id,
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: "000000000000",
      time: "2026-03-29T09:00:00Z",
      region: "us-east-1",
      resources: ["arn:aws:events:us-east-1:000000000000:rule/timed"],
      detail: {},
    });
    assert.deepEqual(fact.routed[0]?.matched, [{ bus: "default", rule: "timed" }]);
    assert.deepEqual((await firing(target, config)).messages, messages);
    assert.deepEqual((await firing({ ...target, rule: "default/gone" }, config)).messages, []);
  });

  it("sends what Scheduler sends where there is no input", async () => {
    const { messages } = await firing({ to: { kind: "queue", name: "ticks" } });
    const [message] = messages;
    assert.ok(message !== undefined);
    assert.equal(message.queue, "ticks");
    assert.deepEqual(message.headers, {
      "busbar-schedule": "report",
      "busbar-scheduled-at": DUE_MS,
      "busbar-first-at": DUE_MS,
    });
    assert.deepEqual(JSON.parse(message.body.toString()), {
      version: "0",
      id: message.id,
      "detail-type": "Scheduled Event",
      source: "aws.scheduler",
      account: "000000000000",
      time: "2026-03-29T09:00:00Z",
      region: "us-east-1",
      resources: [ARN],
      detail: "{}",
    });
  });

  it("gives a message for a FIFO queue the target's group, and a deduplication id that is the same when it is fired again", async () => {
    const target = { to: { kind: "queue", name: "orders.fifo" }, messageGroupId: "nightly", inputJson: "{}" } as const;
    const withQueue = (queue: object): Config => {
      const queues = new Map([["orders.fifo", { name: "orders.fifo", fifo: true, ...queue }]]);
      return { ...CONFIG, queues };
    };
    const place = async (queue: object) => {
      const { messages } = await firing(target, withQueue(queue));
      assert.deepEqual((await firing(target, withQueue(queue))).messages, messages);
      const { id, headers } = messages[0] ?? assert.fail("it made no message");
      return { id, group: headers["busbar-message-group-id"], deduplication: headers["busbar-deduplication-id"] };
    };
    const { id, ...ofMessage } = await place({});
    assert.deepEqual(ofMessage, { group: "nightly", deduplication: id });
    const ofBody = await place({ contentBasedDeduplication: true });
    // SHA-256 of {}
    assert.equal(ofBody.deduplication, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    const { messages } = await firing({ to: { kind: "queue", name: "ticks" }, messageGroupId: "nightly" });
    assert.equal(messages[0]?.headers["busbar-message-group-id"], "nightly");
    assert.equal(messages[0].headers["busbar-deduplication-id"], undefined);
  });

  it("that finds no FIFO queue makes a dead letter, which has its group where it is redriven", async () => {
    const target = { to: { kind: "queue", name: "orders.fifo" }, messageGroupId: "nightly", inputJson: "{}" } as const;
    const schedule: Schedule = { ...sampleSchedule("report", "rate(1 hour)", target), isKept: true };
    const same = { identity: IDENTITY, deriveId, pause };
    const { messages } = await firingOf({ schedule, dueMs: DUE_MS }, { ...same, config: CONFIG, nowMs: DUE_MS });
    const [letter] = messages;
    assert.ok(letter !== undefined && messages.length === 1);
    assert.equal(letter.queue, "busbar.dead-letter");
    const received = { ...letter, crashes: 0 };
    const dead = readDeadLetter(received) ?? assert.fail("it is no dead letter");
    const config = { ...CONFIG, queues: new Map([["orders.fifo", { name: "orders.fifo", fifo: true }]]) };
    const redriven = await readdressWith({ ...same, config: () => config, nowMs: () => DUE_MS })(
      received,
      dead,
      "target",
    );
    assert.ok(redriven.ok);
    const [again] = redriven.messages;
    assert.deepEqual([again?.queue, again?.headers["busbar-message-group-id"]], ["orders.fifo", "nightly"]);
    assert.equal(again?.headers["busbar-deduplication-id"], letter.id);
  });

  it("puts an event on a bus, and makes the same messages with the same ids when it is fired again", async () => {
    const target = {
      to: { kind: "event-bus", name: "default" },
      event: { source: "shop.calendar", detailType: "SaleBegins" },
      inputJson: '{"percent":20,"n":"<aws.scheduler.attempt-number>"}',
    } as const;
    const { messages, fact } = await firing(target);
    assert.deepEqual(
      messages.map(({ queue }) => queue),
      ["busbar.function.worker", "ticks"],
    );
    const event = JSON.parse(messages[1]?.body.toString() ?? "") as Record<string, unknown>;
    assert.deepEqual(
      [event["source"], event["detail-type"], event["detail"], event["resources"], event["time"]],
      ["shop.calendar", "SaleBegins", { percent: 20, n: "1" }, [ARN], "2026-03-29T09:00:00Z"],
    );
    assert.deepEqual(fact.routed[0]?.matched, [{ bus: "default", rule: "calendar" }]);
    assert.deepEqual(await firing(target), { messages, fact });
  });

  it("ends in a dead letter of Scheduler's form where its bus cannot take the event", async () => {
    const targets = Array.from({ length: 1_001 }, (_, n) => sampleTarget(`t${n}`, { kind: "queue", name: "ticks" }));
    const config = sampleConfig({
      queues: ["ticks", "failed"],
      rules: [sampleRule("all", { source: ["s"] }, targets)],
    });
    const to = { kind: "event-bus", name: "default" } as const;
    const event = { source: "s", detailType: "d" };
    const { messages, fact } = await firing({ to, event, inputJson: "{}", deadLetterQueue: "failed" }, config);
    const [letter] = messages;
    assert.ok(letter !== undefined);
    assert.equal(letter.queue, "failed");
    assert.equal(letter.headers["SCHEDULE_ARN"], ARN);
    assert.equal(letter.headers["SCHEDULED_TIME"], "2026-03-29T09:00:00Z");
    assert.deepEqual(
      fact.deadLetters.map(({ queue, reason }) => [queue, reason]),
      [["failed", "fan_out"]],
    );
  });
});

describe("An agenda", () => {
  const nowMs = DUE_MS + 12 * 3_600_000 + 60_000;
  const TO = { to: { kind: "queue", name: "ticks" } } as const;
  const agendaOf = (afterMs: number, ...schedules: readonly Schedule[]) =>
    Agenda.of(schedules, { afterMs, nowMs, pause });

  it("makes up for the last minutes of an outage, and counts what was due before", async () => {
    const agenda = await agendaOf(
      DUE_MS,
      sampleSchedule("hourly", "rate(1 hour)", TO),
      sampleSchedule("often", "rate(1 minute)", TO),
    );
    assert.deepEqual(agenda.missed, [
      { schedule: "hourly", count: 11, firstDueMs: DUE_MS + 3_600_000 },
      { schedule: "often", count: MISSED_COUNT_MAX, firstDueMs: DUE_MS + 60_000 },
    ]);
    const taken = agenda.take(nowMs);
    assert.deepEqual(
      taken.filter(({ schedule }) => schedule.name === "often").map(({ dueMs }) => (nowMs - dueMs) / 60_000),
      Array.from({ length: MADE_UP_MS / 60_000 + 1 }, (_, at) => MADE_UP_MS / 60_000 - at),
    );
    assert.deepEqual(
      taken.map(({ dueMs }) => dueMs),
      taken.map(({ dueMs }) => dueMs).toSorted(),
    );
    assert.equal(agenda.nextMs, nowMs + 60_000);
  });

  it("has one-time schedules however late, and none that is disabled", async () => {
    const late = sampleSchedule("late", "at(2026-03-29T09:30:00)", TO);
    const before = sampleSchedule("before", "at(2026-03-29T08:30:00)", TO);
    const off = sampleSchedule("off", "rate(1 minute)", TO, { state: "DISABLED" });
    const agenda = await agendaOf(DUE_MS, late, before, off);
    assert.deepEqual(
      agenda.take(nowMs).map(({ schedule }) => schedule.name),
      ["late"],
    );
    assert.equal(agenda.nextMs, undefined);
    assert.deepEqual(agenda.missed, []);
  });
});
