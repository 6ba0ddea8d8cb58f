import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../src/edge/sqlite/store/sqlite-store.ts";
import { mountSmallDisk } from "../support/store/small-disk.ts";
import { committed, KIND, namesIn, put, refusalFrom } from "./store/store-case.ts";

describe("The embedded store on a disk that is really full", { timeout: 60_000 }, () => {
  it("refuses changes as full, makes none by halves, goes on reading, and takes changes when there is room", async (t) => {
    const disk = mountSmallDisk(t, 8);
    if (disk === undefined) return;
    const { store } = await openSqliteStore({ folder: disk.folder, events: {} });
    t.after(() => store.close());
    await committed(store, put("before"));
    disk.fill(64 * 1024);
    const large = "x".repeat(100_000);
    const answers: string[] = [];
    const made = ["before"];
    for (let n = 0; n < 20; n++) {
      const answer = await refusalFrom(store.commit([put(`a-${n}`, large), put(`b-${n}`, large)]));
      answers.push(answer);
      if (answer === "done") made.push(`a-${n}`, `b-${n}`);
    }
    assert.deepEqual(new Set(answers.slice(-10)), new Set(["full"]));
    assert.deepEqual(await namesIn(store), made.toSorted());
    assert.equal((await store.get(KIND, "before"))?.value, "before");
    disk.makeRoom();
    await committed(store, put("later", large));
    assert.deepEqual(await namesIn(store), [...made, "later"].toSorted());
  });
});
