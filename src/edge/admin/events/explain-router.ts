import type { Request, Response } from "express";
import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Identity } from "../../../domain/arn.ts";
import { eventBusArn } from "../../../domain/arn.ts";
import type { Limit } from "../../../domain/limits.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { Json } from "../../../json/json.ts";
import type { ExplainAnswer, ExplainPut, ExplainRequest } from "../../../ports/admin/explain.ts";
import type { Caller } from "../../http/auth/caller.ts";
import { readBody, utf8Text } from "../../http/body.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { callerOf } from "../request.ts";
import type { Asked } from "../serve.ts";
import { serveOn } from "../serve.ts";

/** Why an event matches rules, or does not. The answer leaves out buses that the caller may not have explained. */
export type Explain = (
  asked: ExplainRequest,
  mayExplain: (bus: string) => boolean,
  explainPut?: ExplainPut,
) => Promise<ExplainAnswer>;

/** The same by the rules of a configuration that is kept; `unknown` where it is not. */
export type ExplainKept = (digest: string, ...asked: Parameters<Explain>) => Promise<ExplainAnswer>;

export interface ExplainOptions {
  readonly identity: Identity;
  readonly may: May;
}

/** The bytes of a whole request to PutEvents, of which one event is a part. */
const BODY_LIMIT: Limit = { max: 1_048_576, exceeded: () => undefined };
/** Explaining takes up to a second of the router's time. */
const AT_ONCE_MAX = 4;

const ACTION = "busbar:ExplainEvent";

/**
 * `POST /api/v1/explain`: the body is the event, `?bus=` the bus that it is put on, `?rule=` one rule of that bus. Without
 * `?bus=` it is the bus that an entry in the body names, else `default`.
 */
export function explainRouter({ explain, identity, may }: ExplainOptions & { readonly explain: Explain }): Router {
  const router = Router();
  const answerTo = answering(identity);
  serveOn(router, may)(OPERATIONS.explainEvent, (asked) => answerTo(asked, explain));
  return router;
}

/** `POST /api/v1/configurations/DIGEST/explain`: the same by the rules of a configuration that is kept. */
export function explainKeptRouter(options: ExplainOptions & { readonly explainKept: ExplainKept }): Router {
  const { explainKept, identity, may } = options;
  const router = Router();
  const answerTo = answering(identity);
  serveOn(router, may)(OPERATIONS.explainKept, (asked) =>
    answerTo(asked, (...wanted) => explainKept(asked.path.digest, ...wanted)),
  );
  return router;
}

type AskedToExplain = Pick<Asked<typeof OPERATIONS.explainEvent>, "request" | "response" | "query">;

/** Answers requests to explain, a few at once. */
function answering(identity: Identity) {
  let ongoing = 0;

  return async ({ request, response, query }: AskedToExplain, explain: Explain) => {
    // The body first: a caller that sends slowly must not hold one of the few places.
    const event = await bodyOf(request, response);
    if (ongoing === AT_ONCE_MAX) {
      throw new HttpProblem(429, `no more than ${AT_ONCE_MAX} events are explained at once`, { retryAfterSeconds: 1 });
    }
    ongoing++;
    try {
      const caller = callerOf(request);
      const mayExplain = (bus: string) => caller.may(ACTION, eventBusArn(identity, bus));
      const answer = await explain({ event, ...query }, mayExplain, (...put) => caller.explainPut(identity, ...put));
      if (!answer.ok) throw refusalOf(answer, caller, identity);
      return answer.explanation;
    } finally {
      ongoing--;
    }
  };
}

function refusalOf(answer: Exclude<ExplainAnswer, { ok: true }>, caller: Caller, identity: Identity): Error {
  if (answer.reason === "forbidden") return caller.refusal(ACTION, eventBusArn(identity, answer.bus));
  return new HttpProblem(answer.reason === "unknown" ? 404 : 400, answer.message);
}

async function bodyOf(request: Request, response: Response): Promise<Json | undefined> {
  const read = await readBody(request, response, {
    limit: BODY_LIMIT,
    budget: { tryTake: () => true, release: () => undefined },
  });
  if (!read.ok && read.reason === "too-large")
    throw new HttpProblem(413, `an event has ${BODY_LIMIT.max} bytes at most`);
  return read.ok ? tryParseExactly(utf8Text(read.body) ?? "") : undefined;
}
