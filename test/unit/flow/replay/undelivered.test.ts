import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { KnownSuccesses } from "../../../../src/flow/replay/undelivered/known-successes.ts";
import { JournalUnfit, readSuccesses } from "../../../../src/flow/replay/undelivered/read-successes.ts";
import { sampleConfig, sampleRule, sampleTarget } from "../../../support/sample.ts";
import { acceptedRecord, attemptRecord, JournalInMemory } from "./journal-in-memory.ts";
import { archived, CONFIG, MINUTE_MS, ORDER, ReplayWorld } from "./replay-world.ts";

const UNDELIVERED = { ...ORDER, undelivered: { unknownToo: false } };
const UNKNOWN_TOO = { ...ORDER, undelivered: { unknownToo: true } };
const A = { rule: "first", target: "a" };
const B = { rule: "first", target: "b" };
const C = { rule: "second", target: "c" };
const [ONE, TWO] = [`e-0-${MINUTE_MS}`, `e-1-${MINUTE_MS}`];

/** Two events of one minute, that both rules match. */
function world(): ReplayWorld {
  return new ReplayWorld([archived(0, MINUTE_MS), archived(1, MINUTE_MS)]);
}

const sentTo = ({ sent }: ReplayWorld): readonly string[] =>
  sent.map(({ headers, body }) => {
    const { id } = JSON.parse(body.toString()) as { id: string };
    return `${id} ${String(headers["busbar-rule"])}/${String(headers["busbar-target"])}`;
  });

describe("A replay of what is not delivered", () => {
  it("sends an event to those targets alone at which the journal has no success of it", async () => {
    const replay = world();
    for (const id of [ONE, TWO]) replay.journal.write(acceptedRecord(id, MINUTE_MS));
    for (const target of [A, B, C]) replay.journal.write(attemptRecord(ONE, target, MINUTE_MS));
    replay.journal.write(attemptRecord(TWO, A, MINUTE_MS, "failed"));
    replay.journal.write(attemptRecord(TWO, B, MINUTE_MS));
    replay.journal.write(attemptRecord(TWO, C, MINUTE_MS, "retry"));
    const { end, progress } = await replay.run(UNDELIVERED);
    assert.deepEqual(sentTo(replay), [`${TWO} first/a`, `${TWO} second/c`]);
    assert.deepEqual([end, progress.removed, progress.left], ["complete", 1, 0]);
    assert.deepEqual(progress.leftOut, { delivered: 1, unknown: 0 });
    assert.deepEqual([replay.journal.opened, replay.journal.closed], [1, 1]);
  });

  it("takes a later attempt, and what a replay or a redrive has put into a queue, for a success", async () => {
    const replay = world();
    replay.journal.write(attemptRecord(ONE, A, MINUTE_MS, "retry"));
    replay.journal.write(acceptedRecord(ONE, MINUTE_MS));
    replay.journal.write(attemptRecord(ONE, A, MINUTE_MS + 86_400_000));
    const published = [B, C].map((origin) => ({ id: "m", origin: { bus: "default", ...origin }, to: "queue/q" }));
    const toFunction = [{ id: "m", origin: { bus: "default", ...A }, to: "function/f" }];
    replay.journal.write(acceptedRecord(TWO, MINUTE_MS, toFunction));
    replay.journal.write(acceptedRecord(ONE, 10 * MINUTE_MS, published.slice(0, 1)));
    const { routed } = acceptedRecord(ONE, 0, published.slice(1));
    const nothing = { letters: [], deliveryIds: undefined, jobId: undefined };
    const redrive = { queue: "failed", to: "bus", count: 1, routed: [routed], routedEventIds: [ONE] };
    replay.journal.write({ kind: "redrive", atMs: 0, ...redrive, ...nothing });
    await replay.run(UNDELIVERED);
    assert.deepEqual(sentTo(replay), [`${TWO} first/a`, `${TWO} first/b`, `${TWO} second/c`]);
  });

  it("leaves out, or sends if it is to, what the journal cannot say", async () => {
    const cases: Readonly<Record<string, (journal: JournalInMemory) => void>> = {
      "it has no record of the event": () => undefined,
      "a router lost records later": (journal) => {
        journal.write(acceptedRecord(TWO, MINUTE_MS));
        journal.write({ kind: "loss", atMs: 2 * MINUTE_MS });
      },
      "a router leaves out successes": (journal) => {
        journal.write({ kind: "sampling", atMs: 0, oneIn: 2 }, "other");
        journal.write(acceptedRecord(TWO, MINUTE_MS));
      },
      "the journal was shortened while it was read": (journal) => {
        journal.write(acceptedRecord(TWO, MINUTE_MS));
        journal.isShortened = true;
      },
      "its record does not list all of its targets": (journal) =>
        journal.write(acceptedRecord(TWO, MINUTE_MS, [], 101)),
    };
    for (const [why, happens] of Object.entries(cases)) {
      for (const order of [UNDELIVERED, UNKNOWN_TOO]) {
        const replay = world();
        replay.nowMs = 3 * MINUTE_MS;
        for (const target of [A, B, C]) replay.journal.write(attemptRecord(ONE, target, MINUTE_MS));
        replay.journal.write(attemptRecord(TWO, A, MINUTE_MS));
        happens(replay.journal);
        const { progress } = await replay.run(order);
        const isAll = order === UNKNOWN_TOO;
        assert.deepEqual(sentTo(replay), isAll ? [`${TWO} first/b`, `${TWO} second/c`] : [], why);
        assert.deepEqual(progress.leftOut, { delivered: 1, unknown: isAll ? 0 : 1 }, why);
      }
    }
  });

  it("trusts a journal that lost records before the events were accepted, or is whole again", async () => {
    const replay = world();
    replay.journal.write({ kind: "loss", atMs: MINUTE_MS - 1 });
    replay.journal.write({ kind: "sampling", atMs: 0, oneIn: 2 });
    replay.journal.write({ kind: "sampling", atMs: MINUTE_MS - 1, oneIn: 1 });
    for (const id of [ONE, TWO]) replay.journal.write(acceptedRecord(id, MINUTE_MS));
    for (const target of [A, B, C]) replay.journal.write(attemptRecord(ONE, target, MINUTE_MS));
    const { progress } = await replay.run(UNDELIVERED);
    assert.deepEqual([progress.removed, progress.leftOut], [1, { delivered: 1, unknown: 0 }]);
  });

  it("reads the journal anew when it goes on, so what it has delivered itself is not sent again", async () => {
    const replay = world();
    for (const id of [ONE, TWO]) replay.journal.write(acceptedRecord(id, MINUTE_MS));
    replay.onPublish = () => "after";
    const { progress } = await replay.run(UNDELIVERED);
    assert.equal(progress.removed, 0);
    for (const target of [A, B, C]) replay.journal.write(attemptRecord(ONE, target, MINUTE_MS));
    replay.onPublish = () => undefined;
    replay.sent.length = 0;
    const next = await replay.run(UNDELIVERED, progress);
    assert.deepEqual([next.end, next.progress.leftOut], ["complete", { delivered: 1, unknown: 0 }]);
    assert.deepEqual(new Set(sentTo(replay).map((text) => text.split(" ")[0])), new Set([TWO]));
  });

  it("asks for what happened on the buses that the event goes on to", async () => {
    const bus = { kind: "event-bus", name: "far" } as const;
    const rules = [
      sampleRule("first", { source: ["shop"] }, [sampleTarget("far", bus)]),
      sampleRule("second", { source: ["shop"] }, [sampleTarget("q", { kind: "function", name: "f" })], { bus: "far" }),
    ];
    const replay = world();
    replay.config = sampleConfig({ functions: [...CONFIG.functions.values()], rules, buses: ["far"] });
    for (const id of [ONE, TWO]) replay.journal.write(acceptedRecord(id, MINUTE_MS));
    replay.journal.write(attemptRecord(ONE, { bus: "far", rule: "second", target: "q" }, MINUTE_MS));
    await replay.run(UNDELIVERED);
    assert.deepEqual(sentTo(replay), [`${TWO} second/q`]);
  });

  it("fails for good without a journal, or with one that has too much", async () => {
    const replay = world();
    replay.journal.isOn = false;
    const { end, isRefused, problem } = await replay.run(UNDELIVERED);
    assert.deepEqual([end, isRefused, replay.sent.length], ["failed", true, 0]);
    assert.match(problem ?? "", /no journal is written/);

    const journal = new JournalInMemory();
    for (let n = 0; n < 20; n++) journal.write(acceptedRecord(`e-${n}`, n));
    let nowMs = 0;
    const options = {
      journal,
      config: () => CONFIG,
      newId: () => "mark",
      nowMs: () => nowMs,
      steadyMs: () => nowMs,
      sleep: async (ms: number) => {
        nowMs += ms;
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    const asked = { bus: "default", acceptedMs: { first: 0, last: 20 } };
    const signal = new AbortController().signal;
    await assert.rejects(readSuccesses(asked, { ...options, factsMax: 18 }, signal), JournalUnfit);
    journal.marksLost = 2;
    const read = await readSuccesses(asked, { ...options, factsMax: 21 }, signal);
    assert.equal(read.at("e-19", 19, { bus: "default", ...A }), "undelivered");
  });
});

describe("The set of known successes", () => {
  it("says what a plain set says", () => {
    const fact = fc.record({ event: fc.nat(5), target: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 60 }), fc.uniqueArray(fc.nat(5)), (facts, accepted) => {
        const [known, plain] = [new KnownSuccesses(), new Set<string>()];
        const originOf = (target: number) => ({ bus: "b", rule: `r${target % 3}`, target: `t${target}` });
        for (const event of accepted) known.accepted(`e${event}`, true);
        for (const { event, target } of facts) {
          known.delivered(`e${event}`, originOf(target));
          plain.add(`${event} ${target}`);
        }
        for (let event = 0; event < 7; event++) {
          for (let target = 0; target < 8; target++) {
            const wanted = accepted.includes(event) ? "undelivered" : "unknown";
            const expected = plain.has(`${event} ${target}`) ? "delivered" : wanted;
            assert.equal(known.at(`e${event}`, 1, originOf(target)), expected);
          }
        }
      }),
    );
  });
});
