/** What a line comes from: the function's own output, or what is said around its calls, as Lambda's platform says it. */
export type LineSource = "stdout" | "stderr" | "platform";

/** One line of a function's log. */
export interface FunctionLine {
  readonly functionName: string;
  /** The environment that it is of, as Lambda names log streams: `2026/01/02/[$LATEST]`, or the version, and 32 hexadecimal digits. */
  readonly logStream: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly source: LineSource;
  /** Without its end; at most 8 KiB. */
  readonly text: string;
  /** Of the call that the environment has in hand, or had last; undefined before its first. */
  readonly requestId: string | undefined;
  /** How many bytes the function has written since the environment got that call, this line among them; 0 for the platform's. */
  readonly callBytes: number;
  /** Set on a call's report. */
  readonly isLast?: boolean;
}

/** Takes lines as they are written. Nobody waits for it. @returns whether the line is kept; true where none are. */
export type TakeLine = (line: FunctionLine) => boolean;

/** What group a function's lines are in, as on Lambda. */
export function logGroupOf(functionName: string): string {
  return `${GROUP_PREFIX}${functionName}`;
}

/** The function whose lines a group has; undefined for a group of something else. */
export function functionOfLogGroup(group: string): string | undefined {
  return group.startsWith(GROUP_PREFIX) ? group.slice(GROUP_PREFIX.length) : undefined;
}

/** Whether lines of a function come to routers. Of other kinds somebody else has what they write. */
export function hasLogGroup({ run }: { readonly run: { readonly kind: string } }): boolean {
  return run.kind === "process";
}

/** What is said to who asks for lines where none are kept. */
export const NO_LINES_KEPT = "No lines are kept here: the configuration has no section logs. With logs: {} they are.";

const GROUP_PREFIX = "/aws/lambda/";

/** The log stream of an environment of a version. @param id 32 hexadecimal digits, unique to it. */
export function logStreamName(startedAtMs: number, version: string, id: string): string {
  const day = new Date(startedAtMs).toISOString().slice(0, 10).replaceAll("-", "/");
  return `${day}/[${version}]${id}`;
}

/** When the day in a log stream's name begins, in epoch milliseconds: no line of it is older. Undefined for any other name. */
export function dayOfLogStream(name: string): number | undefined {
  const [, year, month, day] = /^(\d{4})\/(\d{2})\/(\d{2})\/\[[^\]]+\][0-9a-f]{32}$/.exec(name) ?? [];
  const dayMs = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(dayMs) ? undefined : dayMs;
}
