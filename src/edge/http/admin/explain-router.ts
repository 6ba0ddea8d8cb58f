import type { Request, Response } from "express";
import { Router } from "express";
import type { Json, JsonObject } from "../../../core/json.ts";
import { isJsonObject, parseJson } from "../../../core/json.ts";
import type { Limit } from "../../../core/limits.ts";
import { answerJson } from "../answer.ts";
import { readBody, utf8Text } from "../body.ts";
import { Problem } from "../errors.ts";
import type { May } from "./may.ts";
import { anEventBus } from "./may.ts";

/** Why an event matches the rules of a bus, or does not; undefined when there is no such bus. */
export type Explain = (event: JsonObject, bus: string) => Promise<Json | object> | undefined;

/** A request to PutEvents may weigh no more, and one event is a part of it. */
const BODY_LIMIT: Limit = { max: 1_048_576, exceeded: () => undefined };
/** For the one request in hand: an operator asks for this, now and then. */
const BUDGET = { tryTake: () => true, release: () => undefined };

/** `POST /api/v1/explain`: the body is the event, `?bus=` the bus it is put on. */
export function explainRouter(explain: Explain, may: May): Router {
  const router = Router();
  router.post("/", may("busbar:ExplainEvent", anEventBus), async (request, response) => {
    const bus = request.query["bus"] ?? "default";
    if (typeof bus !== "string") throw new Problem(400, "bus must be given once");
    const explanation = explain(await eventOf(request, response), bus);
    if (explanation === undefined) throw new Problem(404, `there is no event bus "${bus}"`);
    answerJson(response, 200, await explanation);
  });
  return router;
}

async function eventOf(request: Request, response: Response): Promise<JsonObject> {
  const read = await readBody(request, response, { limit: BODY_LIMIT, budget: BUDGET });
  if (!read.ok && read.reason === "too-large") throw new Problem(413, `an event has ${BODY_LIMIT.max} bytes at most`);
  const event = read.ok ? parseJson(utf8Text(read.body) ?? "") : undefined;
  if (isJsonObject(event)) return event;
  throw new Problem(400, "the body must be an event: a JSON object with source, detail-type, detail …");
}
