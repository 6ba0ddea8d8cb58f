import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { DeadLetterQuery } from "../../admin-api/dead-letters.ts";
import { REDRIVE_RATE_MAX } from "../../admin-api/dead-letters.ts";
import type { AdminOptions } from "./admin-options.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

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
export function filterQuery(options: FilterOptions, nowMs: number): DeadLetterQuery {
  const ago = (ageMs: number | undefined): string | undefined =>
    ageMs === undefined ? undefined : new Date(nowMs - ageMs).toISOString();
  const query = {
    id: options.id,
    rule: options.rule,
    target: options.target,
    errorCode: options.errorCode,
    before: ago(options.olderThan),
    after: ago(options.newerThan),
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** Reads an option such as `90s` or `7d`, for commander; milliseconds. */
function ageOption(value: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined) return Number(count) * unitMs;
  throw new InvalidArgumentError("It must be a number of seconds, minutes, hours or days: 90s, 15m, 12h, 7d.");
}

/** Reads `50` or `50/s`, for commander. */
export function rateOption(value: string): number {
  const rate = Number(/^(\d{1,5})(\/s)?$/.exec(value)?.[1] ?? 0);
  if (rate >= 1 && rate <= REDRIVE_RATE_MAX) return rate;
  throw new InvalidArgumentError(`It must be 1/s..${REDRIVE_RATE_MAX}/s.`);
}
