import type { Request } from "express";
import { Router } from "express";
import { PublishError } from "../../ports/publisher.ts";
import type { Config } from "../../domain/config.ts";
import type { PauseControl, PauseFacts } from "../../ports/pauses.ts";
import { isLine } from "../../text/line.ts";
import { PAUSE_REASON_CHARACTERS_MAX, PAUSED_BY_CHARACTERS_MAX } from "../../ports/pauses.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel, parseDestinationLabel } from "../../domain/target/target.ts";
import { answerJson } from "../http/answer.ts";
import { HttpProblem } from "../http/errors.ts";
import type { May } from "./may.ts";
import { aDestination, callerIdOf } from "./may.ts";

export interface PausedRouterDeps {
  /** Undefined until it is known what is paused. */
  readonly pauses: () => PauseControl | undefined;
  readonly config: () => Config;
  readonly may: May;
}

/** The destinations that are paused, as a collection that a destination is put into and deleted from. */
export function pausedRouter({ pauses, config, may }: PausedRouterDeps): Router {
  const router = Router();

  const known = (): PauseControl => {
    const control = pauses();
    if (control !== undefined) return control;
    throw new HttpProblem(503, "the broker has not told yet what is paused", { retryAfterSeconds: 1 });
  };

  router.get("/", may("busbar:ListPaused"), (_request, response) =>
    answerJson(response, 200, { paused: known().list() }),
  );

  router.put("/:kind/:name", may("busbar:PauseDestination", aDestination), async (request, response) => {
    const destination = destinationOf(request, config());
    const facts = {
      ...authorOf(request),
      ...textOf(request, "reason", PAUSE_REASON_CHARACTERS_MAX),
    };
    answerJson(response, 200, await stored(known().pause(destination, facts)));
  });

  router.delete("/:kind/:name", may("busbar:ResumeDestination", aDestination), async (request, response) => {
    const destination = destinationOf(request, config());
    const label = destinationLabel(destination);
    if (!(await stored(known().resume(destination)))) {
      throw new HttpProblem(409, `${label} is paused by the configuration: take \`paused: true\` out there`);
    }
    answerJson(response, 200, { destination: label });
  });

  return router;
}

function destinationOf({ params }: Request, { functions, apiDestinations }: Config): DestinationRef {
  const label = `${String(params["kind"])}/${String(params["name"])}`;
  const destination = parseDestinationLabel(label);
  if (destination === undefined) throw new HttpProblem(404, "a destination is function/NAME or api-destination/NAME");
  const configured = destination.kind === "function" ? functions : apiDestinations;
  if (!configured.has(destination.name)) throw new HttpProblem(404, `there is no ${label} in the configuration`);
  return destination;
}

/** Who pauses. A caller that was asked who it is may add a name, as the holders of one token do, and not replace its own. */
function authorOf(request: Request): Pick<PauseFacts, "by"> {
  const { by } = textOf(request, "by", PAUSED_BY_CHARACTERS_MAX);
  const id = callerIdOf(request);
  if (id !== undefined) return { by: by === undefined ? id : `${id} (${by})` };
  return by === undefined ? {} : { by };
}

/** A text of the query, by its name; nothing when it is absent or empty. */
function textOf<Name extends string>(
  { query }: Request,
  name: Name,
  charactersMax: number,
): Partial<Record<Name, string>> {
  const value = query[name] ?? "";
  if (!isLine(value, charactersMax)) {
    throw new HttpProblem(400, `${name} must be a text on one line, of at most ${charactersMax} characters`);
  }
  return value === "" ? {} : ({ [name]: value } as Partial<Record<Name, string>>);
}

/** What the broker cannot store now is no fault of the request. */
async function stored<Result>(change: Promise<Result>): Promise<Result> {
  try {
    return await change;
  } catch (cause) {
    if (!(cause instanceof PublishError)) throw cause;
    throw new HttpProblem(503, "the broker did not store it", { retryAfterSeconds: 1, cause });
  }
}
