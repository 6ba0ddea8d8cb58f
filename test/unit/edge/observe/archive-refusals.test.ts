import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EntryFacts } from "../../../../src/domain/facts.ts";
import { observe, valueOf } from "../../../support/observe/observe.ts";
import { sampleConfig } from "../../../support/sample.ts";

function entry(archive: string, failure?: string): EntryFacts {
  const archived = [{ archive, bytes: 10, ...(failure === undefined ? {} : { failure }) }];
  return {
    bus: "default",
    outcome: failure === undefined ? "accepted" : "InternalFailure",
    matched: [],
    published: [],
    deadLetters: [],
    archived,
  };
}

describe("An archive that does not store events", () => {
  it("is logged when that begins, for each reason, and when it has ended, and shows in a metric meanwhile", async () => {
    const { observation, lines, clock } = observe();
    const archives = ["orders", "stock"].map((name) => ({ name, bus: "default", retention: {} }));
    observation.follow(sampleConfig({ archives }));
    const put = (...entries: readonly EntryFacts[]) =>
      observation.observer.put({ outcome: "partial", seconds: 0, entries });
    const refuses = (archive: string) => valueOf(observation, "busbar_archive_refuses", { archive });
    put(entry("orders"), entry("stock"));
    for (clock.nowMs = 0; clock.nowMs < 10_000; clock.nowMs += 1_000)
      put(entry("orders", "timeout"), entry("orders", "timeout"), entry("stock"));
    assert.deepEqual([await refuses("orders"), await refuses("stock")], [1, 0]);
    put(entry("orders", "full"));
    clock.nowMs = 16_000;
    put(entry("orders"));
    put(entry("orders"));
    assert.deepEqual([await refuses("orders"), await refuses("stock")], [0, 0]);
    const said = lines.filter(({ archive }) => archive !== undefined);
    assert.deepEqual(
      said.map(({ level, msg, archive, reason, events, seconds }) => [level, msg, archive, reason ?? events, seconds]),
      [
        ["warn", "an archive does not store events: they are not accepted", "orders", "timeout", undefined],
        ["warn", "an archive does not store events: they are not accepted", "orders", "full", undefined],
        ["info", "an archive stores events again", "orders", 21, 16],
      ],
    );
  });
});
