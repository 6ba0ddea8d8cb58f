import type { Command } from "commander";
import type { ScheduleListAnswer } from "../../../admin-api/configuration/schedules.ts";
import { CONFIGURATION_OPERATIONS } from "../../../admin-api/operations/configuration.ts";
import { qualifiedName } from "../../../domain/target/function-version.ts";
import { allPages } from "../../client/all-pages.ts";
import { CommandError } from "../../command-error.ts";
import type { AdminOptions } from "../../options/admin-options.ts";
import { addAdminOptions, clientOf } from "../../options/admin-options.ts";
import { inOneLine } from "../../output/escape.ts";
import { formatTable, utcText } from "../../output/format.ts";
import type { Terminal } from "../../terminal.ts";

type ListedSchedule = ScheduleListAnswer["schedules"][number];

/** `schedules [name]`: when schedules are due, over the admin port of a router. */
export function addSchedules(program: Command, terminal: Terminal): void {
  addAdminOptions(
    program
      .command("schedules")
      .description("the schedules in force, when each is due next, and when it was fired last")
      .argument("[name]", "one schedule, with its next ten times in UTC and in its time zone"),
  ).action(async (name: string | undefined, options: AdminOptions) => {
    const schedules = await allOf(options, name, terminal.env);
    if (options.json) return terminal.printJson({ schedules });
    if (name === undefined) return terminal.print(formatTable(HEAD, schedules.map(rowOf)));
    const [schedule] = schedules;
    if (schedule === undefined) throw new CommandError(`there is no schedule "${inOneLine(name)}"`);
    terminal.print(formatTable(HEAD, [rowOf(schedule)]));
    const zone = schedule.scheduleExpressionTimezone;
    const times = schedule.due.map(({ atMs, local }) => [utcText(atMs), local]);
    if (times.length > 0) terminal.print(`\n${formatTable(["UTC", zone], times)}`);
  });
}

async function allOf(
  options: AdminOptions,
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<readonly ListedSchedule[]> {
  const client = clientOf(options, env);
  return allPages(async (after) => {
    const asked = { query: { schedule: name, after } };
    const { schedules: rows, next } = await client.ask(CONFIGURATION_OPERATIONS.listSchedules, asked);
    return { rows, next };
  });
}

const HEAD = ["SCHEDULE", "EXPRESSION", "TIME ZONE", "TARGET", "NEXT", "LAST", "LATE"];

function rowOf({
  name,
  state,
  scheduleExpression,
  scheduleExpressionTimezone,
  target,
  due,
  last,
}: ListedSchedule): readonly string[] {
  const [next] = due;
  const never = state === "DISABLED" ? "disabled" : "never";
  return [
    name,
    scheduleExpression,
    scheduleExpressionTimezone,
    `${target.kind}/${qualifiedName(target.name, target.qualifier)}`,
    next === undefined ? never : utcText(next.atMs),
    last === undefined ? "-" : utcText(last.dueMs),
    last === undefined ? "-" : `${(Math.max(0, last.firedAtMs - last.dueMs) / 1_000).toFixed(1)}s`,
  ];
}
