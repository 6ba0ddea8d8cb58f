import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Archive } from "../../../../src/domain/archive/archive.ts";
import { archiveStream } from "../../../../src/domain/archive/archive.ts";
import type { Config } from "../../../../src/domain/config.ts";
import type { IsHeld } from "../../../../src/domain/rule/rule.ts";
import { route } from "../../../../src/flow/route/route.ts";
import { IDENTITY, sampleConfig, sampleEvent, sampleRule, sampleTarget } from "../../../support/sample.ts";

const SOURCES = ["shop", "stock", "mail"] as const;

async function routed(config: Config, event: object, bus = "default", isHeld?: IsHeld) {
  const json = JSON.stringify(event);
  let ids = 0;
  const context = { config, identity: IDENTITY, newId: () => `id-${ids++}`, pause: () => Promise.resolve(), isHeld };
  const result = await route(sampleEvent({ bus, json, body: Buffer.from(json) }), context);
  assert.ok(result.ok);
  return result;
}

describe("Archiving an event", () => {
  it("An accepted event is stored in exactly the archives that it fits", async () => {
    const sources = fc.uniqueArray(fc.constantFrom(...SOURCES), { minLength: 1 });
    const archive = fc.record({
      bus: fc.constantFrom("default", "other"),
      sources: fc.option(sources),
      days: fc.option(fc.integer({ min: 1, max: 9 })),
    });
    const event = fc.record(
      { source: fc.constantFrom(...SOURCES), "replay-name": fc.constant("again") },
      { requiredKeys: ["source"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(archive, { maxLength: 6 }), event, async (drafts, given) => {
        const archives = drafts.map(({ bus, sources: listed, days }, n): Archive => {
          const pattern = listed === null ? {} : { patternJson: JSON.stringify({ source: listed }) };
          return { name: `a-${n}`, bus, ...pattern, retention: days === null ? {} : { days } };
        });
        const expected = archives.filter(({ bus }, n) => {
          const listed = drafts[n]?.sources ?? SOURCES;
          return bus === "default" && !("replay-name" in given) && listed.includes(given.source);
        });
        const { planned, fact } = await routed(sampleConfig({ buses: ["other"], archives }), given);
        assert.deepEqual(
          planned.map(({ message }) => [message.queue, message.body.toString()]).toSorted(),
          expected.map((each) => [archiveStream(each.name, each.retention), JSON.stringify(given)]).toSorted(),
        );
        const named = (fact.archived ?? []).map(({ archive: name }) => name);
        assert.deepEqual(
          named.toSorted(),
          expected.map(({ name }) => name),
        );
        assert.deepEqual([fact.matched, fact.published], [[], []]);
      }),
    );
  });

  it("An event that goes on to another bus is in the archives of both, as it came", async () => {
    const archives = ["default", "other"].map((bus): Archive => ({ name: bus, bus, retention: {} }));
    const forward = sampleRule("forward", { source: ["shop"] }, [
      sampleTarget("t", { kind: "event-bus", name: "other" }),
    ]);
    const config = sampleConfig({ buses: ["other"], rules: [forward], archives });
    const { planned, fact } = await routed(config, { source: "shop" });
    const queues = planned.map(({ message }) => message.queue);
    assert.deepEqual(queues.toSorted(), archives.map(({ name }) => archiveStream(name, {})).toSorted());
    assert.deepEqual(fact.matched, [{ bus: "default", rule: "forward" }]);
  });

  it("An event comes to a rule that waits from its archive, unless that does not keep it", async () => {
    const target = sampleTarget("t", { kind: "queue", name: "q" });
    const rule = { ...sampleRule("late", { source: [...SOURCES] }, [target]), startFrom: { archive: "shop" } };
    const archive: Archive = { name: "shop", bus: "default", patternJson: '{"source":["shop"]}', retention: {} };
    const config = sampleConfig({ rules: [rule], archives: [archive] });
    const at = async (event: object, isHeld?: IsHeld) => {
      const { planned, fact } = await routed(config, event, "default", isHeld);
      return [planned.map(({ message }) => message.queue).sort(), fact.matched.length];
    };
    const stream = archiveStream("shop", {});
    const isHeld: IsHeld = ({ name }, acceptedAtMs) => name === "late" && acceptedAtMs < Infinity;
    assert.deepEqual(await at({ source: "shop" }, isHeld), [[stream], 1]);
    assert.deepEqual(await at({ source: "shop" }, () => false), [[stream, "q"].sort(), 1]);
    assert.deepEqual(await at({ source: "stock" }, isHeld), [["q"], 1]);
    assert.deepEqual(await at({ source: "shop", "replay-name": "again" }, isHeld), [["q"], 1]);
  });
});
