import type { IncomingMessage, RequestListener } from "node:http";
import { AwsError, HttpProblem } from "./errors.ts";
import { refuseUnread } from "./refuse-unread.ts";

const RETRY_AFTER_SECONDS = 1;
const MESSAGE = "Too many entries are in flight.";

// Made once: an error notes the stack it was made on, which costs more than the answer.
const AWS_BUSY = new AwsError("ThrottlingException", MESSAGE, { retryAfterSeconds: RETRY_AFTER_SECONDS });
const BUSY = new HttpProblem(429, MESSAGE, { retryAfterSeconds: RETRY_AFTER_SECONDS });

/**
 * Turns requests away while there is no room for what they bring, before they are routed or read: with ten times the
 * load nine of ten requests end here, and what they cost is taken from the others.
 */
export function turnAwayUnless(
  hasRoom: (request: IncomingMessage) => boolean,
  listener: RequestListener,
): RequestListener {
  return (request, response) => {
    if (hasRoom(request)) listener(request, response);
    else refuseUnread(request, response, AWS_BUSY, BUSY);
  };
}
