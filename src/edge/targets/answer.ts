import { parseJson } from "../../core/json.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { FailureReason } from "../../core/reason.ts";
import type { StatusReasons } from "./status-reason.ts";
import { statusReason } from "./status-reason.ts";

/** A whole HTTP response. */
export interface Answer {
  /** `host:port` it came from, for messages. */
  readonly from: string;
  readonly statusCode: number;
  readonly text: string;
  /** What its `Retry-After` asks to wait. */
  readonly retryAfterMs?: number;
}

/** What a target asks to wait is believed up to a day. */
const RETRY_AFTER_MS_MAX = 86_400_000;

/** The outcome by the answer's status alone: 2xx is success, whatever the body. */
export function judgeAnswer(answer: Answer, reasons?: StatusReasons): Outcome {
  const reason = statusReason(answer.statusCode, reasons);
  if (reason !== undefined) return failed(answer, reason, `${answer.from} answered ${answer.statusCode}`);
  const responseJson = answerJson(answer.text);
  return { ok: true, statusCode: answer.statusCode, ...(responseJson === undefined ? {} : { responseJson }) };
}

/** A failure that was answered: it carries the answer's status, body and `Retry-After`. */
export function failed(answer: Answer, reason: FailureReason, message: string): Outcome {
  const { statusCode, retryAfterMs } = answer;
  const responseJson = answerJson(answer.text);
  return {
    ok: false,
    reason,
    message,
    statusCode,
    ...(responseJson === undefined ? {} : { responseJson }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** A body as JSON text: JSON as it stands, whatever content type it claims, other text as a string, nothing as undefined. */
function answerJson(text: string): string | undefined {
  if (text === "") return undefined;
  return parseJson(text) === undefined ? JSON.stringify(text) : text;
}

/** Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3). Undefined when it is neither. */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MS_MAX);
}
