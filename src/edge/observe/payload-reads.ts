import { PAYLOAD_ACTIONS } from "../../domain/access/actions.ts";
import type { AccessObserver } from "../../ports/access-observer.ts";

const MINUTE_MS = 60_000;
/** Readers times resources that are remembered in a minute. Beyond that, a read may be recorded twice. */
const READS_MAX = 10_000;

/**
 * Passes on reads of payloads that were allowed once for each caller, action and resource in a minute: a page that shows an
 * event's way reads it every few seconds. Everything else is passed on as it comes.
 */
export function payloadReadsOnce(observer: AccessObserver, nowMs: () => number): AccessObserver {
  const passed = new Set<string>();
  let minute = 0;

  return {
    ...observer,
    access: (facts) => {
      const { principal, action, resource, from, outcome } = facts;
      if (outcome !== "allowed" || !PAYLOAD_ACTIONS.has(action)) return observer.access(facts);
      const now = Math.floor(nowMs() / MINUTE_MS);
      if (now !== minute || passed.size >= READS_MAX) passed.clear();
      minute = now;
      // Where nobody is asked for credentials, the address is all that is known of a caller.
      const key = JSON.stringify([principal ?? from, action, resource]);
      if (passed.has(key)) return;
      passed.add(key);
      observer.access(facts);
    },
  };
}
