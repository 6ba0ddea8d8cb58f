import type { ScheduleListAnswer } from "../../../src/admin-api/configuration/schedules.ts";

const NOW_MS = Date.now();
const HOUR_MS = 3_600_000;

function dueTimes(count: number): ScheduleListAnswer["schedules"][number]["due"] {
  return Array.from({ length: count }, (_, at) => ({
    atMs: NOW_MS + (at + 1) * HOUR_MS,
    local: `2026-12-${String(at + 1).padStart(2, "0")}T09:00:00`,
  }));
}

/** Schedules for the tests of the page: one that was late, one that is over, one that is disabled. */
export const SCHEDULES: ScheduleListAnswer = {
  schedules: [
    {
      name: "morning-report",
      description: "What was sold yesterday",
      state: "ENABLED",
      scheduleExpression: "cron(0 9 ? * MON-FRI *)",
      scheduleExpressionTimezone: "Europe/Berlin",
      target: { kind: "function", name: "order-processor" },
      due: dueTimes(10),
      last: { dueMs: NOW_MS - HOUR_MS, firedAtMs: NOW_MS - HOUR_MS + 120_000 },
    },
    {
      name: "over",
      state: "ENABLED",
      scheduleExpression: "at(2020-01-01T00:00:00)",
      scheduleExpressionTimezone: "UTC",
      target: { kind: "queue", name: "audit-log" },
      due: [],
    },
    {
      name: "switched-off",
      state: "DISABLED",
      scheduleExpression: "rate(5 minutes)",
      scheduleExpressionTimezone: "UTC",
      target: { kind: "event-bus", name: "default" },
      due: [],
    },
  ],
};
