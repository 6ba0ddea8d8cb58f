import type { Request } from "express";
import { Router } from "express";
import type { QueryOf } from "../../../admin-api/operations/operation.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Config } from "../../../domain/config.ts";
import { findDestination } from "../../../domain/config.ts";
import type { PauseFacts } from "../../../domain/target/pause.ts";
import type { DestinationRef } from "../../../domain/target/target.ts";
import { destinationLabel, parseDestinationLabel } from "../../../domain/target/target.ts";
import type { PauseControl } from "../../../ports/admin/pauses.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { May } from "../request.ts";
import { callerOf, stored } from "../request.ts";
import type { Asked } from "../serve.ts";
import { serveOn } from "../serve.ts";

export interface PausedOptions {
  /** Throws the answer to the request while the router does not know yet what is paused. */
  readonly pauses: () => PauseControl;
  readonly config: () => Config;
  readonly may: May;
}

/** The paused destinations, as a collection: a PUT of a destination pauses it, a DELETE resumes it. */
export function pausedRouter({ pauses, config, may }: PausedOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.listPaused, () => ({ paused: pauses().list() }));

  serve(OPERATIONS.pauseDestination, ({ path, query, request }) => {
    const destination = destinationOf(path, config());
    return stored(pauses().pause(destination, factsOf(query, request)));
  });

  serve(OPERATIONS.resumeDestination, async ({ path }) => {
    const destination = destinationOf(path, config());
    const label = destinationLabel(destination);
    if (!(await stored(pauses().resume(destination)))) {
      throw new HttpProblem(409, `${label} is paused by the configuration: remove \`paused: true\` there`);
    }
    return { destination: label };
  });

  return router;
}

type InPath = Asked<typeof OPERATIONS.pauseDestination>["path"];

function destinationOf({ kind, name }: InPath, config: Config): DestinationRef {
  const label = `${kind}/${name}`;
  const destination = parseDestinationLabel(label);
  if (destination === undefined) throw new HttpProblem(404, "a destination is function/NAME or api-destination/NAME");
  if (findDestination(config, destination) === undefined) {
    throw new HttpProblem(404, `there is no ${label} in the configuration`);
  }
  return destination;
}

/** The reason and the author. The name that a known caller gives stands behind its own id, since a token may have several holders. */
function factsOf({ reason, by: name }: QueryOf<typeof OPERATIONS.pauseDestination>, request: Request): PauseFacts {
  const { id } = callerOf(request);
  const by = id !== undefined && name !== undefined ? `${id} (${name})` : (id ?? name);
  return { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
}
