import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { startJournal } from "../../../../src/app/observe/journal.ts";
import { Lifecycle } from "../../../../src/app/lifecycle.ts";
import type { Shared } from "../../../../src/app/shared.ts";
import { INITIAL_REDACTION } from "../../../../src/domain/journal/journal-config.ts";
import type { Config } from "../../../../src/domain/config.ts";
import type { JournalConfig } from "../../../../src/domain/journal/journal-config.ts";
import { createObservation } from "../../../../src/edge/observe/observation.ts";
import type { JournalWriter } from "../../../../src/ports/journal.ts";

const ON: JournalConfig = {
  bodies: "off",
  fields: [],
  redact: INITIAL_REDACTION,
  bytesPerSecondMax: 512 * 1024,
  bytesMax: 1024,
  ageMsMax: 1,
};

/** A router's journal, whose writers open and confirm frames when the test says so. */
function started() {
  const problems: unknown[] = [];
  const observation = createObservation({ logLevel: "silent", ruleMetrics: false });
  const lifecycle = new Lifecycle((_step, error) => problems.push(error));
  const shared = { observation, lifecycle, report: (error: unknown) => problems.push(error) } as unknown as Shared;
  const openings = [Promise.withResolvers<JournalWriter>(), Promise.withResolvers<JournalWriter>()] as const;
  const left = [...openings];
  const followWriter = startJournal(shared, () => left.shift()?.promise ?? assert.fail("it is opened a third time"));
  const follow = async (journal: JournalConfig | undefined): Promise<void> => {
    observation.journal.follow(journal);
    void followWriter({ journal } as Config);
    await setImmediate();
  };
  return { journal: observation.journal, lifecycle, problems, openings, follow };
}

function writer(append: () => Promise<void> = () => Promise.resolve()) {
  const counts = { closed: 0 };
  return {
    counts,
    append,
    close: async () => {
      counts.closed += 1;
      await setImmediate();
    },
  };
}

describe("The journal over reloads", () => {
  it("is written on after a reload that ends it and one that begins it before the last frame is confirmed", async () => {
    const { journal, openings, follow, lifecycle, problems } = started();
    let confirm = (): void => assert.fail("nothing was appended");
    await follow(ON);
    const first = writer(() => new Promise((resolve) => (confirm = resolve)));
    openings[0].resolve(first);
    await setImmediate();
    journal.write({ kind: "purge", atMs: 1, queue: "q", count: 1, jobId: undefined });
    await follow(undefined);
    await follow(ON);
    const second = writer();
    openings[1].resolve(second);
    await setImmediate();
    confirm();
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    assert.equal(journal.isOn, true);
    await lifecycle.stop(1_000);
    assert.deepEqual([first.counts.closed, second.counts.closed], [1, 1]);
    assert.equal(journal.isOn, false);
    assert.deepEqual(problems, []);
  });

  it("is opened by the next reload when it could not be opened", async () => {
    const { journal, openings, follow, lifecycle, problems } = started();
    await follow(ON);
    const failure = new Error("no space left");
    openings[0].reject(failure);
    await follow(ON);
    openings[1].resolve(writer());
    await setImmediate();
    assert.equal(journal.isOn, true);
    assert.deepEqual(problems, [failure]);
    await lifecycle.stop(1_000);
  });

  it("writes to no writer that a stop has closed, when the stop comes while it opens", async () => {
    const { journal, openings, follow, lifecycle, problems } = started();
    await follow(ON);
    const stopped = lifecycle.stop(1_000);
    await setImmediate();
    const late = writer();
    openings[0].resolve(late);
    await stopped;
    assert.equal(journal.isOn, false);
    assert.equal(late.counts.closed, 1);
    assert.deepEqual(problems, []);
  });
});
