import { Router } from "express";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Identity } from "../../../domain/arn.ts";
import { eventBusArn } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import type { ArchivedEvents } from "../../../ports/admin/archived-events.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { AskBroker, May } from "../request.ts";
import { callerOf } from "../request.ts";
import { serveOn } from "../serve.ts";

export interface ArchivedEventsRouterOptions {
  /** Throws the answer to the request while the broker is not connected. */
  readonly archivedEvents: () => ArchivedEvents;
  readonly config: () => Config;
  readonly identity: Identity;
  readonly may: May;
  readonly ask: AskBroker;
}

/** `GET /api/v1/archives/ARCHIVE/events`: whole events of an archive, with the rules that match them. */
export function archivedEventsRouter(options: ArchivedEventsRouterOptions): Router {
  const { archivedEvents, config, identity, may, ask } = options;
  const router = Router();
  serveOn(router, may)(OPERATIONS.listArchivedEvents, async ({ path: { archive }, query: { from, to }, request }) => {
    const bus = config().archives.get(archive)?.bus;
    if (bus === undefined) throw new HttpProblem(404, `there is no archive "${archive}"`);
    const caller = callerOf(request);
    caller.authorize("busbar:ReadPayloads", eventBusArn(identity, bus));
    if (from > to) throw new HttpProblem(400, "from must not be after to");
    const matches = await ask(archivedEvents().matches(archive, { fromMs: from, toMs: to }));
    if (matches === undefined) throw new HttpProblem(404, `the broker has no archive "${archive}"`);
    const mayKnow = readableBuses((other) => caller.may("busbar:ReadEvents", eventBusArn(identity, other)));
    const events = matches.events.map(({ id, atMs, json, rules }) => ({
      id,
      acceptedAt: new Date(atMs).toISOString(),
      json,
      rules: rules.filter((rule) => rule.bus === bus || mayKnow(rule.bus)),
    }));
    return { bus, ...matches, events };
  });
  return router;
}

/** Asks once for each bus. */
function readableBuses(isReadable: (bus: string) => boolean): (bus: string) => boolean {
  const known = new Map<string, boolean>();
  return (bus) => {
    const readable = known.get(bus) ?? isReadable(bus);
    known.set(bus, readable);
    return readable;
  };
}
