import type { JsonObject } from "../../../../json/json.ts";
import { linePlaceOf, tokenOf } from "../../../../domain/logs/line-place.ts";
import { FILTER_PATTERN_CHARACTERS_MAX, readFilterPattern } from "../../../../domain/logs/filter/filter-pattern.ts";
import type { FitsLine } from "../../../../domain/logs/filter/read-pattern.ts";
import type { KeptLine } from "../../../../ports/functions/function-logs.ts";
import { integer, list, string, structure } from "../../input/shapes.ts";
import { boolean } from "../../input/values.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { invalidToken, logsError } from "./errors.ts";
import type { LogsApi } from "./log-group.ts";
import { ASKED_GROUP, askedGroupArn, foundLogGroup, STREAM_NAME } from "./log-group.ts";
import { readLines } from "./read-lines.ts";

export const EVENTS_MAX = 10_000;
/** Epoch milliseconds. */
export const TIME = integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const STREAMS_MAX = 100;

/** FilterLogEvents: the lines of a group by their times, page by page. */
export function filterLogEvents(api: LogsApi): Operation {
  return operation({
    input: structure("FilterLogEventsRequest", {
      ...ASKED_GROUP,
      logStreamNames: list(STREAM_NAME, { lengthMin: 1, lengthMax: STREAMS_MAX }),
      logStreamNamePrefix: STREAM_NAME,
      startTime: TIME,
      endTime: TIME,
      filterPattern: string({ lengthMax: FILTER_PATTERN_CHARACTERS_MAX }),
      nextToken: string({ lengthMin: 1 }),
      limit: integer({ min: 1, max: EVENTS_MAX }),
      interleaved: boolean,
      startFromHead: boolean,
    }),
    resource: (input) => askedGroupArn(api.identity, input),
    handle: async (input, call) => {
      const { name: functionName } = foundLogGroup(api, input);
      if (input.startFromHead === false) {
        throw logsError("InvalidParameterException", "Lines are listed oldest first here: startFromHead must be true.");
      }
      const fitsText = fitsPattern(input.filterPattern ?? "");
      const fitsStream = streamFilter(input.logStreamNames ?? undefined, input.logStreamNamePrefix ?? undefined);
      const from = placeOfToken(input.nextToken ?? undefined);
      const { lines, next, isAtEnd } = await readLines(api, call, {
        functionName,
        ...(from === undefined ? {} : { from }),
        ...(input.startTime === undefined || input.startTime === null ? {} : { sinceMs: input.startTime }),
        ...(input.endTime === undefined || input.endTime === null ? {} : { untilMs: input.endTime }),
        fits: ({ logStream, text }) => fitsStream(logStream) && fitsText(text),
        limit: input.limit ?? EVENTS_MAX,
      });
      return {
        events: lines.map(filteredEvent),
        searchedLogStreams: [],
        ...(isAtEnd || next === undefined ? {} : { nextToken: tokenOf(next) }),
      };
    },
  });
}

/** @throws AwsError where the pattern cannot be read */
export function fitsPattern(pattern: string): FitsLine {
  const read = readFilterPattern(pattern);
  if (read.ok) return read.fits;
  throw logsError("InvalidParameterException", read.problem);
}

function placeOfToken(token: string | undefined) {
  if (token === undefined) return undefined;
  const place = linePlaceOf(token);
  if (place === undefined) throw invalidToken();
  return place;
}

function streamFilter(
  names: readonly string[] | undefined,
  prefix: string | undefined,
): (logStream: string) => boolean {
  if (names !== undefined && prefix !== undefined) {
    const message = "Either 'logStreamNames' or 'logStreamNamePrefix' can be specified but not both.";
    throw logsError("InvalidParameterException", message);
  }
  const wanted = names && new Set(names);
  return (logStream) => (wanted?.has(logStream) ?? true) && logStream.startsWith(prefix ?? "");
}

function filteredEvent({ logStream, atMs, text, place }: KeptLine): JsonObject {
  return { logStreamName: logStream, timestamp: atMs, message: text, ingestionTime: atMs, eventId: eventIdOf(place) };
}

/** 56 digits, as AWS has them: unique, and the same each time that a line is read. */
function eventIdOf({ position, index }: KeptLine["place"]): string {
  return `${position}${String(index).padStart(9, "0")}`.padStart(56, "0");
}
