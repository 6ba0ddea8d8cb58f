import type { RequestListener } from "node:http";
import type { Authenticator } from "./auth/authenticator.ts";
import { AwsError, HttpProblem } from "./errors.ts";
import { refuseUnread } from "./refuse-unread.ts";

/** Keeps the pages of other sites out of a port, whatever they ask for. */
export function refuseForeign(authenticator: Authenticator, listener: RequestListener): RequestListener {
  return (request, response) => {
    const foreign = authenticator.foreignRequest(request);
    if (foreign === undefined) return listener(request, response);
    const { message } = foreign;
    refuseUnread(request, response, new AwsError("AccessDeniedException", message), new HttpProblem(403, message));
  };
}
