import { Router } from "express";
import type { DestinationListAnswer } from "../../../admin-api/destinations/destinations.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Identity } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import { usedConnection } from "../../../domain/made/connection.ts";
import type { Made } from "../../../domain/made/made.ts";
import type { ApiDestination, FunctionConfig } from "../../../domain/target/function.ts";
import { destinationLabel } from "../../../domain/target/target.ts";
import type { PauseControl } from "../../../ports/admin/pauses.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";

export interface DestinationsOptions {
  /** Throws the answer to the request while the router does not know yet what is paused. */
  readonly pauses: () => PauseControl;
  readonly config: () => Config;
  readonly identity: Identity;
  readonly may: May;
}

type Described = DestinationListAnswer["destinations"][number];

/** The functions and API destinations of the configuration in force. Their addresses may hold secrets, and are not shown. */
export function destinationsRouter({ pauses, config, identity, may }: DestinationsOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listDestinations, () => {
    const { functions, apiDestinations, made } = config();
    const paused = new Map(
      pauses()
        .list()
        .map((pause) => [pause.destination, pause]),
    );
    const all = [
      ...[...functions.values()].map(ofFunction),
      ...[...apiDestinations.values()].map((one) => ofApiDestination(one, made, identity)),
    ];
    const destinations = all.map((one) => {
      const pause = paused.get(one.destination);
      return pause === undefined ? one : { ...one, pause };
    });
    return { destinations };
  });
  return router;
}

function ofFunction(fn: FunctionConfig): Described {
  const { name, run, description, concurrency, maximumRetryAttempts, maximumEventAgeInSeconds, orderBy } = fn;
  return {
    destination: destinationLabel({ kind: "function", name }),
    calledBy: run.kind,
    ...(description === undefined ? {} : { description }),
    concurrency,
    maximumRetryAttempts,
    maximumEventAgeInSeconds,
    ...(orderBy === undefined ? {} : { orderBy }),
  };
}

/** How often it is tried again is a matter of each target. */
function ofApiDestination(
  { name, description, concurrency }: ApiDestination,
  made: Made | undefined,
  identity: Identity,
): Described {
  const ofApi = made?.apiDestinations.get(name);
  const used = made && ofApi && usedConnection(identity, ofApi, made.connections);
  return {
    destination: destinationLabel({ kind: "api-destination", name }),
    calledBy: "api-destination",
    ...(description === undefined ? {} : { description }),
    concurrency,
    ...(used === undefined ? {} : { connection: { name: used.name, state: used.connection.state } }),
  };
}
