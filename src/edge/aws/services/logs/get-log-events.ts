import type { LinePlace } from "../../../../domain/logs/line-place.ts";
import { dayOfLogStream } from "../../../../domain/logs/log-line.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { KeptLine, LinesAsked } from "../../../../ports/functions/function-logs.ts";
import { integer, required, string, structure } from "../../input/shapes.ts";
import { boolean } from "../../input/values.ts";
import type { Operation, OperationCall } from "../../service.ts";
import { operation } from "../../service.ts";
import { noSuchLogStream } from "./errors.ts";
import { EVENTS_MAX, TIME } from "./filter-log-events.ts";
import type { LogsApi } from "./log-group.ts";
import { ASKED_GROUP, askedGroupArn, foundLogGroup, STREAM_NAME } from "./log-group.ts";
import { readInTurn } from "./read-lines.ts";
import type { StreamPlace } from "./stream-token.ts";
import { streamPlaceOf, streamToken } from "./stream-token.ts";

/** Before every line. */
const OLDEST: LinePlace = { position: 0, index: 0 };

/** A page with the places before and behind it. */
interface StreamPage {
  readonly lines: readonly KeptLine[];
  readonly backward: StreamPlace;
  readonly forward: StreamPlace;
}

/**
 * GetLogEvents: the lines of one environment, forwards from the oldest or backwards from the newest. They are read by their
 * places, in which one router wrote them; so none is missing at the end, however late it comes.
 */
export function getLogEvents(api: LogsApi): Operation {
  return operation({
    input: structure("GetLogEventsRequest", {
      ...ASKED_GROUP,
      logStreamName: required(STREAM_NAME),
      startTime: TIME,
      endTime: TIME,
      nextToken: string({ lengthMin: 1 }),
      limit: integer({ min: 1, max: EVENTS_MAX }),
      startFromHead: boolean,
    }),
    resource: (input) => askedGroupArn(api.identity, input),
    handle: async (input, call) => {
      const { logStreamName, startTime, endTime, nextToken, limit, startFromHead } = input;
      const { name: functionName } = foundLogGroup(api, input);
      const dayMs = dayOfLogStream(logStreamName);
      if (dayMs === undefined) throw noSuchLogStream();
      const asked: LinesAsked = {
        functionName,
        sinceMs: Math.max(dayMs, startTime ?? 0),
        // A line of the end's own time does not count, other than with FilterLogEvents.
        ...(endTime === undefined || endTime === null ? {} : { untilMs: endTime - 1 }),
        fits: ({ logStream }) => logStream === logStreamName,
        limit: limit ?? EVENTS_MAX,
      };
      const from = typeof nextToken === "string" ? streamPlaceOf(nextToken) : undefined;
      const isForward = from === undefined ? startFromHead === true : from.direction === "forward";
      const page = await (isForward ? readForward : readBackward)(api, call, asked, from);
      return {
        events: page.lines.map(streamEvent),
        nextForwardToken: streamToken(page.forward),
        nextBackwardToken: streamToken(page.backward),
      };
    },
  });
}

/** The end is reached where the same place comes back. Lines of others that were passed over must not hide that. */
async function readForward(
  { functionLines, nowMs }: LogsApi,
  call: OperationCall,
  asked: LinesAsked,
  at: StreamPlace | undefined,
): Promise<StreamPage> {
  const start = at === undefined ? {} : { from: at.place };
  const { lines, next = at?.place, isAtEnd } = await readInTurn(call, () => functionLines.read({ ...asked, ...start }));
  const [first] = lines;
  const isSame = first === undefined && isAtEnd && at !== undefined;
  return {
    lines,
    forward: { direction: "forward", place: (isSame ? at.place : next) ?? OLDEST },
    backward: {
      direction: "backward",
      place: first?.place ?? at?.place ?? next ?? OLDEST,
      nearMs: first?.atMs ?? nowMs(),
    },
  };
}

async function readBackward(
  { functionLines, nowMs }: LogsApi,
  call: OperationCall,
  asked: LinesAsked,
  at: StreamPlace | undefined,
): Promise<StreamPage> {
  const end =
    at?.direction === "backward" ? { before: at.place, nearMs: at.nearMs } : { nearMs: nearEnd(asked, nowMs) };
  const page = await readInTurn(call, () => functionLines.readLast({ ...asked, ...end }));
  const { lines, before = OLDEST, nearMs, next = OLDEST, isAtBeginning } = page;
  const isSame = lines.length === 0 && isAtBeginning && at !== undefined;
  return {
    lines,
    forward: { direction: "forward", place: next },
    backward: isSame ? at : { direction: "backward", place: before, nearMs },
  };
}

function nearEnd({ untilMs = Infinity }: LinesAsked, nowMs: () => number): number {
  return Math.min(untilMs, nowMs());
}

function streamEvent({ atMs, text }: KeptLine): JsonObject {
  return { timestamp: atMs, message: text, ingestionTime: atMs };
}
