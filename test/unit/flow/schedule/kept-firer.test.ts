import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deriveId } from "../../../../src/app/process.ts";
import { encodeDue } from "../../../../src/domain/schedule/kept/due-value.ts";
import type { KeptSchedule } from "../../../../src/domain/schedule/kept/kept-schedule.ts";
import { SCHEDULE_KIND } from "../../../../src/domain/schedule/kept/kept-schedule.ts";
import { KeptFirer } from "../../../../src/flow/schedule/kept/kept-firer.ts";
import { settleClaims } from "../../../../src/flow/schedule/kept/settle-claims.ts";
import { LastFirings } from "../../../../src/flow/schedule/last-firings.ts";
import type { ClaimedWork } from "../../../../src/ports/store/due-work.ts";
import type { Change, Committed } from "../../../../src/ports/store/entities.ts";
import { eventually } from "../../../contract/waiting.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleSchedule } from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const DUE_MS = Date.parse("2026-03-29T09:00:00Z");
const TURN_MS = DUE_MS + 90_000;
const TICKS = { to: { kind: "queue", name: "ticks" } } as const;
const done = (): Promise<void> => Promise.resolve();

const kept: KeptSchedule = {
  expression: "rate(1 hour)",
  zone: "UTC",
  state: "ENABLED",
  windowMinutes: 15,
  isDeletedAfter: false,
  target: { Arn: "arn:aws:sqs:us-east-1:000000000000:ticks" },
  createdMs: DUE_MS,
  changedMs: DUE_MS,
  made: { digest: "0" },
};

/** Fires one schedule of the store, due at `DUE_MS` with its turn in a flexible time window later. */
async function fired(config = sampleConfig({ queues: ["ticks"] })) {
  const broker = new ScriptedStorage();
  const commits: Change[] = [];
  const due: ClaimedWork = {
    kind: SCHEDULE_KIND,
    name: "default/report",
    claim: "c",
    attempt: 1,
    value: encodeDue(DUE_MS),
    dueAtMs: TURN_MS,
  };
  const left = [due];
  const store = {
    claimDue: () => Promise.resolve(left.splice(0)),
    nextDueInMs: () => Promise.resolve(undefined),
    get: (kind: string, name: string) =>
      Promise.resolve({ kind, name, value: JSON.stringify(kept), revision: 1, createdAtMs: 0, changedAtMs: 0 }),
    commit: (changes: readonly Change[]) => {
      commits.push(...changes);
      return Promise.resolve({ ok: true, revision: 1 } as const);
    },
  };
  const options = {
    store: store as unknown as ConstructorParameters<typeof KeptFirer>[0]["store"],
    broker,
    config: () => config,
    identity: IDENTITY,
    deriveId,
    observer: new RecordingObserver(),
    last: new LastFirings({ address: "me", send: done, broadcast: done, onBroadcast: () => undefined }),
    takeUpKept: () => undefined,
    nowMs: () => TURN_MS,
    sleep: done,
    pause: done,
    onError: (error: unknown) => assert.fail(String(error)),
  };
  const firer = new KeptFirer(options);
  firer.start();
  await eventually("it is settled", () => commits.length > 0);
  await firer.stop();
  return { stored: broker.stored, commits };
}

describe("A router that fires schedules of the store", () => {
  it("fires one in its window as due at its own time, and settles when it is due next", async () => {
    const { stored, commits } = await fired();
    assert.deepEqual(
      stored.map(({ queue, headers }) => [queue, headers["busbar-scheduled-at"]]),
      [["ticks", DUE_MS]],
    );
    const [settled] = commits;
    assert.ok(commits.length === 1 && settled?.change === "settle");
    assert.equal(settled.next?.value, encodeDue(DUE_MS + 3_600_000));
  });

  it("fires none whose name a file has, and goes on with its times", async () => {
    const config = sampleConfig({ queues: ["ticks"], schedules: [sampleSchedule("report", "rate(1 day)", TICKS)] });
    const { stored, commits } = await fired(config);
    assert.deepEqual(stored, []);
    assert.equal(commits.length, 1);
  });
});

describe("Claims that are settled", () => {
  it("leave out what others have changed meanwhile, and nothing else", async () => {
    const work = (name: string): readonly Change[] => [
      { change: "settle", kind: SCHEDULE_KIND, name, claim: "c" },
      { change: "delete", kind: SCHEDULE_KIND, name, expect: 1 },
    ];
    const commits: (readonly Change[])[] = [];
    const commit = (changes: readonly Change[]): Promise<Committed> => {
      commits.push(changes);
      const conflicts = changes.flatMap(({ change }, index) =>
        change === "delete" && commits.length === 1 && index === 3 ? [{ index, found: 2 }] : [],
      );
      return Promise.resolve(
        conflicts.length > 0 ? { ok: false, reason: "conflict", conflicts } : { ok: true, revision: 9 },
      );
    };
    const { signal: leave } = new AbortController();
    await settleClaims([work("a"), work("b"), work("c")], { store: { commit }, sleep: done, leave });
    assert.deepEqual(commits[1], [...work("a"), ...work("c")]);
    assert.equal(commits.length, 2);
  });
});
