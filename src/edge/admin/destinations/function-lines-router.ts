import { Router } from "express";
import type { FunctionLineShown } from "../../../admin-api/destinations/function-lines.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Config } from "../../../domain/config.ts";
import { readFilterPattern } from "../../../domain/logs/filter/filter-pattern.ts";
import { linePlaceOf, tokenOf } from "../../../domain/logs/line-place.ts";
import { hasLogGroup, NO_LINES_KEPT } from "../../../domain/logs/log-line.ts";
import type { FunctionConfig } from "../../../domain/target/function.ts";
import type { FunctionLines, KeptLine, LinesQuery } from "../../../ports/functions/function-logs.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { AskBroker, May } from "../request.ts";
import { serveOn } from "../serve.ts";
import { askedFunction } from "./asked-function.ts";

export interface FunctionLinesRouterOptions {
  /** Throws the answer to the request while the broker is not connected. */
  readonly functionLines: () => FunctionLines;
  readonly config: () => Config;
  readonly may: May;
  readonly ask: AskBroker;
}

/**
 * `GET /api/v1/functions/NAME/lines`: what a function wrote, at whichever router. Who follows goes on by place, and so
 * misses no line, however late it comes.
 */
export function functionLinesRouter({ functionLines, config, may, ask }: FunctionLinesRouterOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listFunctionLines, async ({ path, query }) => {
    const lines = functionLines();
    const { name: functionName } = functionWithLines(askedFunction(path, config()), lines);
    const { request, filter = "", fromMs, toMs, limit, after } = query;
    const pattern = readFilterPattern(filter);
    if (!pattern.ok) throw new HttpProblem(400, `filter: ${pattern.problem}`);
    const from = linePlaceOf(after ?? "");
    const asked: LinesQuery = {
      functionName,
      ...(from === undefined ? {} : { from }),
      ...(fromMs === undefined ? {} : { sinceMs: fromMs }),
      ...(toMs === undefined ? {} : { untilMs: toMs }),
      fits: ({ requestId, text }) => (request === undefined || requestId === request) && pattern.fits(text),
      limit,
    };
    const { lines: found, next, isAtEnd } = await ask(lines.read(asked));
    return { lines: found.map(shownLine), ...(next === undefined ? {} : { next: tokenOf(next) }), atEnd: isAtEnd };
  });
  return router;
}

/** @throws HttpProblem 409 for a function whose lines do not come here */
function functionWithLines(fn: FunctionConfig, { isOn }: FunctionLines): FunctionConfig {
  if (!hasLogGroup(fn)) {
    throw new HttpProblem(409, `function "${fn.name}" is no process of a router: what it writes is kept elsewhere`);
  }
  if (!isOn) throw new HttpProblem(409, NO_LINES_KEPT);
  return fn;
}

function shownLine({ atMs, source, text, requestId, logStream }: KeptLine): FunctionLineShown {
  return { atMs, source, text, ...(requestId === undefined ? {} : { requestId }), logStream };
}
