import type { Request } from "express";
import { Router } from "express";
import type {
  AttemptListed,
  Coverage,
  DeliveryAnswer,
  EventListed,
  EventWay,
  Happening,
  HappeningKind,
  LetterGroups,
  LetterListed,
  ListPage,
  Summary,
} from "../../admin-api/history.ts";
import type {
  AttemptFilter,
  EventFilter,
  HappeningFilter,
  LetterFilter,
  SummaryRange,
} from "../../admin-api/history-filters.ts";
import {
  attemptListParameters,
  eventListParameters,
  HAPPENING_KINDS,
  happeningListParameters,
  letterListParameters,
  summaryParameters,
} from "../../admin-api/history-parameters.ts";
import type { Identity } from "../../domain/arn.ts";
import { eventBusArn } from "../../domain/arn.ts";
import { answerJson } from "../http/answer.ts";
import { HttpProblem } from "../http/errors.ts";
import type { Reader } from "./readable-history.ts";
import { readableDelivery, readablePage, readableWay } from "./readable-history.ts";
import type { May } from "./request.ts";
import { callerOf, parametersOf } from "./request.ts";

/** What is known of the events of the past. */
export interface History {
  eventById(id: string): Promise<EventWay | undefined>;
  deliveryById(id: string): Promise<DeliveryAnswer | undefined>;
  events(filter: EventFilter): Promise<ListPage<EventListed>>;
  attempts(filter: AttemptFilter): Promise<ListPage<AttemptListed>>;
  letters(filter: LetterFilter): Promise<ListPage<LetterListed>>;
  letterGroups(filter: LetterFilter): Promise<LetterGroups>;
  happenings(kind: HappeningKind, filter: HappeningFilter): Promise<ListPage<Happening<HappeningKind>>>;
  summary(range: SummaryRange): Promise<Summary>;
  coverage(): Promise<Coverage>;
}

export interface HistoryOptions {
  readonly history: () => History;
  readonly identity: Identity;
  readonly may: May;
}

const NOT_KNOWN = "it is not in the journal: never there, left out while there was too much, or no longer kept";

/**
 * What became of events, as far as the journal tells: `/events`, `/deliveries` and so on. Who may read the events of one
 * bus has to name it. Events and answers are shown to who may read payloads.
 */
export function historyRouter({ history, identity, may }: HistoryOptions): Router {
  const router = Router();
  const allBuses = eventBusArn(identity, "*");
  const busOf = ({ query }: Request): string =>
    typeof query["bus"] === "string" ? eventBusArn(identity, query["bus"]) : allBuses;
  const readerOf = (request: Request): Reader => ({ caller: callerOf(request), identity });
  const readsAll = may("busbar:ReadEvents", () => allBuses);

  router.get("/events", may("busbar:ReadEvents", busOf), async (request, response) => {
    const page = await history().events(filterOf(parametersOf(request, eventListParameters)));
    answerJson(
      response,
      200,
      readablePage(page, readerOf(request), ({ bus }) => bus),
    );
  });

  // The bus is known once the event is.
  router.get(
    "/events/:id",
    may("busbar:ReadEvents", () => undefined),
    async (request, response) => {
      const way = await history().eventById(idOf(request));
      if (way === undefined) throw new HttpProblem(404, NOT_KNOWN);
      answerJson(response, 200, readableWay(way, readerOf(request)));
    },
  );

  router.get(
    "/deliveries/:id",
    may("busbar:ReadEvents", () => undefined),
    async (request, response) => {
      const answer = await history().deliveryById(idOf(request));
      if (answer === undefined) throw new HttpProblem(404, NOT_KNOWN);
      answerJson(response, 200, readableDelivery(answer, readerOf(request)));
    },
  );

  router.get("/attempts", readsAll, async (request, response) => {
    const { failed, ...filter } = parametersOf(request, attemptListParameters);
    const failedOnly = failed === "true" ? { failedOnly: true } : {};
    const page = await history().attempts({ ...filterOf(filter), ...failedOnly });
    answerJson(
      response,
      200,
      readablePage(page, readerOf(request), ({ origin }) => origin?.bus),
    );
  });

  router.get("/letters", readsAll, async (request, response) => {
    const page = await history().letters(filterOf(parametersOf(request, letterListParameters)));
    answerJson(
      response,
      200,
      readablePage(page, readerOf(request), ({ origin }) => origin?.bus),
    );
  });

  router.get("/letter-groups", readsAll, async (request, response) => {
    answerJson(response, 200, await history().letterGroups(filterOf(parametersOf(request, letterListParameters))));
  });

  router.get("/summary", readsAll, async (request, response) => {
    answerJson(response, 200, await history().summary(parametersOf(request, summaryParameters)));
  });

  router.get("/coverage", readsAll, async (_request, response) => {
    answerJson(response, 200, await history().coverage());
  });

  for (const kind of HAPPENING_KINDS) {
    const guard =
      kind === "audit"
        ? may("busbar:ReadAudit")
        : kind === "output"
          ? may("busbar:ReadPayloads", () => allBuses)
          : readsAll;
    router.get(`/happenings/${kind}`, guard, async (request, response) => {
      const filter = filterOf(parametersOf(request, happeningListParameters));
      answerJson(response, 200, await history().happenings(kind, filter));
    });
  }

  return router;
}

function idOf({ params }: Request): string {
  return String(params["id"]);
}

/** The filter of a list, from a request's parameters. */
function filterOf<Given extends { readonly fromMs?: number; readonly toMs?: number }>({
  fromMs,
  toMs,
  ...given
}: Given): Omit<Given, "fromMs" | "toMs"> & { readonly from?: number; readonly to?: number } {
  return {
    ...given,
    ...(fromMs === undefined ? {} : { from: fromMs }),
    ...(toMs === undefined ? {} : { to: toMs }),
  };
}
