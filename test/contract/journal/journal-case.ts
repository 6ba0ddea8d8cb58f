import assert from "node:assert/strict";
import { it, type TestContext } from "node:test";
import type {
  JournalBounds,
  JournalFrame,
  JournalReader,
  JournalReading,
  JournalStart,
  JournalWriter,
} from "../../../src/ports/journal.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { eventually } from "../waiting.ts";

/** An empty journal of one test's own, which closes what was opened on it when the test ends. */
export interface JournalFixture {
  openWriter(): Promise<JournalWriter>;
  openReader(): Promise<JournalReader>;
}

export type OpenJournal = (t: TestContext, bounds: JournalBounds) => Promise<JournalFixture>;

const BOUNDS: JournalBounds = { bytesMax: 64 * 1024 * 1024 };

/** Makes cases of one kind of journal: each has one of its own. */
export function journalCases(open: OpenJournal) {
  return (title: string, run: (journal: JournalFixture) => Promise<void>, bounds = BOUNDS): void => {
    it(title, { timeout: 60_000 }, async (t) => run(await open(t, bounds)));
  };
}

/** What a reading hands over. Its listener may be held. */
export class JournalInbox {
  readonly frames: JournalFrame[] = [];
  readonly batchBytes: number[] = [];
  lost = 0;
  /** How many frames had come when frames were lost. */
  lostAt: number[] = [];
  #gate: PromiseWithResolvers<undefined> | undefined;

  read(reader: JournalReader, start: JournalStart = { kind: "oldest" }): JournalReading {
    return reader.read(
      start,
      (batch) => this.#receive(batch),
      () => {
        this.lost += 1;
        this.lostAt.push(this.frames.length);
      },
    );
  }

  /** From now on the listener takes a batch and does not end. */
  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate?.resolve(undefined);
    this.#gate = undefined;
  }

  get names(): string[] {
    return this.frames.map(({ bytes }) => nameOf(bytes));
  }

  async has(count: number, boundMs?: number): Promise<void> {
    await eventually(`${count} frames read`, () => this.frames.length >= count, boundMs);
  }

  async hasName(name: string, boundMs?: number): Promise<void> {
    await eventually(`"${name}" read`, () => this.frames.some(({ bytes }) => nameOf(bytes) === name), boundMs);
  }

  assertPositionsGrow(): void {
    const positions = this.frames.map(({ position }) => position);
    assert.deepEqual(
      positions,
      [...new Set(positions)].sort((one, other) => one - other),
    );
  }

  async #receive(batch: readonly JournalFrame[]): Promise<void> {
    this.frames.push(...batch);
    this.batchBytes.push(batch.reduce((sum, { bytes }) => sum + bytes.length, 0));
    await this.#gate?.promise;
  }
}

/** A frame that begins with its name. */
export function frame(name: string, bytes = 64): Buffer {
  const text = Buffer.from(`${name}\0`);
  return Buffer.concat([text, Buffer.alloc(Math.max(0, bytes - text.length), 7)]);
}

function nameOf(bytes: Buffer): string {
  return bytes.toString("latin1", 0, bytes.indexOf(0));
}

export function numbered(count: number, prefix = "f"): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

export async function appendAll(writer: JournalWriter, names: readonly string[], bytes?: number): Promise<void> {
  for (const name of names) await writer.append(frame(name, bytes));
}

/** Tries until it is kept. What was not confirmed may have been kept all the same. */
export async function appendInTheEnd(writer: JournalWriter, name: string, boundMs = 30_000): Promise<void> {
  const isAppended = () =>
    writer.append(frame(name)).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof PublishError, String(error));
        return false;
      },
    );
  await eventually(`"${name}" is appended`, isAppended, boundMs);
}

/** Why a frame was not kept. */
export async function refusalOf(appending: Promise<void>): Promise<string> {
  try {
    await appending;
  } catch (error) {
    assert.ok(error instanceof PublishError, String(error));
    return error.failures.map(({ reason }) => reason).join();
  }
  return "kept";
}
