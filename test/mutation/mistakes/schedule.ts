import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** Schedules: when they are due, and that no due time is left out, early, or twice with two ids. */
export const SCHEDULE: readonly Mutation[] = [
  ...inFile("src/domain/schedule/next-due.ts", [
    [
      "startMs === undefined ? -1 : startMs - 1",
      "startMs === undefined ? -1 : startMs",
      "a schedule is due at its start",
    ],
    ["dueMs > Math.min(endMs ?? LAST_MS, LAST_MS)", "dueMs >= Math.min(endMs ?? LAST_MS, LAST_MS)", "and at its end"],
    [
      "month === fromMonth ? fromDay : 1",
      "month === fromMonth ? fromDay + 1 : 1",
      "a schedule is due later on the same day",
    ],
  ]),
  ...inFile("src/domain/schedule/time-zone.ts", [
    ["Math.min(...instants)", "Math.max(...instants)", "a time that clocks repeat is due the first time"],
    [".filter((instant) => zone.localOf(instant) === localMs)", "", "a time that clocks skip is left out"],
  ]),
  ...inFile("src/domain/schedule/cron-days.ts", [
    ["return day === 1 ? 3 : day - 1;", "return day - 1;", "the nearest weekday is in the same month"],
    ["day + 7 > month.days", "day + 7 >= month.days", "the last Friday is the last"],
    ['(dayOfMonth === "?") === (dayOfWeek === "?")', "false", "exactly one of the two fields for days is ?"],
  ]),
  ...inFile("src/domain/schedule/cron-field.ts", [
    ["last >= first || range.wraps", "last >= first", "a range goes past the end"],
    ["isStepped ? range.max : first", "first", "5/15 is every 15 from 5"],
  ]),
  ...inFile("src/domain/schedule/turn.ts", [
    ["afterMs - windowMinutes * MINUTE_MS", "afterMs", "a router that takes over knows the windows that are open"],
    ["Math.max(turnMs, next.turnMs)", "next.turnMs", "in a window no due time overtakes an earlier one"],
  ]),
  ...inFile("src/domain/target/policy.ts", [
    ["&& countedRetries === 0", "", "a function that was reached has its own retries"],
  ]),
  ...inFile("src/flow/schedule/refused.ts", [
    ["tries > maximumRetryAttempts", "tries >= maximumRetryAttempts", "a queue is tried as often as the schedule says"],
    ["options.nowMs() + waitMs - mark.dueMs", "options.nowMs() - mark.dueMs", "and not past the age that it says"],
    ["(tries ?? 0) + 1", "1", "tries of a queue are counted"],
    ["[HEADER.schedulePolicy]: _, ", "", "a queue gets no header that is for routers"],
  ]),
  ...inFile("src/flow/schedule/cursor-message.ts", [
    ["if (one.isSeed !== other.isSeed) return other.isSeed;", "", "a start does not hide an outage"],
    ["one.upToMs > other.upToMs", "one.upToMs < other.upToMs", "the latest cursor counts"],
  ]),
  ...inFile("src/flow/schedule/agenda.ts", [
    ["first.turnMs >= madeUpFromMs ||", "true ||", "what an outage missed is not all made up for"],
    ['timing.expression.kind === "at"', "false", "a one-time schedule fires however late"],
    ["next.turnMs <= nowMs; next", "next.turnMs <= nowMs + 50; next", "nothing is fired early"],
    ['if (schedule.state === "DISABLED") continue;', "", "a disabled schedule is never due"],
  ]),
  ...inFile("src/flow/schedule/schedule-firer.ts", [
    [
      "    await fireDue(due, this.last, { hurry: this.#stopping.signal, leave }, this.#options);\n    if (lost.aborted) return 0;\n",
      "    void fireDue(due, this.last, { hurry: this.#stopping.signal, leave }, this.#options).catch(() => undefined);\n",
      "a cursor is stored when what it says was fired is stored",
    ],
    [
      "      // What was taken from it may not be stored.\n      this.#agenda = undefined;\n",
      "",
      "what could not be stored is fired again",
    ],
    ["    this.#passTime();\n", "", "a new schedule is not due for times before it"],
    ["seededMs > 0) return seededMs;", "seededMs > 1e12) return seededMs;", "a seed waits for a cursor"],
  ]),
  ...inFile("src/flow/store/latest-in-hand.ts", [
    ["      other?.ack();\n", "", "a former cursor does not stay"],
    ["if (this.#held === held) this.#hold(undefined);", "", "a router that has lost the cursor fires nothing"],
  ]),
  ...inFile("src/flow/schedule/fire.ts", [
    [
      '["schedule", schedule.name, dueMs]',
      '["schedule", schedule.name, context.nowMs]',
      "fired again, it has the same id",
    ],
  ]),
  ...inFile("src/domain/schedule/payload.ts", [
    ["String(attempt)", "String(attempt + 1)", "the input says which attempt it is"],
  ]),
];
