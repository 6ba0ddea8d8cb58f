import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import request from "supertest";
import type { ScheduleExportAnswer, ScheduleListAnswer } from "../../../src/admin-api/configuration/schedules.ts";
import { SCHEDULE_KIND } from "../../../src/domain/schedule/kept/kept-schedule.ts";
import { openSqliteStore } from "../../../src/edge/sqlite/store/sqlite-store.ts";
import { KeptList } from "../../../src/flow/schedule/kept/kept-list.ts";
import { StoredBook } from "../../../src/flow/schedule/kept/stored-book.ts";
import type { Change, Entities } from "../../../src/ports/store/entities.ts";
import { COMMIT_CHANGES_MAX } from "../../../src/ports/store/entities.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { IDENTITY, sampleConfig } from "../../support/sample.ts";

const COUNT = 10_000;
const keyOf = (n: number): string => `default/s-${String(n).padStart(5, "0")}`;

/** A router's admin API over a store with such schedules. */
async function apiOver(
  t: TestContext,
  entities: readonly { readonly name: string; readonly value: string }[],
  atOnce = COMMIT_CHANGES_MAX,
) {
  const folder = await mkdtemp(join(tmpdir(), "busbar-schedules-"));
  const { store } = await openSqliteStore({ folder, events: {} });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  for (let at = 0; at < entities.length; at += atOnce) {
    const changes = entities
      .slice(at, at + atOnce)
      .map(({ name, value }): Change => ({ change: "put", kind: SCHEDULE_KIND, name, value }));
    assert.equal((await store.commit(changes)).ok, true);
  }
  let scans = 0;
  const counted: Entities = {
    get: (kind, name) => store.get(kind, name),
    scan: (scan) => {
      scans += 1;
      return store.scan(scan);
    },
    commit: (changes) => store.commit(changes),
    revision: () => store.revision(),
    changedAfter: (revision) => store.changedAfter(revision),
  };
  const book = new StoredBook({
    store: counted,
    random: Math.random,
    sleep: () => Promise.resolve(),
    onChange: () => undefined,
  });
  const schedules = new KeptList(book, IDENTITY, { of: () => undefined });
  const running = { ...runningWith({ state: "connected" } as never), schedules };
  const app = adminAppOf({ config: () => sampleConfig({}), router: () => running });
  const page = async (path: string, after: string | undefined) => {
    const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
    return (await request(app).get(`/api/v1/${path}${query}`).expect(200)).body as unknown;
  };
  return { page, scans: () => scans };
}

function valueOf(input = ""): string {
  return JSON.stringify({
    expression: "rate(1 hour)",
    zone: "UTC",
    state: "ENABLED",
    isDeletedAfter: false,
    target: { Arn: "arn:aws:sqs:us-east-1:000000000000:q", ...(input === "" ? {} : { Input: input }) },
    createdMs: 0,
    changedMs: 0,
    made: { digest: "" },
  });
}

describe("The schedules of a store over the admin API", () => {
  it("come page by page, each once and in order, and a page is one reading of the store", async (t) => {
    const names = Array.from({ length: COUNT }, (_, n) => keyOf(n));
    const { page, scans } = await apiOver(
      t,
      names.map((name) => ({ name, value: valueOf() })),
    );
    const met: string[] = [];
    let pages = 0;
    for (let after: string | undefined; pages === 0 || after !== undefined; pages += 1) {
      const { schedules, next } = (await page("schedules", after)) as ScheduleListAnswer;
      met.push(...schedules.map(({ name }) => `default/${name}`));
      after = next;
    }
    assert.deepEqual(met, names);
    assert.deepEqual([pages, scans()], [COUNT / 100, COUNT / 100]);
  });

  it("are listed and exported to the last, though some are long, and some were written by another version", async (t) => {
    const long = Array.from({ length: 40 }, (_, n) => ({ name: keyOf(n), value: valueOf("x".repeat(250_000)) }));
    const unreadable = Array.from({ length: 150 }, (_, n) => ({ name: keyOf(100 + n), value: "{}" }));
    const last = { name: keyOf(999), value: valueOf() };
    const { page } = await apiOver(t, [...long, ...unreadable, last], 10);
    const listed: string[] = [];
    const exported: string[] = [];
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const { schedules, next } = (await page("schedules", after)) as ScheduleListAnswer;
      listed.push(...schedules.map(({ name }) => `default/${name}`));
      after = next;
    }
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const { schedules, next } = (await page("schedules/export", after)) as ScheduleExportAnswer;
      exported.push(...schedules.map(({ group, name }) => `${group}/${name}`));
      after = next;
    }
    assert.deepEqual(
      listed,
      [...long, last].map(({ name }) => name),
    );
    assert.deepEqual(
      exported,
      [...long, ...unreadable, last].map(({ name }) => name),
    );
  });
});
