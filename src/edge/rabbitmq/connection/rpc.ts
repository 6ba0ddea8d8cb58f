import { doublingMs } from "../../../async/doubling.ts";
import { within } from "../../../async/time-limit.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/**
 * The broker's answer to a request.
 *
 * @param what names the request in the error, as in "opening a channel".
 * @throws TimeLimitError after 10 s. A blocked or stalled connection never answers; the request may be carried out later.
 */
export function answerTo<T>(what: string, request: Promise<T>): Promise<T> {
  return within(ANSWER_TIMEOUT_MS, what, request);
}

/** How long to wait before RabbitMQ is asked again, after the nth failure in a row: 1 s, doubling to 30 s. */
export function retryMs(failures: number): number {
  return doublingMs(failures, 1_000, 30_000);
}
