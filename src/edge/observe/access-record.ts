import type { AccessFacts, AccessObserver, IssuerKeysFacts } from "../../ports/access-observer.ts";
import { Episode } from "./episode.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/** Refusals that are told one by one in a second. A stranger who knocks all day must not fill the log. */
const TOLD_A_SECOND_MAX = 50;

/** Counts who was refused, and writes the audit: a line for each refusal, and for each change that was allowed. */
export function createAccessRecord(metrics: Metrics, log: Logger, nowMs: () => number): AccessObserver {
  let second = 0;
  let told = 0;
  let untold = 0;

  function isToBeTold(): boolean {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) {
      if (untold > 0) log.warn({ audit: true, refusals: untold }, "more was refused than is told one by one");
      [second, told, untold] = [now, 0, 0];
    }
    if (told < TOLD_A_SECOND_MAX) told += 1;
    else untold += 1;
    return untold === 0;
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
      if (isToBeTold()) log.warn(auditFields(facts), "refused");
    },
    credentialsReloaded: (facts) => {
      metrics.credentialsReloadSuccessful.set(facts.ok ? 1 : 0);
      if (facts.ok) log.info("credentials taken over");
      else log.error({ problems: facts.problems }, "the credentials are wrong: those before stay in force");
    },
  };
}

/** `audit` sets these lines apart, for whoever keeps them longer than others. */
function auditFields(facts: AccessFacts): object {
  return { audit: true, ...facts };
}
