import type { Outcome } from "../../../domain/failure/outcome.ts";
import type { FailureReason } from "../../../domain/failure/reason.ts";
import { responseJsonOf } from "../../../domain/delivery/response-json.ts";
import type { StatusReasons } from "./status-reason.ts";
import { statusReason } from "./status-reason.ts";

/** A whole HTTP response. */
export interface Answer {
  /** `host:port` it came from, for messages. */
  readonly from: string;
  readonly statusCode: number;
  /** Without its content codings. */
  readonly body: Buffer;
  /** From its `Retry-After` header. */
  readonly retryAfterMs?: number;
}

/** The outcome by the answer's status: 2xx is success, whatever the body. */
export function judgeAnswer(answer: Answer, reasons?: StatusReasons): Outcome {
  const reason = statusReason(answer.statusCode, reasons);
  if (reason !== undefined) return failed(answer, reason, `${answer.from} answered ${answer.statusCode}`);
  const responseJson = responseJsonOf(answer.body);
  return { ok: true, statusCode: answer.statusCode, ...(responseJson === undefined ? {} : { responseJson }) };
}

/** A failure that was answered: it carries the answer's status, body and `Retry-After`. */
export function failed(answer: Answer, reason: FailureReason, message: string): Outcome {
  const { statusCode, retryAfterMs } = answer;
  const responseJson = responseJsonOf(answer.body);
  return {
    ok: false,
    reason,
    message,
    statusCode,
    ...(responseJson === undefined ? {} : { responseJson }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
