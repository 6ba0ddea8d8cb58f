import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readFrame } from "../../../../src/domain/journal/frame.ts";
import type { JournalConfig } from "../../../../src/domain/journal/journal-config.ts";
import type { JournalRecord, RecordKind, RecordOf } from "../../../../src/domain/journal/records.ts";
import { Journal } from "../../../../src/edge/journal/journal.ts";
import {
  createJournalAccess,
  createJournalObserver,
  writeOutput,
} from "../../../../src/edge/journal/journal-observer.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { sampleAttempt, sampleEntry, stockDelivery } from "../../../support/observe/observe.ts";
import { sampleEvent } from "../../../support/sample.ts";

const TO_BUS = { kind: "event-bus", name: "default" } as const;

const CONFIG: JournalConfig = {
  bodies: "failed",
  fields: [],
  redact: { keys: ["token"], paths: [], with: "mask" },
  bytesPerSecondMax: 512 * 1024,
  bytesMax: 1,
  ageMsMax: 1,
};
const ORIGIN = { bus: "default", rule: "orders", target: "stock" };
const FAILURE = { ok: false, reason: "server_error", message: "answered 503", statusCode: 503 } as const;
const BODY = Buffer.from('{"source":"shop","token":"s3cr3t"}');
const SHOWN = '{"source":"shop","token":"***"}';

/** A journal, and what it handed to its writer. `take` decides what becomes of a frame. */
function started(config: Partial<JournalConfig> = {}, take: () => Promise<void> = () => Promise.resolve()) {
  const frames: Buffer[] = [];
  const stored = new Map<string, number>();
  const lost = new Map<string, number>();
  const add = (sums: Map<string, number>, key: string, count: number) => sums.set(key, (sums.get(key) ?? 0) + count);
  const journal = new Journal({
    router: "router-1",
    nowMs: () => 5_000,
    onStored: (counts) => counts.forEach((count, kind) => add(stored, kind, count)),
    onLost: (reason, counts) => counts.forEach((count, kind) => add(lost, `${reason} ${kind}`, count)),
    onSampling: (oneIn) => add(stored, `one in ${oneIn}`, 1),
  });
  const append = (frame: Buffer): Promise<void> => {
    frames.push(frame);
    return take();
  };
  journal.writeTo({ append, close: () => Promise.resolve() });
  journal.follow({ ...CONFIG, ...config });
  const records = (): readonly JournalRecord[] => frames.flatMap((frame) => readFrame(frame)?.records ?? []);
  return {
    journal,
    observer: createJournalObserver(journal),
    frames,
    stored,
    lost,
    records,
    /** Everything of one kind, after the frame under way was sent. */
    all: async <Kind extends RecordKind>(kind: Kind): Promise<readonly RecordOf<Kind>[]> => {
      await journal.end();
      return records().filter((record) => record.kind === kind) as unknown as readonly RecordOf<Kind>[];
    },
  };
}

function accepted(id: string, changes: Parameters<typeof sampleEntry>[0] = {}) {
  const published = [{ id: `d-${id}`, origin: ORIGIN, to: { kind: "function", name: "stock" } }] as const;
  const matched = [{ bus: "default", rule: "orders" }];
  return sampleEntry({ event: sampleEvent({ id, json: BODY.toString() }), matched, published, ...changes });
}

describe("The journal", () => {
  it("has an accepted event with what it met, and whoever put it", async () => {
    const { observer, all } = started();
    const refused = sampleEntry({ outcome: "MalformedDetail" });
    observer.put?.({ outcome: "partial", seconds: 0.1, by: "alice", entries: [accepted("e-1"), refused] });
    const [event, ...others] = await all("event");
    assert.deepEqual(others, []);
    assert.deepEqual(event, {
      kind: "event",
      atMs: 1_000,
      id: "e-1",
      source: "shop",
      type: "Ordered",
      bytes: BODY.length,
      routed: {
        bus: "default",
        rules: [{ bus: "default", rule: "orders" }],
        ruleCount: 1,
        published: [{ id: "d-e-1", origin: ORIGIN, to: "function/stock" }],
        publishedCount: 1,
        letters: [],
        letterCount: 0,
      },
      principal: "alice",
      body: undefined,
      traceparent: undefined,
      fields: undefined,
    });
  });

  it("has the event that a schedule put on a bus, with the schedule as who put it, and a dead letter where there was none", async () => {
    const { observer, all } = started();
    const fired = { schedule: "morning", to: TO_BUS, dueMs: 1, firedAtMs: 2 };
    observer.scheduleFired?.({ ...fired, routed: [accepted("e-1")], deadLetters: [] });
    const letter = { deliveryId: "d-9", queue: "failed", reason: "fan_out" } as const;
    observer.scheduleFired?.({ ...fired, routed: [], deadLetters: [letter] });
    assert.deepEqual(
      (await all("event")).map(({ id, principal }) => [id, principal]),
      [["e-1", "schedule/morning"]],
    );
    assert.deepEqual(
      (await all("letter")).map(({ letter: { id, queue } }) => [id, queue]),
      [["d-9", "failed"]],
    );
  });

  it("lists a hundred of an event's deliveries, and counts the others", async () => {
    const { observer, all } = started();
    const published = Array.from(
      { length: 1_000 },
      (_, n) => ({ id: `d-${n}`, origin: ORIGIN, to: { kind: "queue", name: "q" } }) as const,
    );
    observer.put?.({ outcome: "accepted", seconds: 0.1, entries: [accepted("e-1", { published })] });
    const [event] = await all("event");
    assert.deepEqual([event?.routed.published.length, event?.routed.publishedCount], [100, 1_000]);
  });

  it("leaves out an event with an id that would take the room of others, and counts it", async () => {
    const { observer, all, lost } = started();
    observer.put?.({ outcome: "accepted", seconds: 0.1, entries: [accepted("x".repeat(1_025)), accepted("e-1")] });
    assert.deepEqual(
      (await all("event")).map(({ id }) => id),
      ["e-1"],
    );
    assert.deepEqual([...lost], [["full event", 1]]);
  });

  it("has an attempt with its times, its verdict and when it is tried again", async () => {
    const { observer, all } = started();
    observer.attempt?.(sampleAttempt({ outcome: FAILURE, verdict: { kind: "retry", delayMs: 2_000, counted: true } }));
    const [attempt] = await all("attempt");
    const { failure, verdict, nextAtMs, startedAtMs, callMs, destination, origin } = attempt!;
    assert.deepEqual(failure, { reason: "server_error", message: "answered 503", statusCode: 503 });
    assert.deepEqual(
      { verdict, nextAtMs, startedAtMs, callMs, destination, origin },
      {
        verdict: "retry",
        nextAtMs: 3_200,
        startedAtMs: 1_000,
        callMs: 200,
        destination: "function/stock",
        origin: ORIGIN,
      },
    );
  });

  it("joins a function's record with the event that it is on a bus", async () => {
    const { observer, all, records } = started();
    const routed = { bus: "default", event: sampleEvent({ id: "r-1", source: "lambda" }), matched: [], published: [] };
    const record = { condition: "success", to: { kind: "event-bus", name: "default" }, id: "r-1" } as const;
    observer.attempt?.(sampleAttempt({ records: [record], routed: [routed] }));
    const [attempt] = await all("attempt");
    assert.deepEqual(attempt?.records, [{ condition: "success", to: "event-bus/default", id: "r-1" }]);
    assert.deepEqual(
      records().flatMap((one) => (one.kind === "event" ? one.id : [])),
      ["r-1"],
    );
  });

  const delivery = stockDelivery({ eventId: "e-1", body: BODY });
  const answer = { responseJson: '{"token":"x"}' };
  const failed = {
    outcome: { ...FAILURE, ...answer },
    verdict: { kind: "failed", reason: "server_error", condition: "RetriesExhausted" },
  } as const;
  const retried = { ...failed, verdict: { kind: "retry", delayMs: 1, counted: true } } as const;

  for (const [bodies, expected] of [
    ["off", { event: [undefined, undefined], attempt: [undefined, undefined, undefined, undefined], answers: 0 }],
    ["failed", { event: [undefined, SHOWN], attempt: [undefined, SHOWN, undefined, SHOWN], answers: 3 }],
    ["all", { event: [SHOWN, SHOWN], attempt: [undefined, undefined, undefined, undefined], answers: 4 }],
  ] as const) {
    it(`keeps bodies as the configuration says: ${bodies}; and never a secret`, async () => {
      const { observer, all, frames } = started({ bodies });
      const unmatched = accepted("e-2", { matched: [], published: [] });
      observer.put?.({ outcome: "accepted", seconds: 0.1, entries: [accepted("e-1"), unmatched] });
      observer.attempt?.(sampleAttempt({ delivery, outcome: { ok: true, statusCode: 200, ...answer } }));
      observer.attempt?.(sampleAttempt({ delivery, ...retried }));
      observer.attempt?.(sampleAttempt({ delivery: { ...delivery, attempt: 2 }, ...retried }));
      observer.attempt?.(sampleAttempt({ delivery: { ...delivery, attempt: 3 }, ...failed }));
      const attempts = await all("attempt");
      assert.deepEqual(
        (await all("event")).map(({ body }) => body?.toString()),
        expected.event,
      );
      assert.deepEqual(
        attempts.map(({ body }) => body?.toString()),
        expected.attempt,
      );
      const answers = attempts.flatMap((one) => one.answer?.toString() ?? []);
      assert.deepEqual(answers, Array(expected.answers).fill('{"token":"***"}'));
      assert.ok(!Buffer.concat(frames).includes("s3cr3t"));
    });
  }

  it("keeps no body of more than 16 KiB", async () => {
    const { observer, all } = started({ bodies: "all" });
    const entries = [16_384, 16_385].map((bytes, n) => {
      const json = JSON.stringify("x".repeat(bytes - 2));
      return accepted(`e-${n}`, { event: sampleEvent({ id: `e-${n}`, json }) });
    });
    observer.put?.({ outcome: "accepted", seconds: 0.1, entries });
    assert.deepEqual(
      (await all("event")).map(({ body }) => body?.length),
      [16_384, undefined],
    );
  });

  it("has the lines that functions write only where all bodies are kept", async () => {
    for (const [bodies, lines] of [
      ["failed", 0],
      ["all", 1],
    ] as const) {
      const { journal, all } = started({ bodies });
      writeOutput(journal, { functionName: "stock", stream: "stdout", line: "counted 3", deliveryId: "d-1" });
      assert.deepEqual(
        (await all("output")).map(({ deliveryId }) => deliveryId),
        lines === 0 ? [] : ["d-1"],
      );
    }
  });

  it("takes nothing while the configuration has no section for it, nor without a writer", async () => {
    const { journal, observer, frames } = started();
    journal.follow(undefined);
    observer.put?.({ outcome: "accepted", seconds: 0.1, entries: [accepted("e-1")] });
    journal.follow(CONFIG);
    journal.writeTo(undefined);
    observer.attempt?.(sampleAttempt());
    await journal.end();
    assert.deepEqual(frames, []);
  });

  it("sends a frame after a quarter of a second, and at once when it is full", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { observer, frames } = started({ bodies: "all" });
    observer.attempt?.(sampleAttempt());
    assert.equal(frames.length, 0);
    t.mock.timers.tick(250);
    assert.equal(frames.length, 1);
    for (let n = 0; frames.length < 2 && n < 10_000; n++) observer.attempt?.(sampleAttempt());
    assert.equal(frames.length, 2);
    assert.ok(frames[1]!.length > 48_000 && frames[1]!.length < 52_000, `${frames[1]!.length}`);
  });

  it("counts what was stored, and what the broker did not take", async () => {
    let takes = true;
    const take = () =>
      takes ? Promise.resolve() : Promise.reject(new PublishError([{ index: 0, reason: "blocked" }]));
    const { journal, observer, stored, lost } = started({}, take);
    observer.attempt?.(sampleAttempt());
    observer.deadLettersPurged?.("q", 3, undefined);
    await journal.end();
    assert.deepEqual(
      [...stored],
      [
        ["attempt", 1],
        ["purge", 1],
      ],
    );
    takes = false;
    journal.writeTo({ append: take, close: () => Promise.resolve() });
    observer.attempt?.(sampleAttempt());
    await journal.end();
    assert.deepEqual([...lost], [["refused attempt", 1]]);
  });

  it("says that records are missing once the broker takes frames again, and that none were written meanwhile", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    let takes = false;
    const take = () =>
      takes ? Promise.resolve() : Promise.reject(new PublishError([{ index: 0, reason: "blocked" }]));
    const { journal, observer, records, lost } = started({}, take);
    const second = async () => {
      t.mock.timers.tick(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    };
    observer.attempt?.(sampleAttempt());
    await second();
    // The frame that says so is refused too.
    await second();
    takes = true;
    const before = records().length;
    await second();
    await second();
    const said = records().slice(before);
    assert.deepEqual(said, [{ kind: "loss", atMs: 5_000 }]);
    assert.deepEqual([...lost], [["refused attempt", 1]]);
    journal.follow(undefined);
    journal.follow(CONFIG);
    await second();
    assert.deepEqual(records().at(-1), { kind: "loss", atMs: 5_000 });
  });

  it("has no more than 1 MiB on its way to a broker that does not answer", () => {
    const { observer, frames, lost } = started({ bytesPerSecondMax: 1e9 }, () => new Promise(() => undefined));
    for (let n = 0; n < 40_000; n++) observer.attempt?.(sampleAttempt());
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    assert.ok(bytes > 1024 * 1024 - 60_000 && bytes <= 1024 * 1024, `${bytes}`);
    assert.ok((lost.get("full attempt") ?? 0) > 5_000);
  });

  it("leaves out whole ways of successful events when there is too much, and says so; failures stay", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { observer, records, journal, lost, stored } = started({ bytesPerSecondMax: 16_384 });
    let failures = 0;
    const events = new Set<string>();
    const attempts = new Set<string>();
    for (let n = 0; n < 20_000; n++) {
      t.mock.timers.tick(1);
      const id = `e-${n}`;
      observer.put?.({ outcome: "accepted", seconds: 0.1, entries: [accepted(id)] });
      observer.attempt?.(sampleAttempt({ delivery: stockDelivery({ eventId: id }) }));
      if (n % 500 === 0) {
        failures++;
        observer.attempt?.(
          sampleAttempt({
            delivery: stockDelivery({ id: `failed-${n}`, eventId: `f-${n}` }),
            outcome: FAILURE,
            verdict: { kind: "retry", delayMs: 1, counted: true },
          }),
        );
      }
    }
    await journal.end();
    for (const record of records()) {
      if (record.kind === "event") events.add(record.id);
      if (record.kind === "attempt" && record.failure === undefined) attempts.add(record.eventId ?? "");
    }
    assert.equal(records().filter((one) => one.kind === "attempt" && one.failure !== undefined).length, failures);
    assert.ok(events.size < 10_000 && events.size > 500, `${events.size} events`);
    // Only where the share changed between the two is one of them without the other.
    const torn = [...events].filter((id) => !attempts.has(id)).length;
    assert.ok(torn < 50, `${torn} of ${events.size} have no attempt`);
    const last = records().findLast((one) => one.kind === "sampling");
    assert.ok(last !== undefined && last.oneIn >= 4, JSON.stringify(last));
    assert.ok((stored.get(`one in ${last.oneIn}`) ?? 0) > 0);
    assert.equal((lost.get("sampled event") ?? 0) + events.size, 20_000);
  });

  it("has a mapping's call with the ids of its records, and a batch that was left", async () => {
    const { observer, all } = started();
    const of = { mapping: "reads", functionName: "work", source: "queue/orders" };
    const batch = { ...of, requestId: "r", records: 102, recordIds: ["a", "x".repeat(257), "b"], bytes: 10 };
    const outcome = { ok: false, reason: "timeout", message: "too late" } as const;
    const times = { startedAtMs: 400, endedAtMs: 900 };
    observer.mappingBatchEnded?.(batch, { ...batch, outcome, failed: 1, failedIds: ["b"], ...times });
    observer.mappingBatchEnded?.({ ...batch, requestId: "s", recordIds: ["c"] }, undefined);
    const written = { kind: "batch", mapping: "reads", function: "work", source: "queue/orders", records: 102 };
    assert.deepEqual(await all("batch"), [
      {
        ...written,
        atMs: 900,
        startedAtMs: 400,
        requestId: "r",
        failed: 1,
        outcome: "timeout",
        failure: { reason: "timeout", message: "too late", statusCode: undefined },
        recordIds: ["a", "b"],
        failedIds: ["b"],
      },
      {
        ...written,
        atMs: 5_000,
        startedAtMs: 5_000,
        requestId: "s",
        failed: 102,
        outcome: "left",
        failure: undefined,
        recordIds: ["c"],
        failedIds: ["c"],
      },
    ]);
  });

  it("has what operators do: redrives with the ids, purges, pauses, circuits and reloads", async () => {
    const { observer, journal, records } = started();
    observer.redriven?.({
      jobId: "job-1",
      atMs: 5_000,
      queue: "failed",
      to: "bus",
      count: 1,
      deliveryIds: ["d-1"],
      deadLetters: [],
      routed: [],
    });
    observer.deadLettersPurged?.("failed", 2, "job-2");
    observer.pauseChanged?.("function/stock", {
      destination: "function/stock",
      configured: false,
      by: "ann",
      reason: "fix",
    });
    observer.pauseChanged?.("function/stock", undefined);
    observer.circuit?.({ destination: { kind: "function", name: "stock" }, state: "open", failure: FAILURE });
    observer.reloaded?.({ ok: false, problems: ["rules.yaml:3"] });
    await journal.end();
    const shown = records().map(({ atMs, ...others }) => ({ ...others, isNow: atMs === 5_000 }));
    assert.deepEqual(shown, [
      {
        kind: "redrive",
        queue: "failed",
        to: "bus",
        count: 1,
        letters: [],
        routed: [],
        deliveryIds: ["d-1"],
        routedEventIds: [],
        jobId: "job-1",
        isNow: true,
      },
      { kind: "purge", queue: "failed", count: 2, jobId: "job-2", isNow: true },
      { kind: "pause", destination: "function/stock", paused: true, by: "ann", reason: "fix", isNow: true },
      { kind: "pause", destination: "function/stock", paused: false, by: undefined, reason: undefined, isNow: true },
      {
        kind: "circuit",
        destination: "function/stock",
        state: "open",
        failure: { reason: "server_error", message: "answered 503", statusCode: 503 },
        isNow: true,
      },
      { kind: "reload", rules: undefined, digest: undefined, problems: ["rules.yaml:3"], isNow: true },
    ]);
  });

  it("has the first KiB of a text and a hundred of a configuration's problems: a frame that has too much is lost whole", async () => {
    const { journal, observer, records, frames } = started({ bytesPerSecondMax: 10 * 1024 * 1024 });
    const event = (id: string) => ({ ...sampleEvent({ id, json: BODY.toString() }), source: id.repeat(300_000) });
    const entries = ["ab", "cd", "ef"].map((id) => accepted(id, { event: event(id) }));
    observer.put?.({ outcome: "accepted", seconds: 0.1, entries });
    observer.reloaded?.({ ok: false, problems: Array.from({ length: 10_000 }, () => "x".repeat(2_000)) });
    createJournalAccess(journal).access?.({
      action: "a",
      resource: "r".repeat(2_000_000),
      from: "f",
      outcome: "allowed",
    });
    await journal.end();
    for (const frame of frames) assert.ok(frame.length < 200 * 1024, String(frame.length));
    const texts = records().flatMap((one) => {
      if (one.kind === "event") return [one.source];
      return one.kind === "reload" ? one.problems : one.kind === "audit" ? [one.resource] : [];
    });
    assert.deepEqual(texts, [
      ...["ab", "cd", "ef"].map((id) => id.repeat(512)),
      ...Array.from({ length: 100 }, () => "x".repeat(1_024)),
      "r".repeat(1_024),
    ]);
  });
});
