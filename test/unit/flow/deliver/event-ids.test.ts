import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HeaderValue, Message, Received } from "../../../../src/domain/queue/message.ts";
import { readDeadLetter } from "../../../../src/domain/failure/dead-letter-reading.ts";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { deliveryMessage, messageFact, readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { BusEvent } from "../../../../src/domain/event/event.ts";
import { composeEvent } from "../../../../src/domain/event/event.ts";
import { functionPolicy } from "../../../../src/domain/target/policy.ts";
import type { Verdict } from "../../../../src/domain/failure/verdict.ts";
import { callHeaders } from "../../../../src/edge/targets/http/call-headers.ts";
import { consequencesOf } from "../../../../src/flow/deliver/consequences.ts";
import { keptMessage, readKept } from "../../../../src/flow/store/kept.ts";
import { receiveDelivery } from "../../../../src/flow/deliver/receive.ts";
import { readdressWith } from "../../../../src/flow/redrive/readdress.ts";
import { plan, planUnknownBus } from "../../../../src/flow/route/plan.ts";
import { observe, sampleAttempt } from "../../../support/observe/observe.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const EVENT_ID = "6a1b2c3d-0000-4000-8000-000000000001";
const F = { kind: "function", name: "f" } as const;
const ORIGIN = { bus: "default", rule: "r", target: "t" };

function event(id = EVENT_ID): BusEvent {
  const parts = { detailType: "Ordered", source: "shop", account: "0", timeMs: 0, region: "eu", resources: [] };
  const { json, body } = composeEvent({ id, ...parts, detailJson: '{"id":"not-this-one"}' });
  return { id, bus: "default", source: parts.source, detailType: parts.detailType, json, body, acceptedAtMs: 5 };
}

const delivery: Delivery = {
  id: "d-1",
  eventId: EVENT_ID,
  destination: F,
  origin: ORIGIN,
  body: event().body,
  attempt: 1,
  countedRetries: 0,
  firstAtMs: 5,
  hops: 0,
  suspicions: 0,
};

const { eventId: _, ...deliveryOfBefore } = delivery;

function received({ queue, id, body, headers }: Message, crashes = 0): Received {
  return { queue, id, body, headers, crashes };
}

function eventIdOf(message: Message | undefined): HeaderValue | undefined {
  return message?.headers["busbar-event-id"];
}

const config = sampleConfig({
  functions: [sampleFunction("f"), sampleFunction("g")],
  queues: ["q"],
  rules: [
    sampleRule("r", { source: ["shop"] }, [sampleTarget("t", F)]),
    sampleRule("records", { source: ["lambda"] }, [sampleTarget("g", { kind: "function", name: "g" })]),
  ],
});

let ids = 0;
const newId = (): string => `new-${++ids}`;
const pause = (): Promise<void> => Promise.resolve();
const planContext = { config, identity: IDENTITY, budget: 1 };

function consequences(verdict: Verdict, changes: Parameters<typeof sampleFunction>[1] = {}) {
  const functions = [sampleFunction("f", changes), sampleFunction("g")];
  const rules = [...config.rulesByBus.values()].flatMap((index) => index.rules);
  const attempt = {
    delivery,
    target: sampleTarget("t", F),
    policy: functionPolicy(sampleFunction("f")),
    payload: Buffer.from("{}"),
    outcome:
      verdict.kind === "done"
        ? ({ ok: true, statusCode: 200 } as const)
        : ({ ok: false, reason: "timeout", message: "slow" } as const),
    invoked: true,
    startedAtMs: 6,
    endedAtMs: 7,
  };
  const context = {
    identity: IDENTITY,
    newId,
    pause,
    config: sampleConfig({ functions, rules, queues: ["q"] }),
    nowMs: 8,
  };
  return consequencesOf(attempt, verdict, context);
}

const FAILED: Verdict = { kind: "failed", reason: "timeout", condition: "RetriesExhausted" };

describe("event ids", () => {
  it("The event's id is on the messages of a put, whichever kind of target they are for, and on its dead letters", () => {
    const hit = (target: ReturnType<typeof sampleTarget>) => ({ origin: ORIGIN, target, hops: 0 });
    const failure = { reason: "condition_error", message: "no" } as const;
    const planned = [
      plan(event(), hit(sampleTarget("t", F)), newId(), planContext),
      plan(event(), hit(sampleTarget("t", { kind: "queue", name: "q" })), newId(), planContext),
      plan(event(), { ...hit(sampleTarget("t", F)), failure }, newId(), planContext),
      planUnknownBus({ ...event(), bus: "nowhere" }, newId()),
    ];
    assert.deepEqual(
      planned.map((one) => eventIdOf(one.message)),
      [EVENT_ID, EVENT_ID, EVENT_ID, EVENT_ID],
    );
    assert.deepEqual(
      planned.slice(2).map((one) => one.deadLetter),
      [
        { queue: "busbar.dead-letter", reason: "condition_error", ...messageFact(received(planned[2]!.message)) },
        {
          queue: "busbar.dead-letter",
          reason: "target_gone",
          deliveryId: planned[3]!.message.id,
          eventId: EVENT_ID,
        },
      ],
    );
  });

  it("The event's id is on the next attempt, the dead letter and the records of a delivery", async () => {
    const [retry] = (await consequences({ kind: "retry", delayMs: 1, counted: true })).messages;
    assert.equal(eventIdOf(retry), EVENT_ID);
    const dead = await consequences(FAILED);
    assert.equal(eventIdOf(dead.messages[0]), EVENT_ID);
    const fact = { queue: "busbar.dead-letter", reason: "timeout", deliveryId: "d-1" };
    assert.deepEqual(dead.deadLetters, [{ ...fact, eventId: EVENT_ID, origin: ORIGIN }]);
    for (const onSuccess of [{ kind: "queue", name: "q" } as const, { kind: "function", name: "g" } as const]) {
      const { messages, records } = await consequences({ kind: "done" }, { onSuccess });
      assert.equal(eventIdOf(messages[0]), EVENT_ID);
      assert.equal(records[0]?.id, messages[0]?.id);
    }
  });

  it("The event's id of a record on a bus is the record's own, and its attempt's line has it", async () => {
    const { messages, records } = await consequences(
      { kind: "done" },
      { onSuccess: { kind: "event-bus", name: "default" } },
    );
    const own = eventIdOf(messages[0]);
    assert.notEqual(own, EVENT_ID);
    assert.equal((JSON.parse(messages[0]!.body.toString()) as { id: string }).id, own);
    const { observation, lines } = observe();
    observation.observer.attempt(sampleAttempt({ delivery, records }));
    assert.equal(lines[0]?.eventId, EVENT_ID);
    assert.deepEqual(lines[0].records, [{ condition: "success", kind: "event-bus", name: "default", eventId: own }]);
  });

  it("The event's id stays on a message that is parked, set aside or kept", () => {
    const message = deliveryMessage(delivery, "busbar.function.f");
    const suspect = receiveDelivery(received(message, 1));
    const parked = receiveDelivery(received({ ...message, body: Buffer.from("no JSON") }));
    assert.ok(suspect.kind === "suspect" && parked.kind === "parked");
    const kept = readKept(received(keptMessage(message, "busbar.function.g")));
    assert.deepEqual([suspect.message, parked.message, kept].map(eventIdOf), [EVENT_ID, EVENT_ID, EVENT_ID]);
  });

  it("The event's id stays on a redriven message, to its target and to its bus", async () => {
    const dead = received({ ...(await consequences(FAILED)).messages[0]!, queue: "failed" });
    const readdress = readdressWith({
      config: () => config,
      identity: IDENTITY,
      deriveId: (text) => text,
      pause,
      nowMs: () => 9,
    });
    for (const letter of [dead, { ...dead, headers: { ...dead.headers, "busbar-event-id": undefined } }]) {
      const read = readDeadLetter(letter);
      assert.equal(read?.eventId, EVENT_ID);
      for (const to of ["target", "bus"] as const) {
        const again = await readdress(letter, read, to);
        assert.ok(again.ok);
        assert.deepEqual(again.messages.map(eventIdOf), [EVENT_ID], to);
      }
    }
  });

  it("The event's id is read from the event where a message of an earlier version lacks the header, and from nothing else", () => {
    const message = received(deliveryMessage(deliveryOfBefore, "busbar.function.f"));
    assert.equal(message.headers["busbar-event-id"], undefined);
    const read = readDelivery(message);
    assert.ok(read.ok);
    assert.equal(read.delivery.eventId, EVENT_ID);
    for (const body of [
      '{"version":"1.0","id":"x"}',
      '{"id":"x"}',
      "{}",
      '{"version":"0","id":7}',
      '{"version":"0","id":"x',
    ])
      assert.equal(messageFact({ ...message, body: Buffer.from(body) }).eventId, undefined, body);
    assert.equal(messageFact({ ...message, body: event('"ä\n').body }).eventId, '"ä\n');
  });

  it("The event's id is cut to 256 bytes where a caller chose a longer one", () => {
    const { message } = plan(
      event("é".repeat(100_000)),
      { origin: ORIGIN, target: sampleTarget("t", F), hops: 0 },
      newId(),
      planContext,
    );
    assert.equal(eventIdOf(message), "é".repeat(128));
  });

  it("The event's id is in a header of each call and percent-encoded where it is not plain ASCII", () => {
    const headerOf = (eventId: string) =>
      callHeaders({ id: "d-1", eventId, attempt: 1, destination: F, payload: Buffer.from("{}") })["busbar-event-id"];
    assert.equal(headerOf(EVENT_ID), EVENT_ID);
    assert.equal(headerOf('a b%"\r\nX-Evil: é😀\ud800'), "a%20b%25%22%0D%0AX-Evil:%20%C3%A9%F0%9F%98%80%EF%BF%BD");
  });
});

describe("log lines of one event", () => {
  it("The log lines of one event have its id, from the put to the dead letter, and the delivery's, rule and target", async () => {
    const { observation, lines } = observe();
    const { observer, brokerEvents } = observation;
    const fact = { deliveryId: "d-1", eventId: EVENT_ID, origin: ORIGIN };
    const { deadLetters } = await consequences(FAILED);
    observer.attempt(
      sampleAttempt({
        delivery,
        outcome: { ok: false, reason: "timeout", message: "slow" },
        verdict: FAILED,
        deadLetters,
      }),
    );
    observer.suspected(delivery);
    observer.settlementDelayed(delivery, new Error("no"));
    observer.parked("crashed", "busbar.suspect", fact);
    observer.moveDelayed("q", fact, new Error("no"));
    brokerEvents.deadLettered({ queue: "busbar.dead-letter", reason: "target_gone", ...fact });
    const expected = { deliveryId: "d-1", eventId: EVENT_ID, ...ORIGIN };
    assert.equal(lines.length, 6);
    for (const { deliveryId, eventId, bus, rule, target } of lines)
      assert.deepEqual({ deliveryId, eventId, bus, rule, target }, expected);
    assert.deepEqual(lines[0]!.deadLetters, [{ queue: "busbar.dead-letter", reason: "timeout", ...expected }]);
    observer.redriven({ atMs: 0, queue: "failed", to: "bus", count: 3, deliveryIds: [], deadLetters, routed: [] });
    assert.deepEqual(lines.at(-1)!.deadLetters, lines[0]!.deadLetters);
  });
});
