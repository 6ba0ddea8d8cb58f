import type { ArchivedFact, PutFacts } from "../../../../domain/facts.ts";
import { Episode } from "../episode.ts";
import type { Logger } from "../logger.ts";

/** Near a broker's limits an archive takes events and refuses them in turns: refusals this close together are one episode. */
const QUIET_MS = 5_000;

/**
 * Logs when an archive stores no events, so that they are not accepted, and when it stores them again: a line for each, and one
 * for each further reason.
 */
export function createArchiveLog(log: Logger, nowMs: () => number): (facts: Pick<PutFacts, "entries">) => void {
  const failing = new Map<string, Episode>();
  const failed = (archive: string, reason: string): void => {
    const episode = failing.get(archive) ?? new Episode({ quietMs: QUIET_MS });
    failing.set(archive, episode);
    if (episode.failed(reason, nowMs()))
      log.warn({ archive, reason }, "an archive does not store events: they are not accepted");
  };
  const stored = (archive: string): void => {
    const ended = failing.get(archive)?.succeeded(nowMs());
    if (ended === undefined) return;
    failing.delete(archive);
    log.info({ archive, events: ended.failures, seconds: ended.seconds }, "an archive stores events again");
  };
  const settled = ({ archive, failure }: ArchivedFact): void => {
    if (failure !== undefined) failed(archive, failure);
    else if (failing.size > 0) stored(archive);
  };
  return ({ entries }) => {
    for (const { archived = [] } of entries) archived.forEach(settled);
  };
}
