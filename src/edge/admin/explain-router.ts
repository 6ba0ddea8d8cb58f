import type { Request, Response } from "express";
import { Router } from "express";
import { tryParseExactly } from "../../json/exact-json.ts";
import type { ExplainAnswer, ExplainRequest } from "../../ports/explain.ts";
import type { Identity } from "../../domain/arn.ts";
import { eventBusArn } from "../../domain/arn.ts";
import type { Json } from "../../json/json.ts";
import type { Limit } from "../../domain/limits.ts";
import type { Caller } from "../http/auth/caller.ts";
import { answerJson } from "../http/answer.ts";
import { readBody, utf8Text } from "../http/body.ts";
import { HttpProblem } from "../http/errors.ts";
import type { May } from "./may.ts";
import { anEventBus, callerOf } from "./may.ts";

/** Why an event matches rules, or does not. Nothing is said of buses that may not be explained to whoever asks. */
export type Explain = (asked: ExplainRequest, mayExplain: (bus: string) => boolean) => Promise<ExplainAnswer>;

/** A request to PutEvents may weigh no more, and one event is a part of it. */
const BODY_LIMIT: Limit = { max: 1_048_576, exceeded: () => undefined };
/** An operator asks for this now and then: whoever asks more is told to wait. */
const AT_ONCE_MAX = 4;

const ACTION = "busbar:ExplainEvent";

/**
 * `POST /api/v1/explain`: the body is the event, `?bus=` the bus it is put on, `?rule=` one rule of it. Without a bus in
 * the query it is the one that an entry in the body names, else `default`.
 */
export function explainRouter(explain: Explain, identity: Identity, may: May): Router {
  const router = Router();
  let ongoing = 0;
  router.post("/", may(ACTION, anEventBus), async (request, response) => {
    // Read before it takes a place: who sends slowly holds none.
    const event = await bodyOf(request, response);
    if (ongoing === AT_ONCE_MAX) {
      throw new HttpProblem(429, `no more than ${AT_ONCE_MAX} events are explained at once`, { retryAfterSeconds: 1 });
    }
    ongoing++;
    try {
      const asked = { event, ...optional("bus", request), ...optional("rule", request) };
      const caller = callerOf(request);
      const answer = await explain(asked, (bus) => caller.may(ACTION, eventBusArn(identity, bus)));
      if (!answer.ok) refuse(answer, caller, identity);
      answerJson(response, 200, answer.explanation);
    } finally {
      ongoing--;
    }
  });
  return router;
}

function refuse(answer: Exclude<ExplainAnswer, { ok: true }>, caller: Caller, identity: Identity): never {
  if (answer.reason === "forbidden") throw caller.refusal(ACTION, eventBusArn(identity, answer.bus));
  throw new HttpProblem(answer.reason === "unknown" ? 404 : 400, answer.message);
}

function optional<Name extends string>(name: Name, request: Request): { readonly [N in Name]?: string } {
  const value = once(request, name);
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]: string });
}

function once({ query }: Request, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === "string") return value;
  throw new HttpProblem(400, `${name} must be given once`);
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
