import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { deflateRawSync } from "node:zlib";
import {
  configurationAt,
  findConfiguration,
  findDocument,
  listConfigurations,
} from "../../../../src/console/index/queries/configuration-list.ts";
import { Segments } from "../../../../src/console/index/segments/segments.ts";
import { FrameBuilder, readFrame } from "../../../../src/domain/journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../../../src/domain/journal/records.ts";
import { StatedConfiguration } from "../../../../src/edge/journal/stated-configuration.ts";
import { eventually } from "../../../contract/waiting.ts";
import type { JournalConfig } from "../../../../src/domain/journal/journal-config.ts";
import { keptDocument } from "../../../../src/edge/journal/configuration-record.ts";
import { Journal } from "../../../../src/edge/journal/journal.ts";
import { sampleConfig } from "../../../support/sample.ts";

const DOCUMENT = { rules: { "default/r": { eventPattern: { source: ["shop"] } } } };
const HOUR_MS = 3_600_000;

function recordOf(digest: string, changes: Partial<RecordOf<"configuration">> = {}): RecordOf<"configuration"> {
  return {
    kind: "configuration",
    atMs: 2_000,
    digest,
    sinceMs: 1_000,
    rules: 1,
    destinations: 2,
    bytes: 60,
    document: deflateRawSync(JSON.stringify(DOCUMENT)),
    ...changes,
  };
}

const event = (number: number): RecordOf<"event"> => ({
  kind: "event",
  atMs: number,
  id: `e-${number}`,
  source: "s",
  type: "t",
  bytes: 1,
  routed: { bus: "default", rules: [], ruleCount: 0, published: [], publishedCount: 0, letters: [], letterCount: 0 },
  principal: undefined,
  body: undefined,
  traceparent: undefined,
  fields: undefined,
});

/** An index, a segment of which is full with one event. */
function indexOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "busbar-index-"));
  const segments = Segments.open(folder, { bytesMax: Infinity, segmentEventsMax: 1, segmentBytesMax: Infinity });
  t.after(() => {
    segments.close();
    rmSync(folder, { recursive: true });
  });
  let position = 0;
  const add = (router: string, ...records: readonly JournalRecord[]): void => {
    const frame = new FrameBuilder(router, 0);
    for (const record of records) frame.add(record);
    segments.add([{ position: ++position, bytes: frame.taken() }]);
  };
  return { segments, add };
}

const NOBODY_HEARS = { onStored: () => undefined, onLost: () => undefined, onSampling: () => undefined };
const JOURNAL: JournalConfig = {
  bodies: "off",
  redact: { keys: [], paths: [], with: "mask" },
  bytesPerSecondMax: 512 * 1024,
  bytesMax: 1,
  fields: [],
  ageMsMax: 1,
};

describe("The journal's configurations", () => {
  it("are written when the journal begins, when they change, and every hour", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const digests: string[] = [];
    const journal = new Journal({ router: "r", nowMs: () => 5_000, ...NOBODY_HEARS });
    const append = (frame: Buffer): Promise<void> => {
      for (const record of readFrame(frame)?.records ?? [])
        if (record.kind === "configuration") digests.push(record.digest);
      return Promise.resolve();
    };
    journal.state(() => recordOf("first"));
    journal.follow(JOURNAL);
    journal.writeTo({ append, close: () => Promise.resolve() });
    t.mock.timers.tick(1_000);
    assert.deepEqual(digests, ["first"]);
    journal.state(() => recordOf("second"));
    t.mock.timers.tick(1_000);
    assert.deepEqual(digests, ["first", "second"]);
    t.mock.timers.tick(HOUR_MS);
    assert.deepEqual(digests, ["first", "second", "second"]);
    journal.writeTo(undefined);
  });

  it("say at once what is in force, and its document later, of the latest where they follow each other quickly", async () => {
    const written: [digest: string, hasDocument: boolean][] = [];
    const journal = new Journal({ router: "r", nowMs: () => 5_000, ...NOBODY_HEARS });
    const append = (frame: Buffer): Promise<void> => {
      for (const record of readFrame(frame)?.records ?? [])
        if (record.kind === "configuration") written.push([record.digest, record.document !== undefined]);
      return Promise.resolve();
    };
    journal.follow(JOURNAL);
    journal.writeTo({ append, close: () => Promise.resolve() });
    const stated = new StatedConfiguration(journal, 20);
    const config = sampleConfig({});
    for (const digest of ["first", "second", "third"])
      stated.follow({ ...config, document: { ...config.document, digest } }, 1_000);
    await eventually("the latest document is written", () =>
      written.some(([digest, has]) => digest === "third" && has),
    );
    assert.deepEqual(written, [
      ["first", false],
      ["second", false],
      ["third", false],
      ["first", true],
      ["third", true],
    ]);
    await journal.end();
  });

  it("have no document where it is too long", async () => {
    const config = sampleConfig({});
    assert.deepEqual(await keptDocument(config), await config.document.deflated());
    const long = Buffer.alloc(256 * 1024 + 1);
    for (const changes of [{ bytes: 8 * 1024 * 1024 + 1 }, { deflated: () => Promise.resolve(long) }]) {
      const large = { ...config, document: { ...config.document, ...changes } };
      assert.equal(await keptDocument(large), undefined);
    }
  });

  it("are in the index once by their digest, with when they were in force where", (t) => {
    const { segments, add } = indexOf(t);
    add("a", recordOf("one", { document: undefined }));
    add("a", recordOf("one"));
    add("b", recordOf("one", { sinceMs: 1_500 }));
    add("a", recordOf("one", { atMs: 9_000 }));
    add("a", recordOf("two", { sinceMs: 9_500, atMs: 9_500, document: undefined }));
    const { configurations } = listConfigurations(segments.newestFirst);
    assert.deepEqual(
      configurations.map(({ digest, hasDocument, inForce }) => ({ digest, hasDocument, inForce })),
      [
        { digest: "two", hasDocument: false, inForce: [{ router: "a", sinceMs: 9_500, untilMs: 9_500 }] },
        {
          digest: "one",
          hasDocument: true,
          inForce: [
            { router: "b", sinceMs: 1_500, untilMs: 2_000 },
            { router: "a", sinceMs: 1_000, untilMs: 9_000 },
          ],
        },
      ],
    );
    assert.deepEqual(findConfiguration(segments.newestFirst, "one")?.document, DOCUMENT);
    assert.equal(findConfiguration(segments.newestFirst, "two")?.document, undefined);
    assert.equal(findConfiguration(segments.newestFirst, "three"), undefined);
  });

  it("are found by router and time, as long as the router has said within two hours what it has", (t) => {
    const { segments, add } = indexOf(t);
    add("a", recordOf("one", { sinceMs: 1_000, atMs: 1_000 }));
    add("b", recordOf("other", { sinceMs: 1_000, atMs: 1_000 }));
    add("a", event(1));
    add("a", recordOf("one", { sinceMs: 1_000, atMs: HOUR_MS }));
    add("a", recordOf("two", { sinceMs: 2 * HOUR_MS, atMs: 2 * HOUR_MS }));
    assert.equal(segments.newestFirst.length, 2);
    const digestAt = (router: string, atMs: number) => configurationAt(segments.newestFirst, router, atMs)?.digest;
    assert.equal(digestAt("a", 999), undefined);
    assert.deepEqual(configurationAt(segments.newestFirst, "a", 1_000), { digest: "one", sinceMs: 1_000 });
    assert.equal(digestAt("a", 2 * HOUR_MS - 1), "one");
    assert.equal(digestAt("a", 2 * HOUR_MS), "two");
    assert.equal(digestAt("a", 4 * HOUR_MS), "two");
    assert.equal(digestAt("a", 4 * HOUR_MS + 1), undefined);
    assert.equal(digestAt("b", 2 * HOUR_MS), "other");
    assert.equal(digestAt("c", 2 * HOUR_MS), undefined);
    assert.ok(findDocument(segments.newestFirst, "one"));
    assert.equal(findDocument(segments.newestFirst, "three"), undefined);
  });

  it("are carried on into the next segment as long as they are in force, each with its document", (t) => {
    const { segments, add } = indexOf(t);
    add("a", recordOf("old"));
    add("a", recordOf("new", { sinceMs: 3_000 }));
    add("a", event(1));
    add("a", event(2));
    const [newest] = segments.newestFirst;
    assert.ok(newest !== undefined && segments.newestFirst.length === 2);
    assert.deepEqual(
      listConfigurations([newest]).configurations.map(({ digest }) => digest),
      ["new"],
    );
    assert.deepEqual(findConfiguration([newest], "new")?.document, DOCUMENT);
    assert.equal(listConfigurations(segments.newestFirst).configurations.length, 2);
  });

  it("have no document that nobody can read, or that inflates without end", (t) => {
    const { segments, add } = indexOf(t);
    const documents = {
      bytes: Buffer.from("no document"),
      list: deflateRawSync("[1]"),
      bomb: deflateRawSync(Buffer.alloc(32 * 1024 * 1024, " ")),
    };
    for (const [digest, document] of Object.entries(documents)) add("a", recordOf(digest, { document }));
    for (const digest of Object.keys(documents)) {
      assert.equal(findConfiguration(segments.newestFirst, digest)?.document, undefined, digest);
      assert.equal(findConfiguration(segments.newestFirst, digest)?.rules, 1);
    }
  });
});
