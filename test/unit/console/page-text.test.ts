import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventExplanationAnswer } from "../../../src/admin-api/events/explain.ts";
import type { DeliveryWay, EventWay } from "../../../src/admin-api/history/history.ts";
import { coverageNotes } from "../../../console/src/logic/overview/coverage-notes.ts";
import { destinationsSeen } from "../../../console/src/logic/destinations/destinations.ts";
import { entryOfEvent, problemOfEntry, putEventsCommand } from "../../../console/src/logic/event/entry.ts";
import { addressOfFilter, filterOfAddress } from "../../../console/src/logic/event/event-filter.ts";
import { putText } from "../../../console/src/logic/event/put-text.ts";
import { todayText } from "../../../console/src/logic/event/explained-by.ts";
import { behindText } from "../../../console/src/logic/mappings.ts";
import { needsOf } from "../../../console/src/logic/overview/needs.ts";
import { bytesText, counted, countText } from "../../../console/src/logic/text/numbers.ts";
import { planSentences } from "../../../console/src/logic/queues/redrive.ts";
import { sentenceOf } from "../../../console/src/logic/text/sentence.ts";
import { agoText, clockText, durationText } from "../../../console/src/logic/text/times.ts";
import { shownPayload } from "../../../console/src/logic/text/visible-text.ts";

const NOW_MS = Date.UTC(2026, 0, 31, 12);

describe("A filter of events", () => {
  it("comes back from its address as it was", () => {
    const filter = {
      bus: "a&b",
      type: "Order Placed",
      outcome: "failed",
      destination: "function/crm",
      fromMs: 5,
      toMs: 7,
    };
    const address = addressOfFilter(filter);
    assert.deepEqual(filterOfAddress(Object.fromEntries(new URLSearchParams(address))), filter);
  });

  it("leaves out what is empty, unknown or no time", () => {
    assert.deepEqual(filterOfAddress({ bus: " ", fromMs: "soon", toMs: "-1", other: "x" }), {});
    assert.equal(addressOfFilter({}), "");
  });

  it("may hold blanks that are being typed and fields that were emptied, and asks without them", () => {
    const filter = { type: "Order ", bus: " ", source: "", outcome: "", fromMs: undefined, toMs: 4 };
    assert.equal(addressOfFilter(filter), "?type=Order&toMs=4");
  });
});

describe("What would be different today", () => {
  const answer = (configuration: string, ...rules: readonly string[]): EventExplanationAnswer => ({
    configuration,
    bus: "default",
    matched: rules.map((rule) => ({
      bus: "default",
      rule,
      state: "ENABLED",
      matched: true,
      misses: [],
      targets: [],
    })),
    missed: [],
    leftOut: 0,
    onOtherBuses: [],
  });

  it("is which rules would match too, which would not, or that the bus is gone", () => {
    const then = answer("then", "a", "b");
    for (const [today, text] of [
      [answer("now", "a", "b"), undefined],
      [answer("now", "a", "b", "c", "d"), "Today c, d would match it too."],
      [answer("now", "a"), "Today b would not."],
      [answer("now", "b", "c"), "Today c would match it too, and a would not."],
      [undefined, "The bus default is not there any more."],
    ] as const) {
      assert.equal(todayText(then, today), text);
    }
  });
});

describe("The sentence of an event", () => {
  const base: DeliveryWay = {
    id: "d",
    destination: "function/crm",
    state: "delivered",
    attempts: [],
    letters: [],
    redrives: [],
    records: [],
    parked: [],
    suspected: [],
  };
  const way = (...deliveries: Partial<DeliveryWay>[]): EventWay => ({
    id: "e",
    deliveries: deliveries.map((each) => ({ ...base, ...each })),
  });
  const failure = { reason: "server_error", message: "answered 503" };
  const attempt = {
    atMs: NOW_MS,
    router: "r",
    attempt: 1,
    firstAtMs: NOW_MS,
    startedAtMs: NOW_MS,
    callMs: 1,
    invoked: true,
    verdict: "retry",
    statusCode: 503,
    failure,
  };

  it("names the one target that has it, and counts several", () => {
    assert.equal(sentenceOf(way({}), NOW_MS), "Delivered to function/crm.");
    assert.equal(sentenceOf(way({}, {}), NOW_MS), "Delivered to both targets.");
    assert.equal(sentenceOf(way({}, {}, {}), NOW_MS), "Delivered to all 3 targets.");
  });

  it("says what fails, since when, with what, and when it is tried again", () => {
    const nextAtMs = NOW_MS + 60_000;
    const failing = way({}, { state: "failing", attempts: [{ ...attempt, nextAtMs }] });
    assert.equal(
      sentenceOf(failing, NOW_MS + 1_000),
      `Delivered to 1 of 2 targets. function/crm fails since ${clockText(NOW_MS)} with 503; the next try is at ${clockText(nextAtMs)}.`,
    );
    assert.match(sentenceOf(failing, nextAtMs + 1), /the next try is due\.$/);
  });

  it("says where a delivery is that failed for good", () => {
    const letters = [{ atMs: 1, router: "r", queue: "failed-orders", reason: "connection", cause: "attempt" as const }];
    assert.equal(
      sentenceOf(way({ state: "failed", letters }), NOW_MS),
      "Delivered to 0 of 1 target. function/crm failed for good (no connection to the target) and is in failed-orders.",
    );
  });

  it("does not count records among the targets, and counts what it does not name", () => {
    const parent = { deliveryId: "d", condition: "success", atMs: 1 };
    assert.equal(sentenceOf(way({}, { parent, state: "failed" }), NOW_MS), "Delivered to function/crm.");
    const waiting = { state: "waiting" as const };
    assert.match(
      sentenceOf(way(waiting, waiting, waiting, waiting), NOW_MS),
      /2 more deliveries did not arrive yet\.$/,
    );
  });

  it("says that no rule matched, or that the event is not known", () => {
    assert.match(sentenceOf({ id: "e", outcome: "unmatched", deliveries: [] }, NOW_MS), /No rule matched/);
    assert.match(sentenceOf({ id: "e", deliveries: [] }, NOW_MS), /is not known here/);
  });
});

describe("Whether somebody may put an event", () => {
  it("is said with the statement that decides, where there is one", () => {
    const principal = "bearer-token/ops";
    assert.match(putText({ decision: "allowed" }, "b"), /^Everybody may put it on b/);
    assert.equal(
      putText({ principal, decision: "allowed", statement: "s" }, "b"),
      "bearer-token/ops may put it on b, by s.",
    );
    assert.match(putText({ principal, decision: "denied", statement: "s of b" }, "b"), /s of b denies it\.$/);
    assert.match(putText({ principal, decision: "not-allowed" }, "b"), /neither its own policies nor the bus's/);
  });
});

describe("What needs somebody", () => {
  it("is nothing where all is well", () => {
    const queues = [{ name: "busbar.parked", ready: 0 }];
    assert.deepEqual(
      needsOf({ deadLetters: { queues }, paused: { paused: [] }, circuits: [], reloads: [], nowMs: 0 }),
      [],
    );
  });

  it("is a connection that calls fail with as long as somebody uses it, and what of the API does nothing", () => {
    const connection = (name: string, apiDestinationCount: number) => ({
      name,
      authorizationType: "BASIC" as const,
      state: "DEAUTHORIZED" as const,
      unusable: "connection is DEAUTHORIZED",
      createdAtMs: 0,
      changedAtMs: 0,
      apiDestinations: [],
      apiDestinationCount,
    });
    const target = { id: "t", kind: "function", name: "gone", isGone: true, input: "event" } as const;
    const rule = { bus: "b", name: "r", state: "ENABLED", hasConditions: false, targets: [target] } as const;
    const needs = needsOf({
      unusableConnections: { connections: [connection("used", 2), connection("unused", 0)] },
      notInForce: { notInForce: [{ name: "rule b/x", reason: "a file has it" }], count: 3 },
      rulesWithGoneTargets: { rules: [rule], next: "b/r" },
      nowMs: 0,
    });
    assert.deepEqual(
      needs.map(({ title, detail }) => `${title}. ${detail}`),
      [
        "3 made over the API are not in force. rule b/x: a file has it; and 2 more",
        "1+ rules have a target that does not exist. b/r sends to function/gone: each delivery becomes a dead letter.",
        "Calls with the connection used fail. connection is DEAUTHORIZED. 2 API destinations use it; deliveries are tried again.",
      ],
    );
  });

  it("is each function with blocked keys, and since when its oldest is", () => {
    const key = (name: string, since: string, message: string) => ({
      function: name,
      deliveryId: since,
      since,
      attempts: 3,
      reason: "server_error",
      message,
    });
    const blockedKeys = [
      key("stock", "2026-01-31T11:00:00Z", "503"),
      key("mail", "2026-01-31T11:10:00Z", "502"),
      key("stock", "2026-01-31T11:20:00Z", "501"),
    ];
    const needs = needsOf({ blockedKeys, nowMs: NOW_MS });
    assert.deepEqual(
      needs.map(({ title, href }) => [title, href]),
      [
        ["2 keys of function/stock are blocked", "destinations#function/stock"],
        ["1 key of function/mail is blocked", "destinations#function/mail"],
      ],
    );
    assert.match(needs[0]?.detail ?? "", /^Since .*: 503$/);
  });

  it("is a circuit only as long as its newest state of a router is open", () => {
    const circuit = (atMs: number, state: string, router: string) => ({
      kind: "circuit" as const,
      atMs,
      state,
      router,
      destination: "function/crm",
    });
    const closed = [circuit(2, "closed", "r-1"), circuit(1, "open", "r-1")];
    assert.deepEqual(needsOf({ circuits: closed, nowMs: 3 }), []);
    const [need] = needsOf({ circuits: [...closed, circuit(1, "open", "r-2"), circuit(1, "open", "r-3")], nowMs: 3 });
    assert.match(need?.detail ?? "", /on 2 routers/);
  });

  it("is a refused configuration until one is taken over", () => {
    const reload = (atMs: number, problems: readonly string[]) => ({
      kind: "reload" as const,
      atMs,
      problems,
      router: "r",
    });
    assert.equal(needsOf({ reloads: [reload(2, ["wrong"])], nowMs: 3 }).length, 1);
    assert.equal(needsOf({ reloads: [reload(3, []), reload(2, ["wrong"])], nowMs: 3 }).length, 0);
  });

  it("is a queue with messages that were received too often from another, unless it is shown with its dead letters", () => {
    const queue = (name: string, ready: number) => ({
      name,
      ready,
      consumers: 0,
      origin: "file" as const,
      deadLetterSources: ["orders", "returns"],
    });
    const needs = needsOf({
      queues: { queues: [queue("orders-dead", 2), queue("empty", 0), queue("failed", 3)] },
      deadLetters: { queues: [{ name: "failed", ready: 3 }] },
      nowMs: 0,
    });
    assert.deepEqual(
      needs.map(({ title, href }) => [title, href]),
      [
        ["3 dead letters in failed", "dead-letters?queue=failed"],
        ["2 messages in orders-dead", "queues/orders-dead"],
      ],
    );
    assert.match(needs[1]?.detail ?? "", /from orders, returns\./);
  });

  it("is every queue of dead letters that holds one, and every pause", () => {
    const needs = needsOf({
      deadLetters: {
        queues: [
          { name: "busbar.parked", ready: 1 },
          { name: "failed", ready: 1_200 },
          { name: "x", problem: "no" },
        ],
      },
      paused: { paused: [{ destination: "function/crm", configured: true }] },
      nowMs: 0,
    });
    assert.deepEqual(
      needs.map(({ title }) => title),
      ["1 parked message in busbar.parked", "1,200 dead letters in failed", "function/crm is paused"],
    );
  });
});

describe("The plan of a redrive", () => {
  it("says how many, by code, which stay, and whether more may be there", () => {
    const plan = planSentences(
      {
        selected: 3,
        looked: 9,
        end: "time",
        errorCodes: { TIMEOUT: 2, NO_RESOURCE: 1 },
        unredrivable: { target_gone: 1 },
      },
      "target",
    );
    assert.deepEqual(plan, [
      "3 dead letters are selected (2 with TIMEOUT, 1 with NO_RESOURCE).",
      "1 of them have a target that is not in the configuration and will stay.",
      "Each goes to the one target that it was for, and begins anew with all its retries.",
      "Only the first 9 messages of the queue were looked at, so there may be more.",
    ]);
  });
});

describe("An entry", () => {
  const entry = { bus: "", source: "shop", detailType: "Ordered", detail: '{ "name": "it\'s" }' };

  it("becomes a command that a shell takes as it is", () => {
    assert.equal(
      putEventsCommand(entry),
      `aws events put-events --endpoint-url "$BUSBAR_URL" --entries '[{"Source":"shop","DetailType":"Ordered","Detail":"{\\"name\\":\\"it'\\''s\\"}"}]'`,
    );
  });

  it("is made of an event, and of nothing else", () => {
    const event = JSON.stringify({ source: "shop", "detail-type": "Ordered", detail: { total: 1 } });
    assert.deepEqual(entryOfEvent(event, "b"), {
      bus: "b",
      source: "shop",
      detailType: "Ordered",
      detail: '{\n  "total": 1\n}',
    });
    for (const other of ["null", "[]", "{", '{"source":"x"}']) assert.equal(entryOfEvent(other, ""), undefined);
  });

  it("is refused without a source, a type, or an object as its detail", () => {
    assert.equal(problemOfEntry(entry), undefined);
    assert.match(problemOfEntry({ ...entry, source: " " }) ?? "", /source/);
    assert.match(problemOfEntry({ ...entry, detail: "[]" }) ?? "", /must be a JSON object/);
    assert.match(problemOfEntry({ ...entry, detail: "{" }) ?? "", /not JSON/);
  });
});

describe("Texts of the page", () => {
  it("say lengths of time with two units at most", () => {
    const texts = [0, 0.4, 12.4, 1_540, 59_400, 60_000, 119_900, 3_900_000, 187_200_000].map(durationText);
    assert.deepEqual(texts, ["0 ms", "< 1 ms", "12 ms", "1.5 s", "59 s", "1 min", "2 min", "1 h 5 min", "2 d 4 h"]);
  });

  it("say how long ago something was, or how soon it comes", () => {
    assert.deepEqual([agoText(0, 500), agoText(0, 65_000), agoText(7_200_000, 0)], ["now", "1 min ago", "in 2 h"]);
  });

  it("say how far a mapping of a stream lags behind, where the router that answers reads it", () => {
    const texts = [{}, { oldestRecordAgeMs: 200 }, { oldestRecordAgeMs: 65_000 }].map(behindText);
    assert.deepEqual(texts, [undefined, "not behind", "1 min 5 s behind"]);
  });

  it("say counts and sizes", () => {
    assert.deepEqual([countText(999), countText(1_234_567)], ["999", "1,234,567"]);
    assert.deepEqual([counted(1, "delivery", "deliveries"), counted(2, "rule")], ["1 delivery", "2 rules"]);
    assert.deepEqual([bytesText(1_000), bytesText(4_200), bytesText(3 * 1024 * 1024)], ["1000 B", "4.1 KiB", "3 MiB"]);
  });

  it("show what would reorder a text, or is half a character, as escapes", () => {
    assert.equal(shownPayload("a\u202eb\ud800c"), "a\\u202eb\\ud800c");
    assert.equal(shownPayload("שלום 😀"), "שלום 😀");
  });

  it("indent JSON, except where a number would be changed by it", () => {
    assert.equal(shownPayload('{"a":1}'), '{\n  "a": 1\n}');
    assert.equal(shownPayload('{"a":12345678901234567890}'), '{"a":12345678901234567890}');
    assert.equal(shownPayload("no json"), "no json");
  });
});

describe("What the index covers", () => {
  const whole = { bytes: 1, segments: 1, unreadableFrames: 0, sampling: [] };

  it("is said only where something is missing", () => {
    assert.deepEqual(coverageNotes({ ...whole, behindMs: 400 }, NOW_MS), []);
    const sampling = [
      { router: "r-1", oneIn: 8, sinceMs: NOW_MS },
      { router: "r-2", oneIn: 1, sinceMs: NOW_MS },
    ];
    const notes = coverageNotes(
      { ...whole, sampling, behindMs: 12_000, lostAtMs: NOW_MS, unreadableFrames: 1 },
      NOW_MS,
    );
    assert.equal(notes.length, 4);
    assert.match(notes[0] ?? "", /^1 in 8 .* router r-1 since/);
    assert.match(notes[1] ?? "", /behind by 12 s/);
  });
});

describe("Destinations", () => {
  const circuit = (router: string, state: string) => ({
    kind: "circuit" as const,
    atMs: NOW_MS,
    router,
    state,
    destination: "function/b",
  });

  it("are those of the configuration and those that were called before, each with the newest state of each router", () => {
    const configured = { destination: "function/b", calledBy: "http" as const, concurrency: 1 };
    const attempt = { deliveryId: "d", atMs: 1, router: "r", attempt: 1, firstAtMs: 1, startedAtMs: 1, callMs: 1 };
    const attempts = [{ ...attempt, invoked: true, verdict: "done", destination: "function/a" }];
    const circuits = [circuit("r-1", "closed"), circuit("r-1", "open"), circuit("r-2", "open")];
    const seen = destinationsSeen({ destinations: [configured] }, attempts, circuits);
    assert.deepEqual(
      seen.map(({ name, configured: own, attempts: of }) => [name, own !== undefined, of.length]),
      [
        ["function/a", false, 1],
        ["function/b", true, 0],
      ],
    );
    assert.deepEqual(
      seen[1]?.circuits.map(({ router, state }) => `${router} ${state}`),
      ["r-1 closed", "r-2 open"],
    );
  });
});
