import type { Request } from "express";
import { Router } from "express";
import type { PauseAnswer, PausedAnswer, ResumedAnswer } from "../../admin-api/paused.ts";
import { pauseParameters } from "../../admin-api/paused.ts";
import type { Identity } from "../../domain/arn.ts";
import { targetArn } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { findDestination } from "../../domain/config.ts";
import type { PauseFacts } from "../../domain/target/pause.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel, parseDestinationLabel } from "../../domain/target/target.ts";
import type { PauseControl } from "../../ports/pauses.ts";
import { PublishError } from "../../ports/publisher.ts";
import { answerJson } from "../http/answer.ts";
import { HttpProblem } from "../http/errors.ts";
import type { May } from "./request.ts";
import { callerOf, parametersOf } from "./request.ts";

export interface PausedOptions {
  /** Throws the answer to the request while the router does not know yet what is paused. */
  readonly pauses: () => PauseControl;
  readonly config: () => Config;
  readonly may: May;
}

/** The paused destinations, as a collection: a PUT of a destination pauses it, a DELETE resumes it. */
export function pausedRouter({ pauses, config, may }: PausedOptions): Router {
  const router = Router();

  router.get("/", may("busbar:ListPaused"), (_request, response) =>
    answerJson(response, 200, { paused: pauses().list() } satisfies PausedAnswer),
  );

  router.put("/:kind/:name", may("busbar:PauseDestination", aDestination), async (request, response) => {
    const destination = destinationOf(request, config());
    const pause = await stored(pauses().pause(destination, factsOf(request)));
    answerJson(response, 200, pause satisfies PauseAnswer);
  });

  router.delete("/:kind/:name", may("busbar:ResumeDestination", aDestination), async (request, response) => {
    const destination = destinationOf(request, config());
    const label = destinationLabel(destination);
    if (!(await stored(pauses().resume(destination)))) {
      throw new HttpProblem(409, `${label} is paused by the configuration: remove \`paused: true\` there`);
    }
    answerJson(response, 200, { destination: label } satisfies ResumedAnswer);
  });

  return router;
}

function labelOf({ params }: Request): string {
  return `${String(params["kind"])}/${String(params["name"])}`;
}

/** The destination in a request's path, as the resource of its guard. */
function aDestination(request: Request, identity: Identity): string {
  const destination = parseDestinationLabel(labelOf(request));
  return destination === undefined ? "*" : targetArn(identity, destination);
}

function destinationOf(request: Request, config: Config): DestinationRef {
  const label = labelOf(request);
  const destination = parseDestinationLabel(label);
  if (destination === undefined) throw new HttpProblem(404, "a destination is function/NAME or api-destination/NAME");
  if (findDestination(config, destination) === undefined) {
    throw new HttpProblem(404, `there is no ${label} in the configuration`);
  }
  return destination;
}

/** The reason and the author. The name that a known caller gives stands behind its own id, since a token may have several holders. */
function factsOf(request: Request): PauseFacts {
  const { reason, by: name } = parametersOf(request, pauseParameters);
  const { id } = callerOf(request);
  const by = id !== undefined && name !== undefined ? `${id} (${name})` : (id ?? name);
  return { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
}

/** The request is not at fault when the broker cannot store the change now. */
async function stored<Result>(change: Promise<Result>): Promise<Result> {
  try {
    return await change;
  } catch (cause) {
    if (!(cause instanceof PublishError)) throw cause;
    throw new HttpProblem(503, "the broker did not store it", { retryAfterSeconds: 1, cause });
  }
}
