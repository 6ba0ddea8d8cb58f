import type { ArchiveListAnswer } from "../../../src/admin-api/configuration/archives.ts";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { ReplayCountAnswer } from "../../../src/admin-api/replays/replays.ts";
import { idOf } from "./console-answers.ts";

const NOW_MS = Date.now();
const HOUR_MS = 3_600_000;
const timeText = (ms: number): string => new Date(ms).toISOString();

/** Archives for the tests of the page: one of a file, one of the API, and one that is empty. */
export const ARCHIVES: ArchiveListAnswer = {
  archives: [
    {
      name: "everything",
      bus: "default",
      retentionDays: 30,
      place: "config/buses.yaml:3:5",
      events: 1_204,
      bytes: 3_400_000,
      firstMs: NOW_MS - 700 * HOUR_MS,
      lastMs: NOW_MS - 1_000,
    },
    {
      name: "payments",
      bus: "orders",
      description: "What was paid",
      eventPattern: '{"detail-type":["Paid"]}',
      retentionDays: 365,
      retentionBytes: 10_737_418_240,
      createdAtMs: NOW_MS - HOUR_MS,
      events: 31,
      bytes: 20_000,
      firstMs: NOW_MS - HOUR_MS,
      lastMs: NOW_MS - 60_000,
    },
    { name: "unused", bus: "default", events: 0, bytes: 0 },
  ],
};

/** What a replay of any of them would do. */
export const REPLAY_COUNT: ReplayCountAnswer = {
  events: 31,
  looked: 1_204,
  end: "finished",
  rules: [
    { bus: "default", rule: "big-orders", events: 31 },
    { bus: "default", rule: "all-orders", events: 12 },
  ],
  unmatched: 0,
  unroutable: {},
};

/** A replay that was cancelled, and left out some. */
export const REPLAY_JOB: JobAnswer = {
  id: idOf(7_003),
  kind: "replay",
  replay: {
    name: "after-the-fix",
    archive: "everything",
    bus: "default",
    from: timeText(NOW_MS - 3 * HOUR_MS),
    to: timeText(NOW_MS - 2 * HOUR_MS),
    rules: ["big-orders"],
    undelivered: { unknownToo: false },
    lastEventTime: timeText(NOW_MS - 2.5 * HOUR_MS),
  },
  filter: {},
  state: "stopped",
  looked: 2_408,
  left: 9,
  removed: 22,
  unredrivable: {},
  examples: [],
  firstIds: [],
  leftOut: { delivered: 1_170, unknown: 3 },
  startedAt: timeText(NOW_MS - HOUR_MS),
  endedAt: timeText(NOW_MS - HOUR_MS + 60_000),
};
