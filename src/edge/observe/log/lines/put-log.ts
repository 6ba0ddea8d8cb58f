import type { BusEvent } from "../../../../domain/event/event.ts";
import type { PutFacts } from "../../../../domain/facts.ts";
import type { PutObserver } from "../../../../ports/observer.ts";
import { createArchiveLog } from "./archive-log.ts";
import { Episode } from "../episode.ts";
import { deadLetterFields, listed, LISTED_MAX } from "../fields.ts";
import type { Logger } from "../logger.ts";

/** Near the broker's limits, puts are refused and accepted in turns: refusals this close together are one episode. */
const QUIET_MS = 5_000;

/** One line for each put request; refusals for want of room are one episode, and so are those of an archive. */
export function createPutLog(log: Logger, nowMs: () => number): PutObserver["put"] {
  const outage = new Episode({ quietMs: QUIET_MS });
  const logArchives = createArchiveLog(log, nowMs);
  return (facts) => {
    logArchives(facts);
    const { outcome } = facts;
    if (outcome === "unavailable" || outcome === "throttled") {
      const [entry] = facts.entries;
      if (outage.failed(`${outcome} ${entry?.message ?? ""}`, nowMs()))
        log.warn(putFields(facts), "put requests are refused for want of room");
      return;
    }
    const ended = outage.succeeded(nowMs());
    if (ended !== undefined)
      log.info({ requests: ended.failures, seconds: ended.seconds }, "put requests are accepted again");
    if (outcome !== "accepted") log.warn(putFields(facts), "put request refused, in whole or in part");
    else if (facts.entries.some((entry) => entry.deadLetters.length > 0))
      log.warn(putFields(facts), "event dead-lettered");
    else if (log.isLevelEnabled("debug")) log.debug(putFields(facts), "put request accepted");
  };
}

function putFields({ outcome, seconds, entries }: PutFacts): object {
  const refused = entries.filter((entry) => entry.outcome !== "accepted");
  const deadLetters = entries.flatMap((entry) =>
    deadLetterFields(entry.deadLetters).map((fields) => ({ bus: entry.bus, ...eventIdOf(entry.event), ...fields })),
  );
  return {
    outcome,
    seconds,
    entries: entries.length,
    deliveries: entries.reduce((sum, entry) => sum + entry.published.length, 0),
    eventIds: entries.flatMap((entry) => entry.event?.id ?? []).slice(0, LISTED_MAX),
    ...listed(
      "refused",
      refused.map(({ bus, event, outcome: code, message }) => ({ bus, ...eventIdOf(event), code, message })),
    ),
    ...listed("deadLetters", deadLetters),
  };
}

/** The id of an entry's event; an entry that did not become one has none. */
function eventIdOf(event: BusEvent | undefined): { eventId?: string } {
  return event === undefined ? {} : { eventId: event.id };
}
