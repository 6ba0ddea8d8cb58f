import { z } from "zod";
import { choiceParameter, countParameter, timeMsParameter, textParameter } from "../parameters.ts";

export const HISTORY_LIST_MAX = 1_000;
export const HISTORY_LIST_INITIAL = 100;

/** What became of an event: the worst of what its deliveries came to. */
export const EVENT_OUTCOMES = ["delivered", "failing", "failed", "unmatched", "waiting"] as const;

const page = {
  fromMs: timeMsParameter.exactOptional(),
  toMs: timeMsParameter.exactOptional(),
  limit: countParameter(HISTORY_LIST_MAX).default(HISTORY_LIST_INITIAL),
  /** `next` of the page before. */
  before: textParameter.exactOptional(),
};

export const eventListParameters = z.strictObject({
  ...page,
  id: textParameter.exactOptional(),
  bus: textParameter.exactOptional(),
  source: textParameter.exactOptional(),
  type: textParameter.exactOptional(),
  rule: textParameter.exactOptional(),
  destination: textParameter.exactOptional(),
  outcome: choiceParameter(EVENT_OUTCOMES).exactOptional(),
  /** A field that the configuration has indexed, and its value. */
  field: textParameter.refine((text) => text.includes(":"), { error: "must be FIELD:VALUE" }).exactOptional(),
});

export const eventBodyListParameters = z.strictObject({ ...page, bus: textParameter });

export const flowParameters = z.strictObject({ atMs: timeMsParameter });

export const attemptListParameters = z.strictObject({
  ...page,
  destination: textParameter.exactOptional(),
  failed: choiceParameter(["true", "false"]).exactOptional(),
});

export const letterListParameters = z.strictObject({
  ...page,
  queue: textParameter.exactOptional(),
  destination: textParameter.exactOptional(),
  reason: textParameter.exactOptional(),
});

export const happeningListParameters = z.strictObject({
  ...page,
  /** A destination, an action, a function, a queue or a mapping. */
  subject: textParameter.exactOptional(),
  principal: textParameter.exactOptional(),
  /** Of batches: a message's id, or a record's sequence number. */
  record: textParameter.exactOptional(),
});

export const summaryParameters = z.strictObject({
  fromMs: timeMsParameter,
  toMs: timeMsParameter,
  stepMs: timeMsParameter,
});
