import type { DeliveryState, EventOutcome } from "../../../../src/admin-api/history/history.ts";
import { ERROR_CODES } from "../../../../src/domain/failure/reason.ts";

/** Which colour and sign a state has. The word always stands beside them. */
export type Tone = "good" | "bad" | "warn" | "idle";

interface StateWords {
  readonly tone: Tone;
  readonly word: string;
  readonly meaning: string;
}

export const STATES: Readonly<Record<DeliveryState | EventOutcome, StateWords>> = {
  delivered: { tone: "good", word: "delivered", meaning: "Every target has it." },
  failing: { tone: "warn", word: "failing", meaning: "The last attempt failed, and another one will follow." },
  failed: {
    tone: "bad",
    word: "failed",
    meaning: "It failed for good, and is in a dead-letter queue if there is one.",
  },
  waiting: { tone: "idle", word: "waiting", meaning: "It is stored, and was not tried yet." },
  unmatched: { tone: "idle", word: "unmatched", meaning: "No rule matched it, so nobody gets it." },
  redriven: { tone: "idle", word: "redriven", meaning: "Its event was put on its bus again." },
};

export const EVENT_OUTCOMES = ["delivered", "failing", "failed", "waiting", "unmatched"] as const;

const REASONS: Readonly<Record<string, string>> = {
  function_error: "the function answered with an error",
  timeout: "it did not answer in time",
  throttled: "the target asked for fewer calls",
  circuit_open: "the version that was to be called is out of order",
  unauthorized: "the target refused the credentials",
  server_error: "the target answered with a server error",
  connection: "no connection to the target",
  client_error: "the target refused the request, so it is not tried again",
  invalid_response: "the answer could not be read",
  condition_error: "the rule's conditions could not be evaluated",
  template_error: "the input could not be rendered",
  unmatchable: "the event could not be matched",
  loop: "the event crossed too many buses and functions",
  fan_out: "too many deliveries would follow",
  too_large: "the message is too large",
  target_gone: "the target is not in the configuration",
  expired: "its maximum age was over",
  switched_off: "the function's reserved concurrency is 0",
  undecodable: "no router could read it",
  crashed: "routers died of it",
  delivery_limit: "it came back too often",
};

/** A failure's reason in words; a reason of a later version as it is. */
export function reasonText(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll("_", " ");
}

/** The error code by which the API selects dead letters with this reason. */
export function errorCodeOf(reason: string): string {
  return (ERROR_CODES as Readonly<Record<string, string>>)[reason] ?? reason;
}
