import { Router } from "express";
import type { DestinationListAnswer } from "../../admin-api/destinations.ts";
import type { Config } from "../../domain/config.ts";
import type { ApiDestination, FunctionConfig } from "../../domain/target/function.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { PauseControl } from "../../ports/pauses.ts";
import { answerJson } from "../http/answer.ts";
import type { May } from "./request.ts";

export interface DestinationsOptions {
  /** Throws the answer to the request while the router does not know yet what is paused. */
  readonly pauses: () => PauseControl;
  readonly config: () => Config;
  readonly may: May;
}

type Described = DestinationListAnswer["destinations"][number];

/** The functions and API destinations of the configuration in force. Their addresses may hold secrets, and are not shown. */
export function destinationsRouter({ pauses, config, may }: DestinationsOptions): Router {
  const router = Router();
  router.get("/", may("busbar:ListDestinations"), (_request, response) => {
    const { functions, apiDestinations } = config();
    const paused = new Map(
      pauses()
        .list()
        .map((pause) => [pause.destination, pause]),
    );
    const all = [...[...functions.values()].map(ofFunction), ...[...apiDestinations.values()].map(ofApiDestination)];
    const destinations = all.map((one) => {
      const pause = paused.get(one.destination);
      return pause === undefined ? one : { ...one, pause };
    });
    answerJson(response, 200, { destinations } satisfies DestinationListAnswer);
  });
  return router;
}

function ofFunction(fn: FunctionConfig): Described {
  const { name, run, description, concurrency, maximumRetryAttempts, maximumEventAgeInSeconds } = fn;
  return {
    destination: destinationLabel({ kind: "function", name }),
    calledBy: run.kind,
    ...(description === undefined ? {} : { description }),
    concurrency,
    maximumRetryAttempts,
    maximumEventAgeInSeconds,
  };
}

/** How often it is tried again is a matter of each target. */
function ofApiDestination({ name, description, concurrency }: ApiDestination): Described {
  return {
    destination: destinationLabel({ kind: "api-destination", name }),
    calledBy: "api-destination",
    ...(description === undefined ? {} : { description }),
    concurrency,
  };
}
