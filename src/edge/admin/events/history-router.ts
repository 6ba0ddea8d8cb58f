import type { Request } from "express";
import { Router } from "express";
import type {
  AttemptListed,
  Coverage,
  DeliveryAnswer,
  EventListed,
  EventWay,
  LetterGroups,
  LetterListed,
  ListPage,
  Summary,
} from "../../../admin-api/history/history.ts";
import type { EventBodyListed, Flows } from "../../../admin-api/history/flows.ts";
import type { Happening, HappeningKind } from "../../../admin-api/history/happenings.ts";
import type {
  AttemptFilter,
  EventBodyFilter,
  EventFilter,
  HappeningFilter,
  LetterFilter,
  SummaryRange,
} from "../../../admin-api/history/filters.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Identity } from "../../../domain/arn.ts";
import { eventBusArn } from "../../../domain/arn.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { Reader } from "./readable-history.ts";
import { readableDelivery, readablePage, readableWay } from "./readable-history.ts";
import type { May } from "../request.ts";
import { callerOf } from "../request.ts";
import { serveOn } from "../serve.ts";

/** What is known of the events of the past. */
export interface History {
  eventById(id: string): Promise<EventWay | undefined>;
  deliveryById(id: string): Promise<DeliveryAnswer | undefined>;
  events(filter: EventFilter): Promise<ListPage<EventListed>>;
  eventBodies(filter: EventBodyFilter): Promise<ListPage<EventBodyListed>>;
  attempts(filter: AttemptFilter): Promise<ListPage<AttemptListed>>;
  letters(filter: LetterFilter): Promise<ListPage<LetterListed>>;
  letterGroups(filter: LetterFilter): Promise<LetterGroups>;
  happenings<Kind extends HappeningKind>(kind: Kind, filter: HappeningFilter): Promise<ListPage<Happening<Kind>>>;
  summary(range: SummaryRange): Promise<Summary>;
  flows(atMs: number): Promise<Flows>;
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
  const serve = serveOn(router, may);
  const readerOf = (request: Request): Reader => ({ caller: callerOf(request), identity });

  serve(OPERATIONS.listEvents, async ({ request, query }) => {
    // What is found by a value says what the value is.
    if (query.field !== undefined) {
      callerOf(request).authorize("busbar:ReadPayloads", eventBusArn(identity, query.bus ?? "*"));
    }
    return readablePage(await history().events(filterOf(query)), readerOf(request), ({ bus }) => bus);
  });

  serve(OPERATIONS.listEventBodies, ({ request, query }) => {
    callerOf(request).authorize("busbar:ReadEvents", eventBusArn(identity, query.bus));
    return history().eventBodies(filterOf(query));
  });

  // The bus is known once the event is.
  serve(OPERATIONS.getEvent, async ({ request, path }) => {
    const way = await history().eventById(path.id);
    if (way === undefined) throw new HttpProblem(404, NOT_KNOWN);
    return readableWay(way, readerOf(request));
  });

  serve(OPERATIONS.getDelivery, async ({ request, path }) => {
    const answer = await history().deliveryById(path.id);
    if (answer === undefined) throw new HttpProblem(404, NOT_KNOWN);
    return readableDelivery(answer, readerOf(request));
  });

  serve(OPERATIONS.listAttempts, async ({ request, query: { failed, ...filter } }) => {
    const failedOnly = failed === "true" ? { failedOnly: true } : {};
    const page = await history().attempts({ ...filterOf(filter), ...failedOnly });
    return readablePage(page, readerOf(request), ({ origin }) => origin?.bus);
  });

  serve(OPERATIONS.listLetters, async ({ request, query }) =>
    readablePage(await history().letters(filterOf(query)), readerOf(request), ({ origin }) => origin?.bus),
  );

  serve(OPERATIONS.groupLetters, ({ query }) => history().letterGroups(filterOf(query)));
  serve(OPERATIONS.summarize, ({ query }) => history().summary(query));
  serve(OPERATIONS.getFlows, ({ query: { atMs } }) => history().flows(atMs));
  serve(OPERATIONS.getCoverage, () => history().coverage());

  serve(OPERATIONS.listCircuits, ({ query }) => history().happenings("circuit", filterOf(query)));
  serve(OPERATIONS.listPauses, ({ query }) => history().happenings("pause", filterOf(query)));
  serve(OPERATIONS.listReloads, ({ query }) => history().happenings("reload", filterOf(query)));
  serve(OPERATIONS.listAudit, ({ query }) => history().happenings("audit", filterOf(query)));
  serve(OPERATIONS.listOutput, ({ query }) => history().happenings("output", filterOf(query)));
  serve(OPERATIONS.listPurges, ({ query }) => history().happenings("purge", filterOf(query)));
  serve(OPERATIONS.listRedrives, ({ query }) => history().happenings("redrive", filterOf(query)));
  serve(OPERATIONS.listBatches, ({ query }) => history().happenings("batch", filterOf(query)));
  serve(OPERATIONS.listJobRecords, ({ query }) => history().happenings("job", filterOf(query)));

  return router;
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
