import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { openSqliteJournalWriter } from "../../../src/edge/sqlite/journal/journal-writer.ts";
import { openSqliteLogFrames } from "../../../src/edge/sqlite/journal/log-frames.ts";
import { logFramesContract } from "../logs/log-frames-contract.ts";

const BOUNDS = { bytesMax: 64 * 1024 * 1024 };

describe("Lines of functions on SQLite", () => {
  logFramesContract(async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-lines-"));
    const opened: { close(): Promise<void> }[] = [];
    t.after(async () => {
      await Promise.all(opened.map((each) => each.close()));
      await rm(folder, { recursive: true, maxRetries: 3 });
    });
    const kept = <Each extends { close(): Promise<void> }>(each: Each): Each => {
      opened.push(each);
      return each;
    };
    const fault = (message: string, cause: unknown): never => {
      throw new Error(message, { cause });
    };
    return {
      openWriter: async () =>
        kept(await openSqliteJournalWriter({ folder, file: "logs.sqlite", bounds: BOUNDS, fault })),
      openFrames: async () => kept(await openSqliteLogFrames(folder)),
    };
  });
});
