import type { Identity } from "../../../../domain/arn.ts";
import { logGroupArn } from "../../../../domain/arn.ts";
import type { Config } from "../../../../domain/config.ts";
import { functionOfLogGroup, hasLogGroup, logGroupOf, NO_LINES_KEPT } from "../../../../domain/logs/log-line.ts";
import type { FunctionConfig } from "../../../../domain/target/function.ts";
import type { FunctionLines } from "../../../../ports/functions/function-logs.ts";
import { commonError } from "../../errors.ts";
import { string } from "../../input/shapes.ts";
import { logsError, noSuchLogGroup } from "./errors.ts";

/** What the operations of CloudWatch Logs work on. */
export interface LogsApi {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly functionLines: FunctionLines;
  /** How long a line of another router may be on its way here; 0 where there is no other. */
  readonly linesLateMs: number;
  readonly nowMs: () => number;
}

export const GROUP_NAME = string({ pattern: "[\\.\\-_/#A-Za-z0-9]+", lengthMin: 1, lengthMax: 512 });
export const STREAM_NAME = string({ pattern: "[^:*]*", lengthMin: 1, lengthMax: 512 });
/** A group's name or ARN. */
export const GROUP_IDENTIFIER = string({ pattern: "[\\w#+=/:,.@-]*", lengthMin: 1, lengthMax: 2_048 });

/** The members that name a group. */
export const ASKED_GROUP = { logGroupName: GROUP_NAME, logGroupIdentifier: GROUP_IDENTIFIER };

/** A group as an input names it. */
export interface AskedGroup {
  readonly logGroupName?: string | null;
  readonly logGroupIdentifier?: string | null;
}

const GROUP_ARN = /^arn:aws[a-z-]*:logs:([^:]*):([^:]*):log-group:([^:]+)(?::\*)?$/;

/** The ARN of a group as its caller names it, whether it is there or not. Policies go by it. */
export function askedGroupArn(identity: Identity, asked: AskedGroup): string {
  const [name, region, accountId] = placedGroup(identity, asked);
  return logGroupArn({ region, accountId }, name);
}

/** The function whose lines a group has. @throws AwsError where there is no such group, or no lines are kept */
export function foundLogGroup({ config, identity, functionLines }: LogsApi, asked: AskedGroup): FunctionConfig {
  const [name, region, accountId] = placedGroup(identity, asked);
  const functionName = functionOfLogGroup(name);
  const fn = functionName === undefined ? undefined : config().functions.get(functionName);
  const isHere = region === identity.region && accountId === identity.accountId;
  if (fn === undefined || !isHere || !hasLogGroup(fn)) throw noSuchLogGroup();
  if (functionLines.isOn) return fn;
  throw logsError("InvalidOperationException", NO_LINES_KEPT);
}

/** What is listed of a function's group. */
export function shownGroup({ config, identity }: LogsApi, { name }: FunctionConfig): LogGroup {
  const arn = logGroupArn(identity, logGroupOf(name));
  const hours = (config().logs?.ageMsMax ?? 0) / 3_600_000;
  return {
    logGroupName: logGroupOf(name),
    creationTime: 0,
    retentionInDays: Math.max(1, Math.round(hours / 24)),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: 0,
    logGroupClass: "STANDARD",
    logGroupArn: arn,
  };
}

type LogGroup = Readonly<Record<string, string | number>> & { readonly logGroupName: string };

function placedGroup(
  { region, accountId }: Identity,
  { logGroupName, logGroupIdentifier }: AskedGroup,
): readonly [name: string, region: string, accountId: string] {
  const [name, identifier] = [logGroupName ?? undefined, logGroupIdentifier ?? undefined];
  if (name !== undefined && identifier !== undefined) {
    throw commonError("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  }
  const named = name ?? identifier;
  if (named === undefined) {
    throw commonError("ValidationException", "Either LogGroup name or LogGroup ARN has to be given.");
  }
  const [, arnRegion, arnAccount, arnName] = GROUP_ARN.exec(named) ?? [];
  return [arnName ?? named, arnRegion ?? region, arnAccount ?? accountId];
}
