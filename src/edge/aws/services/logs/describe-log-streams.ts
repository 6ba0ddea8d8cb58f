import { logStreamArn } from "../../../../domain/arn.ts";
import { logGroupOf } from "../../../../domain/logs/log-line.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { integer, string, structure } from "../../input/shapes.ts";
import { boolean, enumeration } from "../../input/values.ts";
import type { Operation, OperationCall } from "../../service.ts";
import { operation } from "../../service.ts";
import { logsError } from "./errors.ts";
import type { LogsApi } from "./log-group.ts";
import { ASKED_GROUP, askedGroupArn, foundLogGroup, STREAM_NAME } from "./log-group.ts";
import { readInTurn } from "./read-lines.ts";

const STREAMS_MAX = 50;

/** When the first and the last line of a log stream were written, in epoch milliseconds. */
interface Span {
  firstMs: number;
  lastMs: number;
}

/**
 * DescribeLogStreams: the environments whose lines are among the last ones, by name or by their last lines. There is no
 * index of them: each page reads the lines. A token is the key of its page's last stream.
 */
export function describeLogStreams(api: LogsApi): Operation {
  return operation({
    input: structure("DescribeLogStreamsRequest", {
      ...ASKED_GROUP,
      logStreamNamePrefix: STREAM_NAME,
      orderBy: enumeration("LogStreamName", "LastEventTime"),
      descending: boolean,
      nextToken: string({ lengthMin: 1 }),
      limit: integer({ min: 1, max: STREAMS_MAX }),
    }),
    resource: (input) => askedGroupArn(api.identity, input),
    handle: async (input, call) => {
      const { logStreamNamePrefix: prefix, descending, nextToken, limit } = input;
      const { name: functionName } = foundLogGroup(api, input);
      const isByTime = input.orderBy === "LastEventTime";
      if (isByTime && typeof prefix === "string") {
        const message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
        throw logsError("InvalidParameterException", message);
      }
      const spans = await lastStreams(api, call, functionName);
      const direction = descending === true ? -1 : 1;
      const rest = [...spans]
        .filter(([name]) => name.startsWith(prefix ?? ""))
        .map(([name, span]) => ({ name, span, key: isByTime ? `${padded(span.lastMs)}/${name}` : name }))
        .sort((one, other) => direction * compareKeys(one.key, other.key))
        .filter(({ key }) => typeof nextToken !== "string" || direction * compareKeys(key, nextToken) > 0);
      const page = rest.slice(0, limit ?? STREAMS_MAX);
      const last = page.at(-1);
      const isLast = last === undefined || page.length === rest.length;
      return {
        logStreams: page.map(({ name, span }) => shownStream(api, functionName, name, span)),
        ...(isLast ? {} : { nextToken: last.key }),
      };
    },
  });
}

/** The log streams of the lines that one request may read, the newest lines first. */
async function lastStreams(
  { functionLines, nowMs }: LogsApi,
  call: OperationCall,
  functionName: string,
): Promise<ReadonlyMap<string, Span>> {
  const spans = new Map<string, Span>();
  // No line is wanted, and so the reading ends where it must.
  const fits = ({ logStream, atMs }: { readonly logStream: string; readonly atMs: number }): boolean => {
    const span = spans.get(logStream);
    if (span === undefined) spans.set(logStream, { firstMs: atMs, lastMs: atMs });
    else {
      span.firstMs = Math.min(span.firstMs, atMs);
      span.lastMs = Math.max(span.lastMs, atMs);
    }
    return false;
  };
  await readInTurn(call, () => functionLines.readLast({ functionName, fits, limit: 1, nearMs: nowMs() }));
  return spans;
}

function shownStream({ identity }: LogsApi, functionName: string, name: string, { firstMs, lastMs }: Span): JsonObject {
  return {
    logStreamName: name,
    creationTime: firstMs,
    firstEventTimestamp: firstMs,
    lastEventTimestamp: lastMs,
    lastIngestionTime: lastMs,
    arn: logStreamArn(identity, logGroupOf(functionName), name),
    storedBytes: 0,
  };
}

function compareKeys(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** A time whose order as a text is that of its number. */
function padded(atMs: number): string {
  return String(atMs).padStart(15, "0");
}
