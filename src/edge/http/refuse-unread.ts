import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Authenticator } from "./auth/authenticator.ts";
import { Refusal, TooManyRequests } from "./auth/refusal.ts";

/** Answers a request with a refusal, as the protocol of its endpoint writes it. */
export type AnswerRefusal = (
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal | TooManyRequests,
) => void;

// Made once: an error records its stack, which costs more than the answer.
const BUSY = new TooManyRequests(1, "Too many entries are in flight.");

/**
 * Refuses requests while the router has no room for their entries, before they are routed or read. At ten times the load
 * nine of ten requests end here, and their cost is taken from the others.
 */
export function refuseWhileFull(
  hasRoom: (request: IncomingMessage) => boolean,
  answerRefusal: AnswerRefusal,
  listener: RequestListener,
): RequestListener {
  return (request, response) => {
    if (hasRoom(request)) listener(request, response);
    else refuse(request, response, BUSY, answerRefusal);
  };
}

/** Refuses the requests that browsers send for pages of other sites, whatever they ask for. */
export function refuseForeign(
  authenticator: Authenticator,
  answerRefusal: AnswerRefusal,
  listener: RequestListener,
): RequestListener {
  return (request, response) => {
    const foreign = authenticator.foreignRequest(request);
    if (foreign === undefined) listener(request, response);
    else refuse(request, response, new Refusal(foreign.reason, foreign.message), answerRefusal);
  };
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal | TooManyRequests,
  answerRefusal: AnswerRefusal,
): void {
  // The rest is read and thrown away: a client that still writes would not see the answer.
  request.resume();
  answerRefusal(request, response, refusal);
}
