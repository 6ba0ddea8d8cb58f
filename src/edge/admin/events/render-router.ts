import type { Request, Response } from "express";
import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import { renderBody } from "../../../admin-api/events/render.ts";
import type { Limit } from "../../../domain/limits.ts";
import { readGivenInput } from "../../../domain/target/given-input.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { Json } from "../../../json/json.ts";
import type { RenderAnswer, RenderRequest } from "../../../ports/admin/render.ts";
import { readBody, utf8Text } from "../../http/body.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";

/** Renders an event as a target would be given it. */
export type Render = (asked: RenderRequest) => RenderAnswer;

export interface RenderOptions {
  readonly render: Render;
  readonly may: May;
}

/** An event of a request to PutEvents, and the longest transformer beside it. */
const BODY_LIMIT: Limit = { max: 1_114_112, exceeded: () => undefined };

/** `POST /api/v1/render`: what a target would be given, by the code that renders deliveries. Nothing is delivered. */
export function renderRouter({ render, may }: RenderOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.renderEvent, async ({ request, response, query }) => {
    const { event, ...given } = await bodyOf(request, response);
    const input = readGivenInput(given);
    if (!input.ok) return { problem: input.reason };
    const asked = { event, ...query, ...(input.input === undefined ? {} : { input: input.input }) };
    const answer = render(asked);
    switch (answer.is) {
      case "rendered":
        return { rendered: answer.json };
      case "failed":
        return { problem: answer.message };
      case "invalid":
      case "unknown":
        throw new HttpProblem(answer.is === "invalid" ? 400 : 404, answer.message);
    }
  });
  return router;
}

async function bodyOf(request: Request, response: Response) {
  const room = { tryTake: () => true, release: () => undefined };
  const read = await readBody(request, response, { limit: BODY_LIMIT, budget: room });
  if (!read.ok && read.reason === "too-large") {
    throw new HttpProblem(413, `an event and its input have ${BODY_LIMIT.max} bytes at most`);
  }
  const parsed = renderBody.safeParse(read.ok ? tryParseExactly(utf8Text(read.body) ?? "") : undefined);
  if (parsed.success) return { ...parsed.data, event: parsed.data.event as Json };
  const [issue] = parsed.error.issues;
  throw new HttpProblem(400, `the body is wrong: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}
