import type { AccessFacts, AccessObserver, IssuerKeysFacts } from "../../ports/access-observer.ts";
import { Episode } from "./log/episode.ts";
import type { Logger } from "./log/logger.ts";
import type { Metrics } from "./metrics/metrics.ts";

/** Refusals that get a line of their own in one second. A stranger who tries all day must not fill the log. */
const LINES_A_SECOND_MAX = 50;

/** Counts who was refused, and writes the audit: a line for each refusal, and for each change that was allowed. */
export function createAccessRecord(metrics: Metrics, log: Logger, nowMs: () => number): AccessObserver {
  let second = 0;
  let logged = 0;
  let unlogged = 0;

  function getsLine(): boolean {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) {
      if (unlogged > 0) log.warn({ audit: true, refusals: unlogged }, "more was refused than is logged line by line");
      [second, logged, unlogged] = [now, 0, 0];
    }
    if (logged < LINES_A_SECOND_MAX) logged += 1;
    else unlogged += 1;
    return unlogged === 0;
  }

  const fetchesOf = new Map<string, Episode>();

  function issuerKeys(facts: IssuerKeysFacts): void {
    const { issuer } = facts;
    metrics.issuerKeyFetches.inc({ outcome: facts.ok ? "success" : "failure" });
    const episode = fetchesOf.get(issuer) ?? new Episode();
    fetchesOf.set(issuer, episode);
    if (facts.ok) {
      const ended = episode.succeeded(nowMs());
      if (ended !== undefined) log.info({ issuer, ...ended }, "an issuer's keys are fetched again");
    } else if (episode.failed(String(facts.error), nowMs())) {
      const message = "an issuer's keys cannot be fetched: those fetched before stay in use for up to a day";
      log.warn({ issuer, error: facts.error }, message);
    }
  }

  return {
    issuerKeys,
    access: (facts) => {
      if (facts.outcome === "allowed") return log.info(auditFields(facts), "allowed");
      metrics.authFailures.inc({ reason: facts.outcome });
      if (getsLine()) log.warn(auditFields(facts), "refused");
    },
    credentialsReloaded: (facts) => {
      metrics.credentialsReloadSuccessful.set(facts.ok ? 1 : 0);
      if (facts.ok) log.info("credentials taken over");
      else log.error({ problems: facts.problems }, "the credentials are wrong: those before stay in force");
    },
  };
}

/** `audit` sets these lines apart, for those who keep them longer than others. */
function auditFields(facts: AccessFacts): object {
  return { audit: true, ...facts };
}
