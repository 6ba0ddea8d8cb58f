import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Option } from "commander";
import { JOB_RATE_MAX } from "../../admin-api/queues/jobs.ts";
import type { Terminal } from "../terminal.ts";
import type { AdminOptions } from "./admin-options.ts";
import { addAdminOptions } from "./admin-options.ts";
import { ageOption } from "./time-options.ts";

/** The commands of one kind of message. */
export interface LetterCommands {
  readonly command: Command;
  /** What one message is called. */
  readonly noun: string;
  readonly queueOption: Option;
  readonly terminal: Terminal;
}

/** One of the commands, with the options of all of them. */
export function letterCommand({ command, queueOption }: LetterCommands, name: string): Command {
  return addAdminOptions(command.command(name).addOption(queueOption));
}

/** The options of every command about dead letters. */
export interface QueueOptions extends AdminOptions {
  readonly queue: string;
}

export interface FilterOptions extends QueueOptions {
  readonly id?: string;
  readonly rule?: string;
  readonly target?: string;
  readonly errorCode?: string;
  readonly olderThan?: number;
  readonly newerThan?: number;
}

/** Adds the options by which dead letters are selected. */
export function addFilterOptions(command: Command): Command {
  return command
    .option("--id <id>", "the one with this delivery id")
    .option("--rule <name>", "of this rule: bus/name, or the name of one on the default bus")
    .option("--target <target>", "of this target: its id in the rule, or the target itself, as in function/NAME")
    .option("--error-code <code>", "with this error code, such as TIMEOUT")
    .option("--older-than <age>", "accepted or last redriven at least this long ago: 90s, 15m, 12h, 7d", ageOption)
    .option("--newer-than <age>", "accepted or last redriven at most this long ago", ageOption);
}

/** The filter as the query of a request. Ages count back from now. */
export function filterQuery(options: FilterOptions, nowMs: number) {
  const ago = (ageMs: number | undefined): string | undefined =>
    ageMs === undefined ? undefined : new Date(nowMs - ageMs).toISOString();
  return {
    id: options.id,
    rule: options.rule,
    target: options.target,
    errorCode: options.errorCode,
    before: ago(options.olderThan),
    after: ago(options.newerThan),
  };
}

/** Reads `50` or `50/s`, for commander. */
export function rateOption(value: string): number {
  const rate = Number(/^(\d{1,5})(\/s)?$/.exec(value)?.[1] ?? 0);
  if (rate >= 1 && rate <= JOB_RATE_MAX) return rate;
  throw new InvalidArgumentError(`It must be 1/s..${JOB_RATE_MAX}/s.`);
}
