import type { Request, Response } from "express";
import { Router } from "express";
import { LINES_CONTENT_TYPE } from "../../../admin-api/answers.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { TailLine } from "../../../admin-api/events/tail.ts";
import type { Identity } from "../../../domain/arn.ts";
import { eventBusArn } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import type { Limit } from "../../../domain/limits.ts";
import type { TapRequest } from "../../../domain/tap/tap.ts";
import { readTapPattern, TAP_PATTERN_BYTES_MAX, TAPS_MAX } from "../../../domain/tap/tap.ts";
import type { LiveTail } from "../../../ports/admin/tail.ts";
import { didYouMean } from "../../../text/nearest.ts";
import { readBody, utf8Text } from "../../http/body.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { callerOf } from "../request.ts";
import { serveWritingOn } from "../serve.ts";

/** A line at least so often: proxies close a silent answer. */
const HEARTBEAT_MS = 5_000;
/** Then a caller must ask again, and be let in again: its credentials may have gone. */
const TAIL_MS_MAX = 3_600_000;

const BODY_LIMIT: Limit = { max: TAP_PATTERN_BYTES_MAX, exceeded: () => undefined };
const NOTHING: TailLine = { events: [], seen: 0, matching: 0, passedOver: 0, shown: 0 };

export interface TailOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly tail: () => LiveTail;
  readonly config: () => Config;
  readonly identity: Identity;
  readonly may: May;
}

/**
 * `POST /api/v1/tail`: the events of `?bus=` as all routers accept them. The body is an event pattern; without one every
 * event fits. The answer is JSON lines, for as long as the caller reads, an hour at most.
 */
export function tailRouter({ tail, config, identity, may }: TailOptions): Router {
  const router = Router();
  serveWritingOn(router, may)(OPERATIONS.tailEvents, async ({ request, response, query: { bus, rate, whole } }) => {
    const tails = tail();
    const patternJson = await patternOf(request, response);
    const read = readTapPattern(patternJson);
    if (!read.ok) throw new HttpProblem(400, `Event pattern is not valid. Reason: ${read.reason}`);
    // Whoever may not read details must not find them out by patterns.
    if (whole || read.readsPayload) callerOf(request).authorize("busbar:ReadPayloads", eventBusArn(identity, bus));
    if (!config().eventBuses.has(bus)) {
      throw new HttpProblem(404, `there is no event bus "${bus}"${didYouMean(bus, config().eventBuses.keys())}`);
    }
    answerTail(response, tails, { bus, patternJson, eventsPerSecondMax: rate, isWhole: whole });
  });
  return router;
}

/** Undefined for an empty body. */
async function patternOf(request: Request, response: Response): Promise<string | undefined> {
  const read = await readBody(request, response, {
    limit: BODY_LIMIT,
    budget: { tryTake: () => true, release: () => undefined },
  });
  if (!read.ok && read.reason === "too-large") {
    throw new HttpProblem(413, `a pattern has ${TAP_PATTERN_BYTES_MAX} bytes at most`);
  }
  const text = read.ok ? utf8Text(read.body) : undefined;
  if (text === undefined) throw new HttpProblem(400, "the body must be an event pattern, in UTF-8");
  return text.trim() === "" ? undefined : text;
}

/** Writes what routers send. While the caller reads more slowly than that, nothing is written to it. */
function answerTail(response: Response, tails: LiveTail, request: TapRequest): void {
  const write = (line: TailLine): boolean => {
    if (response.writableNeedDrain) return false;
    response.write(`${JSON.stringify(line)}\n`);
    heartbeat.refresh();
    return true;
  };
  const heartbeat = setInterval(() => write(NOTHING), HEARTBEAT_MS);
  const opened = tails.open(request, write);
  if (opened === "full") {
    clearInterval(heartbeat);
    throw new HttpProblem(429, `there are ${TAPS_MAX} live tails already`, { retryAfterSeconds: 1 });
  }
  const finish = (): void => {
    clearInterval(heartbeat);
    clearTimeout(end);
    opened.close();
    response.end();
  };
  const end = setTimeout(finish, TAIL_MS_MAX);
  response.once("close", finish);
  response.writeHead(200, { "content-type": LINES_CONTENT_TYPE });
  response.flushHeaders();
}
