import type { Request, Response } from "express";
import { Router } from "express";
import { LINES_CONTENT_TYPE } from "../../../admin-api/answers.ts";
import type { FunctionTestAnswer, FunctionTestProgressLine } from "../../../admin-api/destinations/function-tests.ts";
import { TEST_PAYLOAD_BYTES_MAX } from "../../../admin-api/destinations/function-tests.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Config } from "../../../domain/config.ts";
import type { Limit } from "../../../domain/limits.ts";
import type { FunctionConfig } from "../../../domain/target/function.ts";
import { destinationLabel } from "../../../domain/target/target.ts";
import { isJson } from "../../../json/is-json.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import type { FunctionTests, TestState } from "../../../ports/admin/function-tests.ts";
import type { PauseControl } from "../../../ports/admin/pauses.ts";
import { readBody } from "../../http/body.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { serveWritingOn } from "../serve.ts";
import { askedFunction } from "./asked-function.ts";

/** A line at least so often: proxies close a silent answer. */
const HEARTBEAT_MS = 5_000;

const BODY_LIMIT: Limit = { max: TEST_PAYLOAD_BYTES_MAX, exceeded: () => undefined };

export interface FunctionTestsRouterOptions {
  /** Throws the answer to the request while there is no connection. */
  readonly router: () => { readonly functionTests: FunctionTests; readonly pauses: Pick<PauseControl, "list"> };
  readonly config: () => Config;
  readonly may: May;
}

/**
 * `POST /api/v1/functions/NAME/test`: calls a function once with the body as its payload, and answers with JSON lines:
 * that the test waits, that a router has it in hand, and at the end what came of it.
 */
export function functionTestsRouter({ router, config, may }: FunctionTestsRouterOptions): Router {
  const routes = Router();
  serveWritingOn(routes, may)(OPERATIONS.testFunction, async ({ request, response, path, query: { waitSeconds } }) => {
    const { functionTests, pauses } = router();
    const fn = askedFunction(path, config());
    const payload = await payloadOf(request, response);
    refuseWhilePaused(fn, pauses);
    await answerTest(response, functionTests, { fn, payload, waitMs: waitSeconds * 1_000 });
  });
  return routes;
}

async function payloadOf(request: Request, response: Response): Promise<Buffer> {
  const budget = { tryTake: () => true, release: () => undefined };
  const read = await readBody(request, response, { limit: BODY_LIMIT, budget });
  if (!read.ok && read.reason === "too-large") {
    throw new HttpProblem(413, `a payload has ${TEST_PAYLOAD_BYTES_MAX} bytes at most`);
  }
  if (read.ok && isJson(read.body)) return read.body;
  throw new HttpProblem(400, "the body must be the function's payload: JSON in UTF-8");
}

/** It would wait in the queue until nobody waits for it. */
function refuseWhilePaused({ name }: FunctionConfig, pauses: Pick<PauseControl, "list">): void {
  const label = destinationLabel({ kind: "function", name });
  if (pauses.list().some(({ destination }) => destination === label)) {
    throw new HttpProblem(409, `${label} is paused: resume it first`);
  }
}

interface Asked {
  readonly fn: FunctionConfig;
  readonly payload: Buffer;
  readonly waitMs: number;
}

/** Until the test is in the function's queue, it may be refused with a status; from then on the answer is lines. */
async function answerTest(response: Response, tests: FunctionTests, { fn, payload, waitMs }: Asked): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  const progress: { latest?: FunctionTestProgressLine } = {};
  const reached = (state: TestState, deliveryId: string): void => {
    if (progress.latest === undefined) response.writeHead(200, { "content-type": LINES_CONTENT_TYPE });
    progress.latest = { state, deliveryId };
    response.write(lineOf(progress.latest));
  };
  const heartbeat = setInterval(() => progress.latest && response.write(lineOf(progress.latest)), HEARTBEAT_MS);
  try {
    const result = await tests.test(fn, payload, { waitMs, signal: left.signal, reached });
    if (result === "full") throw new HttpProblem(429, "too many tests are under way", { retryAfterSeconds: 1 });
    const deliveryId = progress.latest?.deliveryId ?? "";
    response.end(lineOf({ state: "ended", deliveryId, ...result } satisfies FunctionTestAnswer));
  } catch (cause) {
    // Nobody reads the answer any more.
    if (left.signal.aborted) return;
    if (!(cause instanceof PublishError)) throw cause;
    throw new HttpProblem(503, "the broker did not store the test", { retryAfterSeconds: 1, cause });
  } finally {
    clearInterval(heartbeat);
  }
}

function lineOf(line: FunctionTestProgressLine | FunctionTestAnswer): string {
  return `${JSON.stringify(line)}\n`;
}
