import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it, type TestContext } from "node:test";
import type { JournalBounds, JournalReader, JournalWriter } from "../../../src/ports/journal.ts";
import { openSqliteJournalReader } from "../../../src/edge/sqlite/journal/journal-reader.ts";
import { openSqliteJournalWriter } from "../../../src/edge/sqlite/journal/journal-writer.ts";
import type { JournalFixture } from "../journal/journal-case.ts";
import { appendAll, JournalInbox, numbered } from "../journal/journal-case.ts";
import { journalContract } from "../journal/journal-contract.ts";
import { eventually, within } from "../waiting.ts";

const MIB = 1024 * 1024;
const BOUNDS: JournalBounds = { bytesMax: 64 * MIB };

journalContract("SQLite", async (t, bounds): Promise<JournalFixture> => {
  const folder = await temporaryFolder(t);
  return {
    openWriter: () => openWriter(t, folder, bounds),
    openReader: () => openReader(t, folder),
  };
});

describe("The journal on SQLite alone", () => {
  it("keeps its file within its bound, and makes it smaller when the bound is", { timeout: 30_000 }, async (t) => {
    const folder = await temporaryFolder(t);
    const large = await openWriter(t, folder, { bytesMax: 16 * MIB });
    await appendAll(large, numbered(60), MIB / 2);
    assert.ok((await fileBytes(folder)) < 18 * MIB, `${await fileBytes(folder)} bytes`);
    await large.close();
    const small = await openWriter(t, folder, { bytesMax: 2 * MIB });
    await appendAll(small, ["last"]);
    await eventually("the file is smaller", async () => {
      await appendAll(small, ["more"]);
      return (await fileBytes(folder)) < 3 * MIB;
    });
    const inbox = new JournalInbox();
    inbox.read(await openReader(t, folder));
    await inbox.hasName("last");
    assert.ok(inbox.names.includes("f-59"), "what fits is kept");
  });

  it("is read by another process than the one that writes it, and after that was killed", async (t) => {
    const folder = await temporaryFolder(t);
    const inbox = new JournalInbox();
    inbox.read(await openReader(t, folder));
    const child = writingChild(t, folder);
    await inbox.has(50);
    const killed = once(child, "close");
    child.kill("SIGKILL");
    await killed;
    const count = inbox.frames.length;
    const writer = await openWriter(t, folder, BOUNDS);
    await appendAll(writer, ["after"]);
    await inbox.hasName("after");
    assert.ok(inbox.frames.length > count);
    assert.deepEqual(inbox.names, [...numbered(inbox.frames.length - 1), "after"]);
    assert.equal(inbox.lost, 0);
  });

  it("is read from its beginning when its file was deleted and made again", async (t) => {
    const folder = await temporaryFolder(t);
    const writer = await openWriter(t, folder, BOUNDS);
    const inbox = new JournalInbox();
    inbox.read(await openReader(t, folder));
    await appendAll(writer, ["a", "b"]);
    await inbox.has(2);
    await writer.close();
    for (const file of await readdir(folder)) await rm(join(folder, file));
    await appendAll(await openWriter(t, folder, BOUNDS), ["c"]);
    await inbox.hasName("c");
    assert.deepEqual([inbox.names, inbox.lost], [["a", "b", "c"], 1]);
  });

  it("says which folder has a file that is no journal of this version", async (t) => {
    const folder = await temporaryFolder(t);
    const database = new DatabaseSync(join(folder, "journal.sqlite"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    await assert.rejects(openWriter(t, folder, BOUNDS), (error) => {
      assert.ok(error instanceof Error && error.message.includes(folder));
      assert.match(error.message, /its format is 99, expected 1/);
      return true;
    });
    const faults: string[] = [];
    const reader = await openSqliteJournalReader({ folder, fault: (message) => faults.push(message) });
    t.after(() => reader.close());
    new JournalInbox().read(reader);
    await eventually("a fault is reported", () => faults.length > 0);
    assert.deepEqual(faults, ["the journal cannot be read"]);
  });
});

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-journal-"));
  t.after(() => rm(folder, { recursive: true, maxRetries: 3 }));
  return folder;
}

async function openWriter(t: TestContext, folder: string, bounds: JournalBounds): Promise<JournalWriter> {
  const writer = await openSqliteJournalWriter({ folder, file: "journal.sqlite", bounds, fault: fail });
  t.after(() => within("closed", writer.close()));
  return writer;
}

async function openReader(t: TestContext, folder: string): Promise<JournalReader> {
  const reader = await openSqliteJournalReader({ folder, fault: fail });
  t.after(() => within("closed", reader.close()));
  return reader;
}

function fail(message: string, error: unknown): void {
  throw new Error(message, { cause: error });
}

async function fileBytes(folder: string): Promise<number> {
  return (await stat(join(folder, "journal.sqlite"))).size;
}

/** A process that writes numbered frames until it is killed. */
function writingChild(t: TestContext, folder: string) {
  const [writer, frames] = ["../../../src/edge/sqlite/journal/journal-writer.ts", "../journal/journal-case.ts"].map(
    (file) => new URL(file, import.meta.url).href,
  );
  const program = `
    const { openSqliteJournalWriter } = await import(${JSON.stringify(writer)});
    const { frame } = await import(${JSON.stringify(frames)});
    const bounds = ${JSON.stringify(BOUNDS)};
    const folder = ${JSON.stringify(folder)};
    const writer = await openSqliteJournalWriter({ folder, file: "journal.sqlite", bounds, fault: console.error });
    for (let n = 0; ; n++) await writer.append(frame("f-" + n));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}
